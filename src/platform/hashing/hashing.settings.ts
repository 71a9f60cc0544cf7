import { availableParallelism } from 'node:os';
import { wholeNumber } from '../config/setting-types';
import { defineSettings, type SettingsOf } from '../config/settings';

/** Below this a stolen table of hashes falls too fast (OWASP Password Storage). */
const LEAST_COST = 10;

export const hashingSettings = defineSettings('hashing', {
  variables: {
    BCRYPT_COST: wholeNumber(4, 20)({ default: 12 }),
    HASH_CONCURRENCY: wholeNumber(1, 1024)({ default: availableParallelism() }),
    HASH_QUEUE: wholeNumber(64, 100_000)({ default: 64 }),
  },
  complete(values, { production, complain }) {
    if (production && values.BCRYPT_COST < LEAST_COST) {
      complain('BCRYPT_COST', `must be at least ${LEAST_COST} in production`);
    }
    return { bcryptCost: values.BCRYPT_COST, concurrency: values.HASH_CONCURRENCY, queue: values.HASH_QUEUE };
  },
});

export type HashingSettings = SettingsOf<typeof hashingSettings>;
