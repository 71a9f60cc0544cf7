import { upToADay, upToTenSeconds, wholeNumber } from '../../platform/config/setting-types';
import { defineSettings, type SettingsOf } from '../../platform/config/settings';

/** What all issuers share whose JWTs are exchanged for sessions of ours. */
export const exchangeSettings = defineSettings('exchange', {
  variables: {
    ISSUER_TIMEOUT: upToTenSeconds({ default: 5_000 }),
    LIMIT_EXCHANGES: wholeNumber(1, 1_000_000)({ default: 100 }),
    LIMIT_EXCHANGES_WINDOW: upToADay({ default: 10 * 60_000 }),
  },
  complete: ({ ISSUER_TIMEOUT, LIMIT_EXCHANGES, LIMIT_EXCHANGES_WINDOW }) => ({
    /** For one call to an issuer, in milliseconds. */
    timeout: ISSUER_TIMEOUT,
    /** Of one person. */
    exchanges: { most: LIMIT_EXCHANGES, window: LIMIT_EXCHANGES_WINDOW },
  }),
});

export type ExchangeSettings = SettingsOf<typeof exchangeSettings>;
