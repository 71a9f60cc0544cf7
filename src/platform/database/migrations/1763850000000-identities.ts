import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Identities1763850000000 implements MigrationInterface {
  readonly name = 'Identities1763850000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE identities (
        id uuid CONSTRAINT identities_pkey PRIMARY KEY DEFAULT gen_random_uuid(),
        user_id uuid NOT NULL CONSTRAINT identities_user_id_fkey REFERENCES users ON DELETE CASCADE,
        method text NOT NULL,
        issuer text NOT NULL,
        subject text NOT NULL,
        email text,
        known_as text,
        created_at timestamptz(3) NOT NULL,
        unlinked_at timestamptz(3)
      )`);
    await runner.query(
      `CREATE UNIQUE INDEX identities_issuer_subject_key ON identities (issuer, subject) WHERE unlinked_at IS NULL`,
    );
    await runner.query(`CREATE INDEX identities_user_id_idx ON identities (user_id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE identities`);
  }
}
