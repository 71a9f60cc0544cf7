import { crossmintMethod } from './crossmint-auth/crossmint.method';
import { externalMethod } from './external-auth/external.method';
import { magicLinkMethod } from './magic-link/magic-link.method';
import type { SignInMethod } from './auth/sign-in-method';
import { githubMethod } from './oauth/github/github.method';
import { googleMethod } from './oauth/google/google.method';
import { oidcMethod } from './oauth/oidc/oidc.method';
import { passwordMethod } from './password-auth/password.method';
import { pinMethod } from './pin-auth/pin.method';
import { walletMethod } from './wallet-auth/wallet.method';

/** THE list: one line per way to sign in. A body goes to the first that finds its mark in it. */
export const signInMethods: readonly SignInMethod[] = [
  walletMethod,
  pinMethod,
  passwordMethod,
  magicLinkMethod,
  googleMethod,
  githubMethod,
  oidcMethod,
  crossmintMethod,
  externalMethod,
];
