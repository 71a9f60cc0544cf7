import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Mail1763800000000 implements MigrationInterface {
  readonly name = 'Mail1763800000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE users ADD COLUMN language text`);
    await runner.query(`
      CREATE TABLE one_time_tokens (
        token_hash bytea CONSTRAINT one_time_tokens_pkey PRIMARY KEY,
        purpose text NOT NULL,
        subject text,
        payload jsonb NOT NULL,
        ip text,
        user_agent text,
        created_at timestamptz(3) NOT NULL,
        expires_at timestamptz(3) NOT NULL,
        code_hash bytea,
        code_expires_at timestamptz(3),
        code_tries integer NOT NULL DEFAULT 0,
        CONSTRAINT one_time_tokens_purpose_subject_key UNIQUE (purpose, subject)
      )`);
    await runner.query(`CREATE INDEX one_time_tokens_expires_at_idx ON one_time_tokens (expires_at)`);
    await runner.query(`
      CREATE TABLE devices (
        user_id uuid NOT NULL CONSTRAINT devices_user_id_fkey REFERENCES users ON DELETE CASCADE,
        kind text NOT NULL,
        first_seen_at timestamptz(3) NOT NULL,
        told boolean NOT NULL,
        CONSTRAINT devices_pkey PRIMARY KEY (user_id, kind)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE devices, one_time_tokens`);
    await runner.query(`ALTER TABLE users DROP COLUMN language`);
  }
}
