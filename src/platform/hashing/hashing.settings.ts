import { availableParallelism } from 'node:os';
import { makeValidator, str } from 'envalid';
import { wholeNumber } from '../config/setting-types';
import { defineSettings, type SettingsOf } from '../config/settings';
import { MOST_MEMORY, MOST_WRITTEN } from './formats/argon2';
import { BCRYPT_COSTS } from './formats/bcrypt';

/** Below these a stolen table of hashes falls too fast (OWASP Password Storage). Memory is in MiB. */
const [LEAST_COST, LEAST_MEMORY, LEAST_PASSES] = [10, 19, 2];

const base64 = makeValidator<Buffer>((input) => {
  if (!/^[A-Za-z0-9+/]{22,}={0,2}$/.test(input)) throw new Error('must be base64, as Firebase shows it');
  return Buffer.from(input, 'base64');
});

export const hashingSettings = defineSettings('hashing', {
  variables: {
    PASSWORD_HASH: str<'bcrypt' | 'argon2id'>({ choices: ['bcrypt', 'argon2id'], default: 'bcrypt' }),
    BCRYPT_COST: wholeNumber(...BCRYPT_COSTS)({ default: 12 }),
    ARGON2_MEMORY: wholeNumber(1, MOST_MEMORY)({ default: 64 }),
    ARGON2_PASSES: wholeNumber(1, 16)({ default: 3 }),
    FIREBASE_SIGNER_KEY: base64({ default: undefined }),
    HASH_CONCURRENCY: wholeNumber(1, 1024)({ default: availableParallelism() }),
    HASH_QUEUE: wholeNumber(64, 100_000)({ default: 64 }),
  },
  secrets: ['FIREBASE_SIGNER_KEY'],
  complete(values, { production, complain }) {
    const { PASSWORD_HASH: algorithm, ARGON2_MEMORY: memory, ARGON2_PASSES: passes } = values;
    const demand = (name: string, value: number, least: number) => {
      if (production && value < least) complain(name, `must be at least ${least} in production`);
    };
    demand('BCRYPT_COST', values.BCRYPT_COST, LEAST_COST);
    demand('ARGON2_MEMORY', memory, LEAST_MEMORY);
    demand('ARGON2_PASSES', passes, LEAST_PASSES);
    if (memory * passes > MOST_WRITTEN) {
      complain('ARGON2_PASSES', `times ARGON2_MEMORY must be at most ${MOST_WRITTEN}`);
    }
    return {
      algorithm,
      bcryptCost: values.BCRYPT_COST,
      argon2: { memory, passes },
      firebaseSignerKey: values.FIREBASE_SIGNER_KEY,
      concurrency: values.HASH_CONCURRENCY,
      queue: values.HASH_QUEUE,
    };
  },
});

export type HashingSettings = SettingsOf<typeof hashingSettings>;
