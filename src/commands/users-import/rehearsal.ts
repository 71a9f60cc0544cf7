import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { take, type Batch, type Destination, type Holder, type Statements, type Tally } from './destination';
import type { RefusedReport } from './refused-report';
import type { SoundRow } from './row-reader';

const TAKE = `
  INSERT INTO rehearsed_users (line, id, email)
  SELECT line, id, email FROM jsonb_to_recordset($1::jsonb) AS g (line bigint, id uuid, email text)
   WHERE NOT EXISTS (SELECT 1 FROM users u WHERE u.email = g.email)
     AND NOT EXISTS (SELECT 1 FROM users u WHERE u.id = g.id)
   ORDER BY line
  ON CONFLICT DO NOTHING RETURNING line`;

const HOLDERS = `
  SELECT id, email, NULL::bigint AS line FROM users WHERE email = ANY($1::text[])
  UNION ALL SELECT id, email, NULL::bigint FROM users WHERE id = ANY($2::uuid[])
  UNION ALL SELECT id, email, line FROM rehearsed_users WHERE email = ANY($1::text[])
  UNION ALL SELECT id, email, line FROM rehearsed_users WHERE id = ANY($2::uuid[])`;

/**
 * Rows go into a table that nobody else sees and that is gone at the end, so that addresses which stand twice in a file of any
 * size are found, with the memory of the database and not ours. No row of another table is written or locked.
 */
export class Rehearsal implements Destination, Statements {
  private readonly runner: QueryRunner;
  private tally: Tally = { rows: 0, imported: 0, refused: 0, reportBytes: 0 };

  constructor(
    database: DataSource,
    private readonly report: RefusedReport,
  ) {
    this.runner = database.createQueryRunner();
  }

  async begin(): Promise<Tally> {
    await this.runner.startTransaction();
    await this.runner.query(`SET LOCAL idle_in_transaction_session_timeout = 0`);
    await this.runner.query(
      `CREATE TEMP TABLE rehearsed_users (line bigint NOT NULL, id uuid PRIMARY KEY, email text NOT NULL UNIQUE) ON COMMIT DROP`,
    );
    return this.tally;
  }

  async settle(batch: Batch): Promise<Tally> {
    const refusals = await take(batch, this, this.runner.manager);
    const refused = new Set(refusals.map(({ line }) => line)).size;
    this.tally = {
      rows: this.tally.rows + batch.rows,
      imported: this.tally.imported + batch.rows - refused,
      refused: this.tally.refused + refused,
      reportBytes: await this.report.append(refusals, this.tally.reportBytes),
    };
    return this.tally;
  }

  async end(): Promise<void> {
    if (this.runner.isTransactionActive) await this.runner.rollbackTransaction();
    await this.runner.release();
  }

  take(rows: readonly SoundRow[], transaction: EntityManager): Promise<{ line: string }[]> {
    return transaction.query(TAKE, [JSON.stringify(rows)]);
  }

  holders(emails: string[], ids: string[], transaction: EntityManager): Promise<Holder[]> {
    return transaction.query(HOLDERS, [emails, ids]);
  }
}
