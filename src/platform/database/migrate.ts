import { setTimeout as sleep } from 'node:timers/promises';
import {
  MigrationExecutor,
  QueryFailedError,
  type DataSource,
  type Migration,
  type QueryRunner,
} from 'typeorm';
import { inTurn } from './in-turn';

/**
 * How long a migration waits for a lock on a table, in ms. Whoever comes after it waits behind it, also who only reads: it
 * must give way before requests do.
 */
export const LOCK_TIMEOUT = 1_000;
/** Between two tries, in ms: doubled from one to the next. Meanwhile everybody else has the table. */
const SHORTEST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;
/** Then the start has failed; what was done before stays done. In milliseconds. */
const PATIENCE = 600_000;

/** A lock that did not come in time, and a deadlock with a request. */
const LOCKED = ['55P03', '40P01'];

/** Brings the schema up to date; of several instances that start at once, one does. Each migration is tried until it gets its locks. */
export function migrate(database: DataSource, progress: (step: string) => void): Promise<void> {
  return inTurn(database, 'migrations', async () => {
    const runner = database.createQueryRunner();
    const executor = new MigrationExecutor(database, runner);
    try {
      const pending = await executor.getPendingMigrations();
      if (pending.length > 0) progress('Migrating the database');
      for (const migration of pending) {
        await patiently(migration, () => run(migration, executor, runner), progress);
        progress(`  ${migration.name}`);
      }
    } finally {
      await runner.release();
    }
  });
}

/** Whole or not at all, unless it says of itself that it can't be: then it must bear to be run again from its start. */
async function run(migration: Migration, executor: MigrationExecutor, runner: QueryRunner): Promise<void> {
  if (migration.instance?.transaction === false) return runOutside(migration, executor, runner);
  await runner.startTransaction();
  try {
    await runner.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT}`);
    await executor.executeMigration(migration);
    await runner.commitTransaction();
  } catch (error) {
    await runner.rollbackTransaction().catch(() => undefined);
    throw error;
  }
}

/** What is set goes with it: behind a pooler the connection is somebody else's afterwards. */
async function runOutside(
  migration: Migration,
  executor: MigrationExecutor,
  runner: QueryRunner,
): Promise<void> {
  try {
    await runner.query(`SET lock_timeout = ${LOCK_TIMEOUT}`);
    await executor.executeMigration(migration);
  } finally {
    await runner.query('RESET lock_timeout').catch(() => undefined);
  }
}

async function patiently(
  { name }: Migration,
  work: () => Promise<void>,
  progress: (step: string) => void,
): Promise<void> {
  const deadline = performance.now() + PATIENCE;
  for (let pause = SHORTEST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    try {
      return await work();
    } catch (error) {
      if (!isLocked(error) || performance.now() > deadline) throw error;
      progress(
        `  ${name} gives way to a transaction that holds its table, and is tried again in ${pause} ms`,
      );
      await sleep(pause);
    }
  }
}

const isLocked = (error: unknown): boolean =>
  error instanceof QueryFailedError && LOCKED.includes(String((error.driverError as { code?: string }).code));
