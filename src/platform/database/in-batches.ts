import type { DataSource } from 'typeorm';

/** Rows that one statement removes, so that nobody waits for it. */
export const BATCH = 1_000;

/**
 * Runs a DELETE until it finds less than a batch.
 * @param statement removes at most `BATCH` rows; its one value is `until`
 */
export async function deleteInBatches(
  database: DataSource,
  statement: string,
  until: unknown,
): Promise<void> {
  for (let removed = BATCH; removed === BATCH;) {
    [, removed] = await database.query<[unknown[], number]>(statement, [until]);
  }
}
