import { bool } from 'envalid';
import { wholeNumber } from '../platform/config/setting-types';
import { defineSettings, type SettingsOf } from '../platform/config/settings';

const DAY = 86_400_000;

export const magicLinkSettings = defineSettings('magic link', {
  variables: {
    MAGIC_LINK_SIGNUP: bool({ default: true }),
    LIMIT_WRONG_CODES: wholeNumber(1, 100)({ default: 5 }),
    LIMIT_WRONG_CODES_A_DAY: wholeNumber(1, 1_000)({ default: 20 }),
  },
  complete: (values) => ({
    signUp: values.MAGIC_LINK_SIGNUP,
    triesPerCode: values.LIMIT_WRONG_CODES,
    guesses: { most: values.LIMIT_WRONG_CODES_A_DAY, window: DAY, locks: [] },
  }),
});

export type MagicLinkSettings = SettingsOf<typeof magicLinkSettings>;
