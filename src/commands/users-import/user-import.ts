import { csvRows } from './csv-rows';
import type { Batch, Destination, Tally } from './destination';
import type { GivenRow } from './given-row';
import type { ImportOptions } from './import-options';
import { jsonRows } from './json-rows';
import type { Progress } from './progress';
import type { Refusal, RowReader, SoundRow } from './row-reader';

/** Rows of one transaction: enough to be fast, few enough that nobody waits for their locks. */
const BATCH = 500;

/** Takes a file, row after row, to its destination; rows that are settled already are passed over. */
export async function importUsers(
  { file, format }: Pick<ImportOptions, 'file' | 'format'>,
  reader: RowReader,
  destination: Destination,
  progress: Progress,
): Promise<Tally> {
  let tally = await destination.begin();
  let [passed, batch]: [number, GivenRow[]] = [0, []];
  const settled = tally.rows;
  const settle = async () => {
    tally = await destination.settle(batchOf(batch, reader));
    progress.show(tally, batch.at(-1)?.bytes ?? 0);
    batch = [];
  };
  for await (const row of format === 'csv' ? csvRows(file) : jsonRows(file)) {
    if (passed++ < settled) continue;
    batch.push(row);
    if (batch.length === BATCH) await settle();
  }
  if (batch.length > 0) await settle();
  return tally;
}

function batchOf(given: readonly GivenRow[], reader: RowReader): Batch {
  const [sound, refusals]: [SoundRow[], Refusal[]] = [[], []];
  for (const row of given) {
    const read = reader.read(row);
    if ('line' in read) sound.push(read);
    else refusals.push(...read);
  }
  return { rows: given.length, sound, refusals };
}
