import { exchangeSettings } from '../auth/exchange/exchange.settings';
import { ISSUER_JWT_STRATEGY } from '../auth/exchange/issuer-jwt.strategy';
import { Identities } from '../auth/linking/identities';
import type { SignInMethod } from '../auth/sign-in-method';
import { ExternalAuthModule } from './external-auth.module';
import { externalSettings } from './external.settings';

/** Identities of OpenID Connect like those of the method by browser: who has one of an issuer is one person by either. */
export const externalMethod: SignInMethod = {
  name: 'oidc',
  module: ExternalAuthModule,
  strategy: ISSUER_JWT_STRATEGY,
  settings: [exchangeSettings, externalSettings],
  takesIssuer: (issuer, settings) =>
    settings.of(externalSettings).issuers.some((one) => one.issuer === issuer),
  title: (settings, issuer) =>
    settings.of(externalSettings).issuers.find((one) => one.issuer === issuer)?.name ?? issuer,
  isOn: (settings) => settings.of(externalSettings).issuers.length > 0,
  credentials: { holder: Identities, secret: false },
};
