import { randomUUID } from 'node:crypto';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { firebaseHash, type FirebaseParameters } from '../../platform/hashing/formats/firebase-scrypt';
import type { SecretHasher } from '../../platform/hashing/secret-hasher';
import type { GivenRow } from './given-row';
import { ImportRow } from './import-row';

/** A row that can become an account, unless somebody has its address or id. */
export interface SoundRow {
  readonly line: number;
  readonly id: string;
  readonly email: string;
  readonly name: string | null;
  readonly verified: boolean;
  readonly disabled: boolean;
  readonly createdAt: Date;
  readonly hash: string | null;
}

/** Told in the report. Holds nothing of the row's values: the report may go to whoever made the file. */
export interface Refusal {
  readonly line: number;
  /** Null where it is the row as a whole. */
  readonly field: string | null;
  readonly reason: string;
}

const REPLACEMENT = '\ufffd';

export class RowReader {
  constructor(
    private readonly hasher: Pick<SecretHasher, 'faultOf'>,
    private readonly firebase: FirebaseParameters | undefined,
    private readonly now: Date,
  ) {}

  /** @returns the row, or all that is wrong with it */
  read({ line, fault, values }: GivenRow): SoundRow | readonly Refusal[] {
    if (fault !== undefined) return [{ line, field: null, reason: `the row ${fault}` }];
    const given = Object.entries(values).filter(([, value]) => value !== '' && value !== null);
    const row = plainToInstance(ImportRow, Object.fromEntries(given));
    const hash = this.hashOf(row);
    const faults = [...faultsOf(row), ...this.furtherFaults(row, hash)];
    if (faults.length > 0) return faults.map(([field, reason]) => ({ line, field, reason }));
    const { id = randomUUID(), email, name, emailVerified = false, disabled = false } = row;
    const { createdAt = this.now } = row;
    return { line, id, email, name: name || null, verified: emailVerified, disabled, createdAt, hash };
  }

  private hashOf({ passwordHash, salt }: ImportRow): string | null {
    if (typeof passwordHash !== 'string') return null;
    return this.firebase && typeof salt === 'string'
      ? firebaseHash(this.firebase, salt, passwordHash)
      : passwordHash;
  }

  private *furtherFaults(row: ImportRow, hash: string | null): Generator<[field: string, reason: string]> {
    for (const [field, value] of Object.entries(row)) {
      if (typeof value === 'string' && value.includes(REPLACEMENT)) yield [field, `${field} is not UTF-8`];
    }
    if (row.createdAt instanceof Date && row.createdAt > this.now) {
      yield ['createdAt', 'createdAt lies in the future'];
    }
    if (row.salt !== undefined && !this.firebase) {
      yield ['salt', 'salt is of use only with the three options of Firebase'];
    } else if (hash !== null) {
      const fault = this.hasher.faultOf(hash);
      if (fault !== undefined) yield ['passwordHash', `passwordHash ${fault}`];
    }
  }
}

const faultsOf = (row: ImportRow): [field: string, reason: string][] =>
  validateSync(row, { stopAtFirstError: true }).map(({ property, constraints = {} }) => [
    property,
    Object.values(constraints)[0] ?? `${property} is wrong`,
  ]);
