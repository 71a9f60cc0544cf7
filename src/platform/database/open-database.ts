import { setTimeout as sleep } from 'node:timers/promises';
import { parseIntoClientConfig } from 'pg-connection-string';
import { DataSource, type DataSourceOptions, type EntitySchema } from 'typeorm';
import type { DatabaseSettings } from './database.settings';
import { isDatabaseAway } from './database-errors';
import { EmbeddedPostgres, type Connection } from './embedded/embedded-postgres';
import { migrate } from './migrate';
import { migrations } from './migrations';
import { patientDriver, patientOptions } from './patient-pool';

const OLDEST_SERVER = 130_000;
const PATIENCE_SECONDS = 60;
/** One holds the turn, one migrates. */
const MIGRATION_POOL = 2;

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
 * It is neither connected nor migrated yet, and its statements may take as long as they do.
 */
export async function prepareDatabase(
  settings: DatabaseSettings,
  entities: Entities,
  progress: Progress,
): Promise<DataSource> {
  const place = direct(await findDatabase(settings, progress), settings);
  const { poolSize, preparedStatements } = settings;
  return new GatehouseDataSource(
    optionsFor(place, entities, { poolSize, preparedStatements }),
    place.embedded,
  );
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
  const place = await findDatabase(settings, progress);
  try {
    await migrateIt(direct(place, settings), progress);
    const dataSource = new GatehouseDataSource(optionsFor(place, entities, settings), place.embedded);
    await connect(dataSource, progress);
    return dataSource;
  } catch (error) {
    await place.embedded?.release();
    throw error;
  }
}

/** By connections of its own: an index on a large table takes longer than any request may. */
async function migrateIt(place: Place, progress: Progress): Promise<void> {
  const dataSource = new DataSource(
    optionsFor(place, [], { poolSize: MIGRATION_POOL, preparedStatements: false }),
  );
  await connect(dataSource, progress);
  try {
    await refuseOldServer(dataSource);
    await migrate(dataSource, progress);
  } finally {
    await dataSource.destroy();
  }
}

/** Where the database is, and what it brings along. */
interface Place {
  readonly connection: Connection;
  /** What else DATABASE_URL says. */
  readonly extra?: object;
  readonly embedded?: EmbeddedPostgres;
}

async function findDatabase({ url, dataDir }: DatabaseSettings, progress: Progress): Promise<Place> {
  if (url) return placeOf(url);
  const embedded = await EmbeddedPostgres.open({ dataDir, progress });
  return { connection: embedded.connection, embedded };
}

function placeOf(url: string): Place {
  const { host, port, user, password, database, ssl, ...extra } = parseIntoClientConfig(url);
  const connection = { host, port, user, password: password as string | undefined, database, ssl };
  return { connection: connection as Connection, extra };
}

/** The same database past a pooler, whose connections have been told by others how long a statement may take. */
const direct = (place: Place, { directUrl }: DatabaseSettings): Place =>
  directUrl ? placeOf(directUrl) : place;

type PoolSettings = Pick<DatabaseSettings, 'poolSize' | 'preparedStatements'> & { readonly timeout?: number };

function optionsFor(
  { connection: { user, ...rest }, extra }: Place,
  entities: Entities,
  { poolSize, timeout, preparedStatements }: PoolSettings,
): DataSourceOptions {
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
    poolSize,
    driver: patientDriver,
    extra: { ...patientOptions({ patience: timeout, preparedStatements }), ...extra },
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
