import { duration, upToADay, wholeNumber } from '../config/setting-types';
import { defineSettings, type SettingsOf } from '../config/settings';

const MOST = 1_000_000;

export const rateLimitSettings = defineSettings('rate limit', {
  variables: {
    LIMIT_ADDRESS_FAILURES: wholeNumber(1, MOST)({ default: 100 }),
    LIMIT_ADDRESS_WINDOW: upToADay({ default: 15 * 60_000 }),
    LIMIT_REGISTRATIONS: wholeNumber(1, MOST)({ default: 60 }),
    LIMIT_REGISTRATIONS_WINDOW: duration({ default: 60 * 60_000 }),
    LOCK_STEP: upToADay({ default: 60_000 }),
    LOCK_LONGEST: upToADay({ default: 15 * 60_000 }),
  },
  complete(values, { complain }) {
    if (values.LOCK_LONGEST < values.LOCK_STEP) {
      complain('LOCK_LONGEST', 'must not be shorter than LOCK_STEP');
    }
    return {
      addressFailures: {
        most: values.LIMIT_ADDRESS_FAILURES,
        window: values.LIMIT_ADDRESS_WINDOW,
        locks: [],
      },
      registrations: { most: values.LIMIT_REGISTRATIONS, window: values.LIMIT_REGISTRATIONS_WINDOW },
      locks: lockLengths(values.LOCK_STEP, values.LOCK_LONGEST),
    };
  },
});

/** One step, then two, three, five, eight …, up to the longest: each lock in a row is longer than the one before. */
export function lockLengths(step: number, longest: number): number[] {
  const lengths: number[] = [];
  for (let [length, next] = [step, 2 * step]; length < longest; [length, next] = [next, length + next]) {
    lengths.push(length);
  }
  return [...lengths, longest];
}

/** Lengths of time in milliseconds. */
export type RateLimitSettings = SettingsOf<typeof rateLimitSettings>;
