import { resolve } from 'node:path';
import { bool, str } from 'envalid';
import { parseIntoClientConfig } from 'pg-connection-string';
import { defineSettings, type SettingsOf } from '../config/settings';
import { upToADay, wholeNumber } from '../config/setting-types';

/** Below it a busy database would be taken for one that hangs. In milliseconds. */
const SHORTEST_TIMEOUT = 1_000;

export const databaseSettings = defineSettings('database', {
  variables: {
    DATABASE_URL: str({ default: undefined }),
    DATABASE_DIRECT_URL: str({ default: undefined }),
    DATABASE_PREPARED_STATEMENTS: bool({ default: true }),
    DATABASE_POOL_SIZE: wholeNumber(2, 1000)({ default: 10 }),
    DATABASE_TIMEOUT: upToADay({ default: 4_000 }),
    DATA_DIR: str({ default: './data' }),
  },
  secrets: ['DATABASE_URL', 'DATABASE_DIRECT_URL'],
  complete(values, { production, complain }) {
    if (production && !values.DATABASE_URL) {
      complain('DATABASE_URL', 'is missing; in production the database is yours to run and to back up');
    }
    for (const name of ['DATABASE_URL', 'DATABASE_DIRECT_URL'] as const) {
      const problem = values[name] && problemOf(values[name]);
      if (problem) complain(name, problem);
    }
    if (values.DATABASE_DIRECT_URL && !values.DATABASE_URL) {
      complain('DATABASE_DIRECT_URL', 'is of no use without DATABASE_URL');
    }
    if (values.DATABASE_TIMEOUT < SHORTEST_TIMEOUT) complain('DATABASE_TIMEOUT', 'must be at least 1s');
    return {
      url: values.DATABASE_URL,
      directUrl: values.DATABASE_DIRECT_URL,
      preparedStatements: values.DATABASE_PREPARED_STATEMENTS,
      /** How long one statement may take while a request waits, in ms. */
      timeout: values.DATABASE_TIMEOUT,
      poolSize: values.DATABASE_POOL_SIZE,
      dataDir: resolve(values.DATA_DIR),
    };
  },
});

function problemOf(url: string): string | undefined {
  if (!/^postgres(ql)?:\/\/./.test(url)) {
    return 'must begin with postgres:// (PostgreSQL 13 or newer is the only database)';
  }
  if (canBeParsed(url)) return undefined;
  return 'is no URL; signs such as @ : / # % in the password are written as %40 and so on';
}

function canBeParsed(url: string): boolean {
  try {
    return Boolean(parseIntoClientConfig(url).host);
  } catch {
    return false;
  }
}

export type DatabaseSettings = SettingsOf<typeof databaseSettings>;
