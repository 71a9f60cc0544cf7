import type { MigrationInterface, QueryRunner } from 'typeorm';

export class PinsLimitsAudit1763750000000 implements MigrationInterface {
  readonly name = 'PinsLimitsAudit1763750000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE pins (
        user_id uuid CONSTRAINT pins_pkey PRIMARY KEY
          CONSTRAINT pins_user_id_fkey REFERENCES users ON DELETE CASCADE,
        name_key text NOT NULL CONSTRAINT pins_name_key_key UNIQUE,
        hash text NOT NULL,
        failures_in_a_row integer NOT NULL DEFAULT 0,
        changed_at timestamptz(3) NOT NULL
      )`);
    await runner.query(`ALTER TABLE refresh_tokens ADD COLUMN fixed boolean NOT NULL DEFAULT false`);
    await runner.query(`CREATE INDEX sessions_expires_at_id_idx ON sessions (expires_at, id)`);
    await this.createLimits(runner);
    await this.createAudit(runner);
    await this.endSessionsOfDisabledUsers(runner);
  }

  private async createLimits(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE guess_locks (
        subject bytea CONSTRAINT guess_locks_pkey PRIMARY KEY,
        failures integer NOT NULL,
        in_flight integer NOT NULL,
        window_ends_at timestamptz(3) NOT NULL,
        begun_at timestamptz(3) NOT NULL,
        locks integer NOT NULL,
        locked_until timestamptz(3)
      )`);
    await runner.query(`CREATE INDEX guess_locks_begun_at_idx ON guess_locks (begun_at)`);
    // The columns, and their order, are those that rate-limiter-flexible writes.
    await runner.query(`
      CREATE TABLE rate_limits (
        key varchar(255) PRIMARY KEY,
        points integer NOT NULL DEFAULT 0,
        expire bigint
      )`);
    await runner.query(`CREATE INDEX rate_limits_expire_idx ON rate_limits (expire)`);
  }

  private async createAudit(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE audit_events (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT audit_events_pkey PRIMARY KEY,
        at timestamptz(3) NOT NULL,
        action text NOT NULL,
        user_id uuid,
        session_id uuid,
        ip text,
        user_agent text,
        details jsonb NOT NULL
      )`);
    await runner.query(`CREATE INDEX audit_events_user_id_at_idx ON audit_events (user_id, at)`);
    await runner.query(`CREATE INDEX audit_events_at_idx ON audit_events (at)`);
    await runner.query(`
      CREATE FUNCTION refuse_change_of_audit() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'audit_events is append-only';
      END $$`);
    await runner.query(`
      CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_events
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_audit()`);
  }

  /** By triggers, so that it holds on every path, also when somebody disables or deletes a user by hand. */
  private async endSessionsOfDisabledUsers(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE FUNCTION end_sessions_of_disabled_user() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        WITH chosen AS (
          SELECT id FROM sessions WHERE user_id = NEW.id AND revoked_at IS NULL ORDER BY id FOR UPDATE
        ), ended AS (
          UPDATE sessions s SET revoked_at = now(), revoked_reason = 'account_disabled'
            FROM chosen WHERE s.id = chosen.id RETURNING s.id
        )
        INSERT INTO audit_events (at, action, user_id, session_id, details)
        SELECT now(), 'account_disabled', NEW.id, NULL::uuid, '{}'::jsonb
        UNION ALL
        SELECT now(), 'session_revoked', NEW.id, id, '{"reason": "account_disabled"}'::jsonb FROM ended;
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE TRIGGER disabled AFTER UPDATE OF disabled_at ON users
      FOR EACH ROW WHEN (OLD.disabled_at IS NULL AND NEW.disabled_at IS NOT NULL)
      EXECUTE FUNCTION end_sessions_of_disabled_user()`);
    await runner.query(`
      CREATE FUNCTION record_deleted_user() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        INSERT INTO audit_events (at, action, user_id, details) VALUES (now(), 'account_deleted', OLD.id, '{}');
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE TRIGGER deleted AFTER DELETE ON users FOR EACH ROW EXECUTE FUNCTION record_deleted_user()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TRIGGER deleted ON users`);
    await runner.query(`DROP TRIGGER disabled ON users`);
    await runner.query(`DROP TABLE audit_events, rate_limits, guess_locks, pins`);
    await runner.query(
      `DROP FUNCTION refuse_change_of_audit, end_sessions_of_disabled_user, record_deleted_user`,
    );
    await runner.query(`DROP INDEX sessions_expires_at_id_idx`);
    // Sessions whose tokens never rotate can't be told from others any more.
    await runner.query(
      `DELETE FROM sessions WHERE id IN (SELECT session_id FROM refresh_tokens WHERE fixed)`,
    );
    await runner.query(`ALTER TABLE refresh_tokens DROP COLUMN fixed`);
  }
}
