import type { SignInMethod } from './auth/sign-in-method';
import { passwordMethod } from './password-auth/password.method';

/** THE list: one line per way to sign in. A login body goes to the first that finds its mark in it. */
export const signInMethods: readonly SignInMethod[] = [passwordMethod];
