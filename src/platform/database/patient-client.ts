import { Client, type ClientConfig } from 'pg';
import { parseIntoClientConfig } from 'pg-connection-string';
import type { DataSource } from 'typeorm';
import type { PostgresDataSourceOptions } from 'typeorm/driver/postgres/PostgresDataSourceOptions';
import type { DatabaseSettings } from './database.settings';

/**
 * A connection whose end is nobody's business but of the query that it carries. The pool takes its own listener away
 * before it hands a connection out; when the database cuts it just then, nobody would listen, and the process would end.
 */
export class PatientClient extends Client {
  constructor(config?: ClientConfig) {
    super(config);
    this.on('error', () => undefined);
  }
}

/** For poolers that know no prepared statements: none is named, so each is parsed at each call. */
export class NamelessClient extends PatientClient {
  constructor(config?: ClientConfig) {
    super(config);
    const query = this.query.bind(this) as (...given: unknown[]) => unknown;
    const nameless = (first: unknown, ...rest: unknown[]) =>
      query(isNamed(first) ? { ...first, name: undefined } : first, ...rest);
    this.query = nameless as Client['query'];
  }
}

const isNamed = (query: unknown): query is object =>
  typeof query === 'object' && query !== null && 'name' in query;

/** A connection beside the pool, not connected yet, past a pooler that DATABASE_URL may lead to. */
export function directClient(source: DataSource, { directUrl }: DatabaseSettings): Client {
  const rest = { application_name: 'gatehouse', connectionTimeoutMillis: 5_000, keepAlive: true };
  if (directUrl) return new PatientClient({ ...parseIntoClientConfig(directUrl), ...rest });
  const options = source.options as Omit<PostgresDataSourceOptions, 'extra'> & { extra: object };
  const { host, port, username, password, database, ssl, extra } = options;
  const given = { host, port, user: username, password, database, ssl } as ClientConfig;
  return new PatientClient({ ...extra, ...given, ...rest });
}
