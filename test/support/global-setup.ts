import 'reflect-metadata';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedPostgres } from '../../src/platform/database/embedded/embedded-postgres';
import { Settings } from '../../src/platform/config/settings';
import { databaseSettings } from '../../src/platform/database/database.settings';
import { openDatabase } from '../../src/platform/database/open-database';
import { createTemplate, TEMPLATE, urlOf } from './database';

declare global {
  var testPostgres: EmbeddedPostgres;
}

/** One real PostgreSQL for the whole run, and in it a migrated database from which each test file copies its own. */
export default async function setUp(): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-test-'));
  // CI names the programs of the oldest PostgreSQL that is supported.
  const native = process.env['TEST_POSTGRES_PROGRAMS'];
  const options = { dataDir, progress: () => undefined, throwaway: true, native };
  globalThis.testPostgres = await EmbeddedPostgres.open(options);
  const { connection } = globalThis.testPostgres;
  process.env['TEST_POSTGRES'] = JSON.stringify(connection);
  process.env['TEST_POSTGRES_DIR'] = dataDir;
  const environment = { DATABASE_URL: urlOf(connection.database), DATA_DIR: dataDir };
  const settings = Settings.read(environment, [databaseSettings]).of(databaseSettings);
  const database = await openDatabase(settings, [], () => undefined);
  await database.destroy();
  await createTemplate(TEMPLATE);
}
