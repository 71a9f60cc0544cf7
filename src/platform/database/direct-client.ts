import type { Client, ClientConfig } from 'pg';
import { parseIntoClientConfig } from 'pg-connection-string';
import type { DataSource } from 'typeorm';
import type { PostgresDataSourceOptions } from 'typeorm/driver/postgres/PostgresDataSourceOptions';
import type { DatabaseSettings } from './database.settings';
import { PatientClient } from './patient-pool';

const COMMON = { application_name: 'gatehouse', connectionTimeoutMillis: 5_000, keepAlive: true };

/** A connection beside the pool, not connected yet, by the same way as the pool's. */
export function clientBeside(source: DataSource): Client {
  const options = source.options as Omit<PostgresDataSourceOptions, 'extra'> & { extra: object };
  const { host, port, username, password, database, ssl, extra } = options;
  const given = { host, port, user: username, password, database, ssl } as ClientConfig;
  // Whether the pool's connections have fallen silent is not its concern.
  return new PatientClient({ ...extra, ...given, ...COMMON, line: undefined });
}

/** The same past a pooler that DATABASE_URL may lead to. */
export function directClient(source: DataSource, { directUrl }: DatabaseSettings): Client {
  if (!directUrl) return clientBeside(source);
  return new PatientClient({ ...parseIntoClientConfig(directUrl), ...COMMON });
}
