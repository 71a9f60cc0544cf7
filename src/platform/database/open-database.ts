import { setTimeout as sleep } from 'node:timers/promises';
import { parseIntoClientConfig } from 'pg-connection-string';
import { DataSource, type DataSourceOptions, type EntitySchema } from 'typeorm';
import type { DatabaseSettings } from './database.settings';
import { isDatabaseAway } from './database-errors';
import { EmbeddedPostgres, type Connection } from './embedded/embedded-postgres';
import { inTurn } from './in-turn';
import { migrations } from './migrations';
import { NamelessClient, PatientClient } from './patient-client';

const OLDEST_SERVER = 130_000;
const PATIENCE_SECONDS = 60;

/** Entity classes, or patterns of the files that hold them. */
export type Entities = readonly (EntitySchema | (new () => object) | string)[];
export type Progress = (step: string) => void;

/** A data source that, where it brought its own PostgreSQL, takes it along when it closes. */
class GatehouseDataSource extends DataSource {
  constructor(
    options: DataSourceOptions,
    private readonly embedded?: EmbeddedPostgres,
  ) {
    super(options);
  }

  override async destroy(): Promise<void> {
    try {
      if (this.isInitialized) await super.destroy();
    } finally {
      await this.embedded?.release();
    }
  }
}

/**
 * The data source of DATABASE_URL, or of the embedded PostgreSQL, which is started when it is not running.
 * It is neither connected nor migrated yet.
 */
export async function prepareDatabase(
  settings: DatabaseSettings,
  entities: Entities,
  progress: Progress,
): Promise<DataSource> {
  if (settings.url) return new GatehouseDataSource(external(settings, entities));
  const embedded = await EmbeddedPostgres.open({ dataDir: settings.dataDir, progress });
  return new GatehouseDataSource(optionsFor(embedded.connection, settings, entities), embedded);
}

/**
 * Connects and migrates.
 * @throws Error saying what is wrong and where, without the password
 */
export async function openDatabase(
  settings: DatabaseSettings,
  entities: Entities,
  progress: Progress,
): Promise<DataSource> {
  const dataSource = await prepareDatabase(settings, entities, progress);
  try {
    await connect(dataSource, progress);
    await refuseOldServer(dataSource);
    await migrate(dataSource, progress);
    return dataSource;
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
}

function external(settings: DatabaseSettings, entities: Entities): DataSourceOptions {
  const { host, port, user, password, database, ssl, ...extra } = parseIntoClientConfig(settings.url ?? '');
  const connection = { host, port, user, password: password as string | undefined, database, ssl };
  const options = optionsFor(connection as Connection, settings, entities);
  return { ...options, extra: { ...(options.extra as object), ...extra } };
}

function optionsFor(
  connection: Connection,
  settings: DatabaseSettings,
  entities: Entities,
): DataSourceOptions {
  const { user, ...rest } = connection;
  return {
    type: 'postgres',
    ...rest,
    username: user,
    applicationName: 'gatehouse',
    entities: [...entities],
    migrations,
    migrationsTableName: 'migrations',
    installExtensions: false,
    uuidExtension: 'pgcrypto',
    poolSize: settings.poolSize,
    extra: { Client: settings.preparedStatements ? PatientClient : NamelessClient },
    connectTimeoutMS: 5_000,
    logging: false,
  };
}

/** A database that is still starting is waited for; one that refuses us is not. */
async function connect(dataSource: DataSource, progress: Progress): Promise<void> {
  const { host, database } = dataSource.options as { host?: string; database?: string };
  const deadline = performance.now() + PATIENCE_SECONDS * 1_000;
  for (let told = false; ; told = true) {
    try {
      await dataSource.initialize();
      return;
    } catch (error) {
      const { message } = error as Error;
      if (!isDatabaseAway(error) || performance.now() > deadline) {
        throw new Error(`No connection to the database "${database}" on ${host}: ${message}`, {
          cause: error,
        });
      }
      if (!told) progress(`Waiting for the database "${database}" on ${host} (${message})`);
      await sleep(1_000);
    }
  }
}

async function refuseOldServer(dataSource: DataSource): Promise<void> {
  const [row] = await dataSource.query<[{ version: number }]>(
    `SELECT current_setting('server_version_num')::int AS version`,
  );
  if (row.version >= OLDEST_SERVER) return;
  throw new Error(`PostgreSQL 13 or newer is needed; this server is ${Math.floor(row.version / 10_000)}.`);
}

/** Brings the schema up to date; of several instances that start at once, one does. */
function migrate(dataSource: DataSource, progress: Progress): Promise<void> {
  return inTurn(dataSource, 'migrations', async () => {
    if (!(await dataSource.showMigrations())) return;
    progress('Migrating the database');
    for (const { name } of await dataSource.runMigrations({ transaction: 'each' })) progress(`  ${name}`);
  });
}
