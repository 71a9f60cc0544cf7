import type { Client, ClientConfig } from 'pg';
import { parseIntoClientConfig } from 'pg-connection-string';
import type { DataSource } from 'typeorm';
import type { PostgresDataSourceOptions } from 'typeorm/driver/postgres/PostgresDataSourceOptions';
import type { DatabaseSettings } from './database.settings';
import { PatientClient } from './patient-pool';

/** A connection beside the pool, not connected yet, past a pooler that DATABASE_URL may lead to. */
export function directClient(source: DataSource, { directUrl }: DatabaseSettings): Client {
  const rest = { application_name: 'gatehouse', connectionTimeoutMillis: 5_000, keepAlive: true };
  if (directUrl) return new PatientClient({ ...parseIntoClientConfig(directUrl), ...rest });
  const options = source.options as Omit<PostgresDataSourceOptions, 'extra'> & { extra: object };
  const { host, port, username, password, database, ssl, extra } = options;
  const given = { host, port, user: username, password, database, ssl } as ClientConfig;
  // Whether the pool's connections have fallen silent is not its concern: it looks itself.
  return new PatientClient({ ...extra, ...given, ...rest, line: undefined });
}
