import { createHash } from 'node:crypto';
import { hash } from 'bcrypt';
import { eitherForm, same, wholeOrToNul, type HashFormat } from '../hash-format';

/** `$2b$12$<salt><digest>`; with Django's names before it, of which the second hashes with SHA-256 first. */
const FORMAT = /^(?:(bcrypt|bcrypt_sha256)\$)?\$2[aby]\$(\d{2})\$([./A-Za-z0-9]{22})([./A-Za-z0-9]{31})$/;

/** bcrypt reads no further, nor did the system that made the hash. */
const MOST_BYTES = 72;

const [LEAST_COST, MOST_COST] = [4, 16];

/** Some four seconds of a core: our own setting goes no further either. */
export const BCRYPT_COSTS = [LEAST_COST, MOST_COST] as const;

export function faultOfBcryptCost(cost: number): string | undefined {
  if (cost < LEAST_COST) return `has the bcrypt cost ${cost}; there is none below ${LEAST_COST}`;
  return cost > MOST_COST ? `has the bcrypt cost ${cost}; at most ${MOST_COST} is checked` : undefined;
}

/** Plain bcrypt, as most systems store it. 2a, 2b and 2y mean the same for what they all read: 72 bytes. */
export class Bcrypt implements HashFormat {
  recognises(stored: string): boolean {
    return FORMAT.test(stored);
  }

  faultOf(stored: string): string | undefined {
    return faultOfBcryptCost(this.bcryptCost(stored));
  }

  verify(secret: string, stored: string): Promise<boolean> {
    const [, name, cost = '', salt = '', expected = ''] = FORMAT.exec(stored) ?? [];
    const check = async (form: string | Buffer): Promise<boolean> => {
      const full = await hash(Buffer.from(form).subarray(0, MOST_BYTES), `$2b$${cost}$${salt}`);
      return same(Buffer.from(full.slice(-31)), Buffer.from(expected));
    };
    return eitherForm(secret, (form) =>
      name === 'bcrypt_sha256'
        ? check(createHash('sha256').update(form).digest('hex'))
        : wholeOrToNul(form, check),
    );
  }

  readsWhole(secret: string): boolean {
    return Buffer.byteLength(secret) <= MOST_BYTES && !secret.includes('\u0000');
  }

  bcryptCost(stored: string): number {
    return Number(FORMAT.exec(stored)?.[2]);
  }
}
