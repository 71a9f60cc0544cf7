import { resolve } from 'node:path';
import { str } from 'envalid';
import { parseIntoClientConfig } from 'pg-connection-string';
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
    } else if (values.DATABASE_URL && !canBeParsed(values.DATABASE_URL)) {
      complain(
        'DATABASE_URL',
        'is no URL; signs such as @ : / # % in the password are written as %40 and so on',
      );
    }
    return {
      url: values.DATABASE_URL,
      poolSize: values.DATABASE_POOL_SIZE,
      dataDir: resolve(values.DATA_DIR),
    };
  },
});

function canBeParsed(url: string): boolean {
  try {
    return Boolean(parseIntoClientConfig(url).host);
  } catch {
    return false;
  }
}

export type DatabaseSettings = SettingsOf<typeof databaseSettings>;
