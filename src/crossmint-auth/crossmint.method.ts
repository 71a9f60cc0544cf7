import { exchangeSettings } from '../auth/exchange/exchange.settings';
import { ISSUER_JWT_STRATEGY } from '../auth/exchange/issuer-jwt.strategy';
import { Identities } from '../auth/linking/identities';
import type { SignInMethod } from '../auth/sign-in-method';
import { CrossmintAuthModule } from './crossmint-auth.module';
import { crossmintSettings } from './crossmint.settings';

export const crossmintMethod: SignInMethod = {
  name: 'crossmint',
  provider: 'crossmint',
  module: CrossmintAuthModule,
  strategy: ISSUER_JWT_STRATEGY,
  settings: [exchangeSettings, crossmintSettings],
  takesIssuer: (issuer, settings) => settings.of(crossmintSettings).baseUrl === issuer,
  title: () => 'Crossmint',
  isOn: (settings) => settings.of(crossmintSettings).isOn,
  credentials: { holder: Identities, secret: false },
};
