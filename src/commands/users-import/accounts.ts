import type { DataSource, EntityManager } from 'typeorm';
import type { Clock } from '../../platform/clock/clock';
import { take, type Batch, type Destination, type Holder, type Statements, type Tally } from './destination';
import type { RefusedReport } from './refused-report';
import type { SoundRow } from './row-reader';

const TAKE = `
  WITH given AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS g (
      line bigint, id uuid, email text, name text, verified boolean, disabled boolean, "createdAt" timestamptz, hash text)),
  made AS (
    INSERT INTO users (id, email, name, email_verified_at, disabled_at, created_at)
    SELECT id, email, name, CASE WHEN verified THEN $2::timestamptz END, CASE WHEN disabled THEN $2::timestamptz END, "createdAt"
      FROM given ORDER BY line
    ON CONFLICT DO NOTHING RETURNING id),
  taken AS (SELECT g.* FROM given g JOIN made USING (id)),
  secrets AS (
    INSERT INTO passwords (user_id, hash, changed_at)
    SELECT id, hash, $2::timestamptz FROM taken WHERE hash IS NOT NULL),
  told AS (
    INSERT INTO audit_events (at, action, user_id, details)
    SELECT $2::timestamptz, 'imported', id, jsonb_build_object('import', $3::text, 'line', line) FROM taken ORDER BY line)
  SELECT line FROM taken`;

const HOLDERS = `
  SELECT u.id, u.email, (SELECT a.details->>'line' FROM audit_events a
                          WHERE a.user_id = u.id AND a.action = 'imported' AND a.details->>'import' = $3 LIMIT 1) AS line
    FROM users u WHERE u.email = ANY($1::text[])
  UNION
  SELECT u.id, u.email, (SELECT a.details->>'line' FROM audit_events a
                          WHERE a.user_id = u.id AND a.action = 'imported' AND a.details->>'import' = $3 LIMIT 1) AS line
    FROM users u WHERE u.id = ANY($2::uuid[])`;

interface Stored {
  readonly row_count: string;
  readonly imported: string;
  readonly refused: string;
  readonly report_bytes: string;
}

/**
 * Rows become accounts, a transaction for each batch. That transaction also says how far the import has come, so a process
 * that is killed at whatever moment goes on with the first row that is not settled: nothing twice, nothing lost.
 */
export class Accounts implements Destination, Statements {
  private tally: Tally;

  /** @param importId one for each file and way to read it */
  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
    private readonly importId: string,
    private readonly report: RefusedReport,
  ) {}

  async begin(): Promise<Tally> {
    await this.database.query(
      `INSERT INTO user_imports (id, started_at) VALUES ($1, $2) ON CONFLICT DO NOTHING`,
      [this.importId, this.clock.now()],
    );
    this.tally = await this.database.transaction((transaction) => this.hold(transaction));
    return this.tally;
  }

  async settle(batch: Batch): Promise<Tally> {
    this.tally = await this.database.transaction(async (transaction) => {
      const before = await this.hold(transaction);
      if (before.rows !== this.tally.rows) throw new Error('Another process imports this file.');
      const refusals = await take(batch, this, transaction);
      const refused = new Set(refusals.map(({ line }) => line)).size;
      const now: Tally = {
        rows: before.rows + batch.rows,
        imported: before.imported + batch.rows - refused,
        refused: before.refused + refused,
        reportBytes: await this.report.append(refusals, before.reportBytes),
      };
      await transaction.query(
        `UPDATE user_imports SET row_count = $2, imported = $3, refused = $4, report_bytes = $5 WHERE id = $1`,
        [this.importId, now.rows, now.imported, now.refused, now.reportBytes],
      );
      return now;
    });
    return this.tally;
  }

  async end(): Promise<void> {
    // Nothing is held open.
  }

  take(rows: readonly SoundRow[], transaction: EntityManager): Promise<{ line: string }[]> {
    return transaction.query(TAKE, [JSON.stringify(rows), this.clock.now(), this.importId]);
  }

  holders(emails: string[], ids: string[], transaction: EntityManager): Promise<Holder[]> {
    return transaction.query(HOLDERS, [emails, ids, this.importId]);
  }

  /** Its row stays locked until the transaction ends: of two processes on one file, one writes. */
  private async hold(transaction: EntityManager): Promise<Tally> {
    const [stored] = await transaction.query<Stored[]>(
      'SELECT row_count, imported, refused, report_bytes FROM user_imports WHERE id = $1 FOR UPDATE',
      [this.importId],
    );
    if (!stored) throw new Error('Another process has begun this import again.');
    return {
      rows: Number(stored.row_count),
      imported: Number(stored.imported),
      refused: Number(stored.refused),
      reportBytes: Number(stored.report_bytes),
    };
  }
}

/** That this file was imported is forgotten; its accounts stay. */
export const forgetImport = (database: DataSource, importId: string): Promise<unknown> =>
  database.query('DELETE FROM user_imports WHERE id = $1', [importId]);
