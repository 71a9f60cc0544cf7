import { wholeNumber } from '../platform/config/setting-types';
import { defineSettings, type SettingsOf } from '../platform/config/settings';

const DAY = 86_400_000;

export const pinSettings = defineSettings('pin', {
  variables: {
    LIMIT_WRONG_PINS: wholeNumber(1, 100)({ default: 5 }),
    LIMIT_WRONG_PINS_IN_A_ROW: wholeNumber(1, 100)({ default: 100 }),
  },
  complete: (values) => ({
    // No shorter window: a PIN is weak, and whoever knows it ends the count by typing it.
    guesses: { most: values.LIMIT_WRONG_PINS, window: DAY },
    offAfter: values.LIMIT_WRONG_PINS_IN_A_ROW,
  }),
});

export type PinSettings = SettingsOf<typeof pinSettings>;
