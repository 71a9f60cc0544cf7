import type { ImportOptions } from './import-options';
import { csvRows } from './csv-rows';
import { jsonRows } from './json-rows';

/** A row as it stands in the file. */
export interface GivenRow {
  /** Of a row of several lines, the last. */
  readonly line: number;
  /** Of the file, up to the end of the row. */
  readonly bytes: number;
  /** What is wrong with the row as a whole; then there are no values. */
  readonly fault?: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/**
 * The rows of a file, one after the other: it may be larger than the memory.
 * @throws Error for what makes the rest of the file unreadable
 */
export const givenRows = ({
  file,
  format,
}: Pick<ImportOptions, 'file' | 'format'>): AsyncGenerator<GivenRow> =>
  format === 'csv' ? csvRows(file) : jsonRows(file);
