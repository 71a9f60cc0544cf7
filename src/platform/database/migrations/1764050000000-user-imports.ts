import type { MigrationInterface, QueryRunner } from 'typeorm';

export class UserImports1764050000000 implements MigrationInterface {
  readonly name = 'UserImports1764050000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE user_imports (
        id text CONSTRAINT user_imports_pkey PRIMARY KEY,
        row_count bigint NOT NULL DEFAULT 0,
        imported bigint NOT NULL DEFAULT 0,
        refused bigint NOT NULL DEFAULT 0,
        report_bytes bigint NOT NULL DEFAULT 0,
        started_at timestamptz(3) NOT NULL
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE user_imports`);
  }
}
