import type { MigrationInterface, QueryRunner } from 'typeorm';

export class UsersSessionsKeys1763700000000 implements MigrationInterface {
  readonly name = 'UsersSessionsKeys1763700000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE users (
        id uuid CONSTRAINT users_pkey PRIMARY KEY DEFAULT gen_random_uuid(),
        email text CONSTRAINT users_email_key UNIQUE,
        name text,
        email_verified_at timestamptz(3),
        disabled_at timestamptz(3),
        credential_version integer NOT NULL DEFAULT 1,
        created_at timestamptz(3) NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE passwords (
        user_id uuid CONSTRAINT passwords_pkey PRIMARY KEY
          CONSTRAINT passwords_user_id_fkey REFERENCES users ON DELETE CASCADE,
        hash text NOT NULL,
        changed_at timestamptz(3) NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE sessions (
        id uuid CONSTRAINT sessions_pkey PRIMARY KEY DEFAULT gen_random_uuid(),
        user_id uuid NOT NULL CONSTRAINT sessions_user_id_fkey REFERENCES users ON DELETE CASCADE,
        method text NOT NULL,
        contract text NOT NULL,
        ip text,
        user_agent text,
        created_at timestamptz(3) NOT NULL,
        last_seen_at timestamptz(3) NOT NULL,
        idle_ttl_ms bigint NOT NULL,
        idle_expires_at timestamptz(3) NOT NULL,
        expires_at timestamptz(3) NOT NULL,
        revoked_at timestamptz(3),
        revoked_reason text
      )`);
    await runner.query(`CREATE INDEX sessions_user_id_idx ON sessions (user_id)`);
    await runner.query(`
      CREATE TABLE refresh_tokens (
        token_hash bytea CONSTRAINT refresh_tokens_pkey PRIMARY KEY,
        session_id uuid NOT NULL CONSTRAINT refresh_tokens_session_id_fkey REFERENCES sessions ON DELETE CASCADE,
        created_at timestamptz(3) NOT NULL,
        rotated_at timestamptz(3),
        successor bytea
      )`);
    await runner.query(`CREATE INDEX refresh_tokens_session_id_idx ON refresh_tokens (session_id)`);
    await runner.query(`
      CREATE TABLE signing_keys (
        kid text CONSTRAINT signing_keys_pkey PRIMARY KEY,
        public_jwk jsonb NOT NULL,
        private_key bytea NOT NULL,
        signs_from timestamptz(3) NOT NULL,
        published_until timestamptz(3)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE signing_keys, refresh_tokens, sessions, passwords, users`);
  }
}
