import { Client } from 'pg';
import { DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';
import { LOCK_TIMEOUT, migrate } from '../src/platform/database/migrate';
import { GOOD_PASSWORD, register } from './support/builders';
import { holds } from './support/mailbox';
import { useApp } from './support/test-app';

const ROWS = 50_000;
/** A sign-in waits behind a migration for as long as that waits for its lock, and for a busy machine. In ms. */
const LONGEST_SIGN_IN = LOCK_TIMEOUT + 2_000;

/** Of the kinds that docs/decisions/0024-migrations.md allows. */
class AddColumn1900000000000 implements MigrationInterface {
  readonly name = 'AddColumn1900000000000';
  up = (runner: QueryRunner) => runner.query(`ALTER TABLE users ADD COLUMN colour text DEFAULT 'grey'`);
  down = (runner: QueryRunner) => runner.query(`ALTER TABLE users DROP COLUMN colour`);
}

class DemandColour1900000000001 implements MigrationInterface {
  readonly name = 'DemandColour1900000000001';
  up = (runner: QueryRunner) =>
    runner.query(`ALTER TABLE users ADD CONSTRAINT users_colour_check CHECK (colour IS NOT NULL) NOT VALID`);
  down = (runner: QueryRunner) => runner.query(`ALTER TABLE users DROP CONSTRAINT users_colour_check`);
}

class ValidateColour1900000000002 implements MigrationInterface {
  readonly name = 'ValidateColour1900000000002';
  up = (runner: QueryRunner) => runner.query(`ALTER TABLE users VALIDATE CONSTRAINT users_colour_check`);
  down = () => Promise.resolve();
}

class ColourIsNotNull1900000000003 implements MigrationInterface {
  readonly name = 'ColourIsNotNull1900000000003';
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE users ALTER COLUMN colour SET NOT NULL`);
    await runner.query(`ALTER TABLE users DROP CONSTRAINT users_colour_check`);
  }
  down = (runner: QueryRunner) => runner.query(`ALTER TABLE users ALTER COLUMN colour DROP NOT NULL`);
}

class IndexColour1900000000004 implements MigrationInterface {
  readonly name = 'IndexColour1900000000004';
  readonly transaction = false;
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`SET lock_timeout = 0`);
    await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS users_colour_idx`);
    await runner.query(`CREATE INDEX CONCURRENTLY users_colour_idx ON users (colour, id)`);
  }
  down = (runner: QueryRunner) => runner.query(`DROP INDEX users_colour_idx`);
}

describe('a migration of a large table under load', () => {
  const app = useApp();
  let email: string;
  beforeAll(async () => {
    email = (await register(app)).email;
    await app.database.query(
      `INSERT INTO users (email, created_at) SELECT n || '@example.org', now() FROM generate_series(1, $1) n`,
      [ROWS],
    );
  });

  /** Signs in without a pause while the work is done; how long each took. */
  async function underSignIns(work: () => Promise<unknown>): Promise<number[]> {
    const took: number[] = [];
    let ended = false;
    const clients = Array.from({ length: 4 }, async () => {
      while (!ended) {
        const began = performance.now();
        await app.http.post('/auth/login').send({ email, password: GOOD_PASSWORD }).expect(200);
        took.push(performance.now() - began);
      }
    });
    await Promise.all([work().finally(() => (ended = true)), ...clients]);
    return took;
  }

  /** Migrates, as an instance does that starts; what it says. */
  async function run(...migrations: (new () => MigrationInterface)[]): Promise<string[]> {
    const said: string[] = [];
    const database = new DataSource({ type: 'postgres', url: app.databaseUrl, migrations, poolSize: 2 });
    await database.initialize();
    await migrate(database, (step) => said.push(step.trim())).finally(() => database.destroy());
    return said;
  }

  /** A transaction that somebody else leaves open for a while. */
  async function holding(statement: string, work: () => Promise<unknown>): Promise<void> {
    const client = new Client(app.databaseUrl);
    await client.connect();
    await client.query('BEGIN');
    await client.query(statement);
    await work();
    await client.query('COMMIT');
    await client.end();
  }

  it('gives way within its time to a transaction that holds the table, and is tried again', async () => {
    let migrated: Promise<string[]> | undefined;
    const took = await underSignIns(async () => {
      await holding('SELECT 1 FROM users LIMIT 1', async () => {
        migrated = run(AddColumn1900000000000);
        await new Promise((resolve) => setTimeout(resolve, LOCK_TIMEOUT + 700));
      });
      await migrated;
    });
    const [first, second, ...rest] = (await migrated) ?? [];
    expect(first).toBe('Migrating the database');
    expect(second).toMatch(/^AddColumn1900000000000 gives way .* tried again in 500 ms$/);
    expect(rest.at(-1)).toBe('AddColumn1900000000000');
    expect(Math.max(...took)).toBeLessThan(LONGEST_SIGN_IN);
  }, 60_000);

  it('adds a constraint without a check, checks it, and sets NOT NULL by it', async () => {
    const took = await underSignIns(() =>
      run(DemandColour1900000000001, ValidateColour1900000000002, ColourIsNotNull1900000000003),
    );
    expect(Math.max(...took)).toBeLessThan(LONGEST_SIGN_IN);
  });

  it('builds an index while others write, and while another instance waits for its turn', async () => {
    let runs: Promise<string[][]> | undefined;
    const took = await underSignIns(async () => {
      const statement = `UPDATE users SET name = 'held' WHERE email = '1@example.org'`;
      await holding(statement, async () => {
        runs = Promise.all([1, 2].map(() => run(IndexColour1900000000004)));
        await holds(async () => {
          const [row] = await app.database.query<{ waits: boolean }[]>(
            `SELECT count(*) > 0 AS waits FROM pg_stat_progress_create_index`,
          );
          return row?.waits ?? false;
        });
        await new Promise((resolve) => setTimeout(resolve, LOCK_TIMEOUT + 500));
      });
      await runs;
    });
    expect((await runs)?.flat().sort()).toEqual(['IndexColour1900000000004', 'Migrating the database']);
    expect(Math.max(...took)).toBeLessThan(LONGEST_SIGN_IN);
    const [index] = await app.database.query<{ valid: boolean }[]>(
      `SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = 'users_colour_idx'::regclass`,
    );
    expect(index).toEqual({ valid: true });
  }, 60_000);

  it('fails with its own reason, and leaves nothing half done', async () => {
    class Wrong1900000000005 implements MigrationInterface {
      readonly name = 'Wrong1900000000005';
      async up(runner: QueryRunner): Promise<void> {
        await runner.query(`ALTER TABLE users ADD COLUMN shape text`);
        await runner.query(`ALTER TABLE users ADD COLUMN shape text`);
      }
      down = () => Promise.resolve();
    }
    await expect(run(Wrong1900000000005)).rejects.toThrow(/already exists/);
    await expect(app.database.query(`SELECT shape FROM users`)).rejects.toThrow(/does not exist/);
  });
});
