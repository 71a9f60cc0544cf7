import { upToTenSeconds } from '../../platform/config/setting-types';
import { defineSettings, type SettingsOf } from '../../platform/config/settings';

/** What all issuers share whose JWTs are exchanged for sessions of ours. */
export const exchangeSettings = defineSettings('exchange', {
  variables: { ISSUER_TIMEOUT: upToTenSeconds({ default: 5_000 }) },
  complete: ({ ISSUER_TIMEOUT }) => ({
    /** For one call to an issuer, in milliseconds. */
    timeout: ISSUER_TIMEOUT,
  }),
});

export type ExchangeSettings = SettingsOf<typeof exchangeSettings>;
