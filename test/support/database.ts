import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import type { Connection } from '../../src/platform/database/embedded/embedded-postgres';

export const TEMPLATE = 'gatehouse_template';

const connection = (): Connection => JSON.parse(process.env['TEST_POSTGRES'] ?? '{}') as Connection;

/** A DATABASE_URL for a database of the run's PostgreSQL, which listens on a unix socket. */
export function urlOf(database: string): string {
  const { host, port, user, password } = connection();
  return `postgresql://${user}:${password}@localhost:${port}/${database}?host=${encodeURIComponent(host)}`;
}

/** Where the PostgreSQL of that URL listens. */
export function socketOf(url: string): { path: string } {
  const { searchParams, port } = new URL(url);
  return { path: `${searchParams.get('host')}/.s.PGSQL.${port}` };
}

/** Runs a statement past the server, in the database of that URL or in the cluster's own. */
export async function administer(statement: string, url = urlOf('postgres')): Promise<void> {
  const client = new Client(url);
  await client.connect();
  await client.query(statement);
  await client.end();
}

export const createTemplate = (name: string): Promise<void> =>
  administer(`CREATE DATABASE ${name} TEMPLATE ${connection().database}`);

/** A migrated database of one's own; its URL. */
export async function freshDatabase(): Promise<string> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await administer(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`);
  return urlOf(name);
}

/** A database with nothing in it; its URL. */
export async function emptyDatabase(): Promise<string> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await administer(`CREATE DATABASE ${name}`);
  return urlOf(name);
}
