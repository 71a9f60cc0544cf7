import type { MigrationInterface, QueryRunner } from 'typeorm';

export class ExchangedTokens1763950000000 implements MigrationInterface {
  readonly name = 'ExchangedTokens1763950000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE exchanged_tokens (
        statement_hash bytea CONSTRAINT exchanged_tokens_pkey PRIMARY KEY,
        token_hash bytea NOT NULL,
        session_id uuid CONSTRAINT exchanged_tokens_session_id_fkey REFERENCES sessions ON DELETE SET NULL,
        expires_at timestamptz(3) NOT NULL
      )`);
    await runner.query(`CREATE INDEX exchanged_tokens_session_id_idx ON exchanged_tokens (session_id)`);
    await runner.query(
      `CREATE INDEX exchanged_tokens_expires_at_idx ON exchanged_tokens (expires_at) WHERE session_id IS NULL`,
    );
    await runner.query(`ALTER TABLE sessions ADD COLUMN authenticated_at timestamptz(3)`);
    await runner.query(`
      CREATE TABLE crossmint_profiles (
        user_id uuid CONSTRAINT crossmint_profiles_pkey PRIMARY KEY
                     CONSTRAINT crossmint_profiles_user_id_fkey REFERENCES users ON DELETE CASCADE,
        email text,
        email_named boolean NOT NULL DEFAULT false,
        wallet_status text NOT NULL DEFAULT 'none',
        wallet_address text,
        wallet_tried_at timestamptz(3),
        onboarding_step smallint NOT NULL DEFAULT 0,
        evm_address text
      )`);
    await runner.query(`
      CREATE TABLE crossmint_refresh_tokens (
        token_hash bytea CONSTRAINT crossmint_refresh_tokens_pkey PRIMARY KEY,
        session_id uuid CONSTRAINT crossmint_refresh_tokens_session_id_fkey REFERENCES sessions ON DELETE CASCADE,
        subject text,
        state text NOT NULL,
        answer bytea,
        claimed_at timestamptz(3),
        holds_until timestamptz(3)
      )`);
    await runner.query(
      `CREATE INDEX crossmint_refresh_tokens_session_id_idx ON crossmint_refresh_tokens (session_id)`,
    );
    await runner.query(
      `CREATE INDEX crossmint_refresh_tokens_holds_until_idx ON crossmint_refresh_tokens (holds_until)`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE crossmint_refresh_tokens`);
    await runner.query(`DROP TABLE crossmint_profiles`);
    await runner.query(`ALTER TABLE sessions DROP COLUMN authenticated_at`);
    await runner.query(`DROP TABLE exchanged_tokens`);
  }
}
