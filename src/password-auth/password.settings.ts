import { defineSettings, type SettingsOf } from '../platform/config/settings';
import { upToADay, wholeNumber } from '../platform/config/setting-types';

export const passwordSettings = defineSettings('password', {
  variables: {
    LIMIT_WRONG_PASSWORDS: wholeNumber(1, 1_000_000)({ default: 10 }),
    LIMIT_WRONG_PASSWORDS_WINDOW: upToADay({ default: 15 * 60_000 }),
  },
  complete: (values) => ({
    guesses: { most: values.LIMIT_WRONG_PASSWORDS, window: values.LIMIT_WRONG_PASSWORDS_WINDOW },
  }),
});

export type PasswordSettings = SettingsOf<typeof passwordSettings>;
