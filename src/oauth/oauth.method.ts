import type { FactoryProvider, Type } from '@nestjs/common';
import { Identities } from '../auth/linking/identities';
import type { SignInMethod } from '../auth/sign-in-method';
import { Clock } from '../platform/clock/clock';
import type { SettingsDefinition } from '../platform/config/settings';
import { httpSettings, type HttpSettings } from '../platform/http/http.settings';
import type { MethodName } from '../sessions/method-name';
import { oauthSettings, type Provider } from './oauth.settings';
import { ProviderCalls } from './provider-calls';

/**
 * A sign-in method that a provider takes part in; it is on where the provider's settings are there.
 * @param name also of the Passport strategy, and a part of the paths
 */
export const oauthMethod = (
  name: MethodName & NonNullable<SignInMethod['provider']>,
  settings: SettingsDefinition<Provider | null>,
  module: Type,
): SignInMethod => ({
  name,
  provider: name,
  module,
  strategy: name,
  settings: [oauthSettings, settings],
  takesIssuer: (issuer, all) => all.of(settings)?.issuer === issuer,
  title: (all) => all.of(settings)?.title ?? name,
  isOn: (all) => all.of(settings) !== null,
  credentials: { holder: Identities, secret: false },
});

/** Makes the strategy of a provider that is configured. */
export const strategyOf = <P extends Provider>(
  settings: SettingsDefinition<P | null>,
  Strategy: new (provider: P, publicUrl: string, calls: ProviderCalls, clock: Clock) => object,
): FactoryProvider<object | null> => ({
  provide: Strategy,
  inject: [settings.token, httpSettings.token, ProviderCalls, Clock],
  useFactory: (provider: P | null, { publicUrl }: HttpSettings, calls: ProviderCalls, clock: Clock) =>
    provider && new Strategy(provider, publicUrl, calls, clock),
});
