import type { EntityManager } from 'typeorm';
import type { Refusal, SoundRow } from './row-reader';

/** How far an import has come. */
export interface Tally {
  /** Rows of the file that are settled, either way. */
  readonly rows: number;
  readonly imported: number;
  readonly refused: number;
  /** The end of the report. */
  readonly reportBytes: number;
}

export interface Batch {
  readonly rows: number;
  readonly sound: readonly SoundRow[];
  readonly refusals: readonly Refusal[];
}

/** Where rows go: into accounts, or nowhere. */
export interface Destination {
  begin(): Promise<Tally>;
  /** Settles a batch: the sound rows become accounts unless somebody has their address or id, and the report is written. */
  settle(batch: Batch): Promise<Tally>;
  end(): Promise<void>;
}

/** Who has an address or an id that a row wants. */
export interface Holder {
  readonly id: string;
  readonly email: string | null;
  /** The row of this import that made it; null for an account from before. */
  readonly line: string | null;
}

/** What differs between an import and its rehearsal. */
export interface Statements {
  /** @returns the lines of the rows that were taken */
  take(rows: readonly SoundRow[], transaction: EntityManager): Promise<{ line: string }[]>;
  holders(emails: string[], ids: string[], transaction: EntityManager): Promise<Holder[]>;
}

/** @returns what of the batch is refused */
export async function take(
  { sound, refusals }: Batch,
  statements: Statements,
  transaction: EntityManager,
): Promise<readonly Refusal[]> {
  const { first, repeated } = withoutRepeated(sound);
  const taken = new Set((await statements.take(first, transaction)).map(({ line }) => Number(line)));
  const left = first.filter(({ line }) => !taken.has(line));
  const held = left.length > 0 ? await whoHas(left, statements, transaction) : [];
  return [...refusals, ...repeated, ...held].sort((one, other) => one.line - other.line);
}

/** Of rows with one address or id the first counts. */
function withoutRepeated(rows: readonly SoundRow[]): { first: SoundRow[]; repeated: Refusal[] } {
  const [emails, ids] = [new Map<string, number>(), new Map<string, number>()];
  const [first, repeated]: [SoundRow[], Refusal[]] = [[], []];
  for (const row of rows) {
    const [byEmail, byId] = [emails.get(row.email), ids.get(row.id)];
    const refusal = refusalOf(row, byEmail, byId);
    if (refusal) repeated.push(refusal);
    else first.push(row);
    emails.set(row.email, byEmail ?? row.line);
    ids.set(row.id, byId ?? row.line);
  }
  return { first, repeated };
}

async function whoHas(
  rows: readonly SoundRow[],
  statements: Statements,
  transaction: EntityManager,
): Promise<Refusal[]> {
  const [emails, ids] = [rows.map(({ email }) => email), rows.map(({ id }) => id)];
  const holders = await statements.holders(emails, ids, transaction);
  const lineOf = ({ line }: Holder) => (line === null ? null : Number(line));
  const byEmail = new Map(holders.map((holder) => [holder.email, lineOf(holder)]));
  const byId = new Map(holders.map((holder) => [holder.id, lineOf(holder)]));
  return rows.map(
    (row) =>
      refusalOf(row, byEmail.get(row.email), byId.get(row.id)) ?? {
        line: row.line,
        field: null,
        reason: 'the account that had the address or id has just been deleted; import the row once more',
      },
  );
}

/** @param byEmail the line that has the address; null for an account, undefined for nobody; `byId` likewise */
function refusalOf(
  { line }: SoundRow,
  byEmail: number | null | undefined,
  byId: number | null | undefined,
): Refusal | undefined {
  const field = byEmail !== undefined ? 'email' : byId !== undefined ? 'id' : undefined;
  if (field === undefined) return undefined;
  const at = field === 'email' ? byEmail : byId;
  const who = at === null ? 'belongs to an account that exists' : `stands in line ${at} too`;
  return { line, field, reason: `${field} ${who}` };
}
