import { Identities } from '../auth/linking/identities';
import type { SignInMethod } from '../auth/sign-in-method';
import { RegistrationClosed } from '../auth/auth.errors';
import { familyOf } from './families/chain-families';
import { WalletAuthModule } from './wallet-auth.module';
import { LOGIN_BODIES, SignedPayloadBody } from './wallet.dto';
import { InvalidLoginPayload, InvalidNonce } from './wallet.errors';
import { walletSettings, type WalletSettings } from './wallet.settings';
import { WALLET_STRATEGY } from './wallet.strategy';

export const walletMethod: SignInMethod = {
  name: 'wallet',
  provider: 'wallet',
  module: WalletAuthModule,
  strategy: WALLET_STRATEGY,
  settings: [walletSettings],
  takesIssuer: (issuer, settings) => takesIssuer(issuer, settings.of(walletSettings)),
  title: (_, issuer) => familyOf(issuer)?.title ?? issuer,
  credentials: { holder: Identities, secret: false },
  login: {
    contract: 'wallet',
    marks: [['payload'], ['message', 'signature']],
    body: SignedPayloadBody,
    otherBodies: LOGIN_BODIES,
    failures: [new InvalidLoginPayload(), new InvalidNonce(), new RegistrationClosed()],
  },
};

/** A wallet whose chain was taken from the list, or a contract that can't be asked any more, is no way in. */
function takesIssuer(issuer: string, { chains, rpc }: WalletSettings): boolean {
  const [namespace = '', chainId] = issuer.split(':');
  const listed = (chain: string) => chains.length === 0 || chains.includes(chain);
  if (chainId !== undefined) return listed(issuer) && rpc.urls.has(chainId);
  return chains.length === 0 || chains.some((chain) => chain.startsWith(`${namespace}:`));
}
