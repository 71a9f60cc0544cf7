import type { MigrationInterface, QueryRunner } from 'typeorm';

interface Told {
  readonly table: string;
  /** The column that says of which session or user a row tells. */
  readonly of: string;
  readonly on: 'INSERT' | 'UPDATE' | 'DELETE';
  readonly when?: string;
}

/** That it was used is written once a minute, and is no news, unless it is to end sooner. */
const IS_NEWS = `OLD.idle_expires_at > NEW.idle_expires_at OR
  (OLD.user_id, OLD.method, OLD.contract, OLD.credential_id, OLD.authenticated_at, OLD.expires_at, OLD.revoked_at) IS DISTINCT FROM
  (NEW.user_id, NEW.method, NEW.contract, NEW.credential_id, NEW.authenticated_at, NEW.expires_at, NEW.revoked_at)`;
const CHANGED = 'OLD IS DISTINCT FROM NEW';
/** Ended ones are nowhere kept, and the sweep removes many. */
const LIVED = 'OLD.revoked_at IS NULL AND OLD.expires_at > now() AND OLD.idle_expires_at > now()';

const TOLD: readonly Told[] = [
  { table: 'sessions', of: 'id', on: 'UPDATE', when: IS_NEWS },
  { table: 'sessions', of: 'id', on: 'DELETE', when: LIVED },
  { table: 'users', of: 'id', on: 'UPDATE', when: CHANGED },
  { table: 'users', of: 'id', on: 'DELETE' },
  ...['identities', 'crossmint_profiles'].flatMap((table): Told[] => [
    { table, of: 'user_id', on: 'INSERT' },
    { table, of: 'user_id', on: 'UPDATE', when: CHANGED },
    { table, of: 'user_id', on: 'DELETE' },
  ]),
];

const TABLES = [...new Set(TOLD.map(({ table }) => table))];

const nameOf = ({ table, on }: Told): string => `${table}_tell_${on.toLowerCase()}`;

/**
 * What instances keep of sessions and users in memory, the database itself tells all of them when it changes: in the
 * transaction of the change, whoever makes it, a server or an operator.
 */
export class SessionChanges1764000000000 implements MigrationInterface {
  readonly name = 'SessionChanges1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE FUNCTION tell_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM pg_notify('gatehouse_sessions', to_jsonb(CASE TG_OP WHEN 'INSERT' THEN NEW ELSE OLD END) ->> TG_ARGV[0]);
        RETURN NULL;
      END $$`);
    for (const told of TOLD) {
      await runner.query(`
        CREATE TRIGGER ${nameOf(told)} AFTER ${told.on} ON ${told.table} FOR EACH ROW
        ${told.when ? `WHEN (${told.when})` : ''} EXECUTE FUNCTION tell_change('${told.of}')`);
    }
    await runner.query(`
      CREATE FUNCTION tell_all_changed() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM pg_notify('gatehouse_sessions', '*');
        RETURN NULL;
      END $$`);
    for (const table of TABLES) {
      await runner.query(`
        CREATE TRIGGER ${table}_tell_truncate AFTER TRUNCATE ON ${table}
        FOR EACH STATEMENT EXECUTE FUNCTION tell_all_changed()`);
    }
    await runner.query(`
      CREATE FUNCTION tell_keys() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        NOTIFY gatehouse_keys;
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE TRIGGER signing_keys_tell AFTER INSERT OR UPDATE OR DELETE ON signing_keys
      FOR EACH STATEMENT EXECUTE FUNCTION tell_keys()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TRIGGER signing_keys_tell ON signing_keys`);
    await runner.query(`DROP FUNCTION tell_keys()`);
    for (const table of TABLES) await runner.query(`DROP TRIGGER ${table}_tell_truncate ON ${table}`);
    await runner.query(`DROP FUNCTION tell_all_changed()`);
    for (const told of TOLD) await runner.query(`DROP TRIGGER ${nameOf(told)} ON ${told.table}`);
    await runner.query(`DROP FUNCTION tell_change()`);
  }
}
