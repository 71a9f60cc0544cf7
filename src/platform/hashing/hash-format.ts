import { timingSafeEqual } from 'node:crypto';

/**
 * A family of stored hashes. Those of other systems come by an import, and are renewed in our own format at the next
 * sign-in.
 */
export interface HashFormat {
  recognises(stored: string): boolean;

  /**
   * Why a hash that is recognised is not checked, as in `has the bcrypt cost 31; at most 16 is checked`; undefined where it
   * is. Whoever chooses the cost of a hash chooses how long each check of it holds a core.
   */
  faultOf(stored: string): string | undefined;

  /**
   * Only for a hash that is recognised and has no fault. Computes off the event loop, compares in constant time.
   * @param secret as it was typed
   */
  verify(secret: string, stored: string): Promise<boolean>;

  /** For formats that may read a part of a secret only: whether all of this one counts. */
  readsWhole?(secret: string): boolean;

  /** For formats whose work is that of bcrypt. */
  bcryptCost?(stored: string): number;
}

/** A format that new hashes may be made in. */
export interface OwnFormat extends HashFormat {
  hash(secret: string): Promise<string>;

  /** False for a hash that is to be renewed: of another format, or made with less than is asked for now. */
  isCurrent(stored: string): boolean;

  /** After a failure on a hash of this bcrypt cost, the work that is missing to that of a new one. */
  makeUp?(bcryptCost: number): Promise<void>;
}

/** Ours are made of the composed form; another system's of what was typed there, which mostly is the same. */
export const composed = (secret: string): string => secret.normalize('NFC');

const formsOf = (secret: string): readonly string[] => [...new Set([composed(secret), secret])];

const NUL = '\u0000';

/** One, but for a secret that may have to be tried in several forms: then every check of it takes as long as that many. */
export const triesOf = (secret: string): number => formsOf(secret).length + (secret.includes(NUL) ? 1 : 0);

/** Tries a secret composed, and as it was typed where that differs. */
export const eitherForm = (secret: string, check: (form: string) => Promise<boolean>): Promise<boolean> =>
  firstRight(formsOf(secret), check);

/**
 * Tries a secret whole, and as far as its first zero byte, where systems written in C have stopped reading. Not where nothing
 * stands before that byte: the accounts of those who had no password there would be open.
 */
export const wholeOrToNul = (secret: string, check: (form: string) => Promise<boolean>): Promise<boolean> => {
  const [read = ''] = secret.split(NUL, 1);
  return firstRight(read === '' ? [secret] : [...new Set([secret, read])], check);
};

async function firstRight(
  forms: readonly string[],
  check: (form: string) => Promise<boolean>,
): Promise<boolean> {
  for (const form of forms) if (await check(form)) return true;
  return false;
}

/** In constant time; false where the lengths differ, which is no secret. */
export const same = (one: Buffer, other: Buffer): boolean =>
  one.length === other.length && timingSafeEqual(one, other);

/** Fewer could be found by trying; none at all would match everything. In bytes. */
export const LEAST_DIGEST = 16;
