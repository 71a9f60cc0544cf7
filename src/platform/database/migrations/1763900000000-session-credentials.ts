import type { MigrationInterface, QueryRunner } from 'typeorm';

export class SessionCredentials1763900000000 implements MigrationInterface {
  readonly name = 'SessionCredentials1763900000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE sessions ADD COLUMN credential_id uuid`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE sessions DROP COLUMN credential_id`);
  }
}
