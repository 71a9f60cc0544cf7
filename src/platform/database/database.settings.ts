import { resolve } from 'node:path';
import { str } from 'envalid';
import { defineSettings, type SettingsOf } from '../config/settings';
import { wholeNumber } from '../config/setting-types';

export const databaseSettings = defineSettings('database', {
  variables: {
    DATABASE_URL: str({ default: undefined }),
    DATABASE_POOL_SIZE: wholeNumber(2, 1000)({ default: 10 }),
    DATA_DIR: str({ default: './data' }),
  },
  secrets: ['DATABASE_URL'],
  complete(values, { production, complain }) {
    if (production && !values.DATABASE_URL) {
      complain('DATABASE_URL', 'is missing; in production the database is yours to run and to back up');
    }
    if (values.DATABASE_URL && !/^postgres(ql)?:\/\/./.test(values.DATABASE_URL)) {
      complain('DATABASE_URL', 'must begin with postgres:// (PostgreSQL 13 or newer is the only database)');
    }
    return {
      url: values.DATABASE_URL,
      poolSize: values.DATABASE_POOL_SIZE,
      dataDir: resolve(values.DATA_DIR),
    };
  },
});

export type DatabaseSettings = SettingsOf<typeof databaseSettings>;
