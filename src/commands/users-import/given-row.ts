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

const COLUMNS: readonly string[] = [
  'email',
  'name',
  'emailVerified',
  'passwordHash',
  'salt',
  'id',
  'createdAt',
  'disabled',
];

/** In bytes. An unclosed quotation mark would make one row of a whole file. */
export const LONGEST_ROW = 64 * 1024;

/** @throws Error for a column that we don't know: one that is misspelt would be lost without a word */
export function refuseUnknown(names: readonly string[], line: number): void {
  const unknown = names.find((name) => !COLUMNS.includes(name));
  if (unknown === undefined) return;
  throw new Error(`Line ${line}: ${JSON.stringify(unknown)} is none of ${COLUMNS.join(', ')}.`);
}
