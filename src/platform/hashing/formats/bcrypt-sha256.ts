import { createHmac } from 'node:crypto';
import { genSalt, hash } from 'bcrypt';
import { composed, eitherForm, same, type OwnFormat } from '../hash-format';
import { faultOfBcryptCost } from './bcrypt';

/**
 * bcrypt without its limits: it reads 72 bytes and stops at a zero byte, so it is given an HMAC of the whole
 * secret. The HMAC is keyed with the salt, so that plain SHA-256 hashes leaked elsewhere are no use here.
 * The format is that of passlib's bcrypt_sha256, version 2: `$bcrypt-sha256$v=2,t=2b,r=12$<salt>$<digest>`.
 */
const FORMAT = /^\$bcrypt-sha256\$v=2,t=2b,r=(\d{1,2})\$([./A-Za-z0-9]{22})\$([./A-Za-z0-9]{31})$/;

export class BcryptSha256 implements OwnFormat {
  constructor(private readonly cost: number) {}

  recognises(stored: string): boolean {
    return FORMAT.test(stored);
  }

  faultOf(stored: string): string | undefined {
    return faultOfBcryptCost(this.bcryptCost(stored));
  }

  hash(secret: string): Promise<string> {
    return hashBcryptSha256(composed(secret), this.cost);
  }

  verify(secret: string, stored: string): Promise<boolean> {
    return eitherForm(secret, (form) => verifyBcryptSha256(form, stored));
  }

  isCurrent(stored: string): boolean {
    return this.bcryptCost(stored) >= this.cost;
  }

  bcryptCost(stored: string): number {
    return Number(FORMAT.exec(stored)?.[1]);
  }

  /** 2^c + 2^c + 2^(c+1) + … + 2^(n-1) = 2^n. */
  async makeUp(bcryptCost: number): Promise<void> {
    for (let step = bcryptCost; step < this.cost; step++) await hashBcryptSha256('', step);
  }
}

export async function hashBcryptSha256(secret: string, cost: number): Promise<string> {
  const salt = (await genSalt(cost, 'b')).slice(-22);
  return `$bcrypt-sha256$v=2,t=2b,r=${cost}$${salt}$${await digest(secret, cost, salt)}`;
}

/** @throws Error when the hash has another format */
export async function verifyBcryptSha256(secret: string, stored: string): Promise<boolean> {
  const [, cost, salt, expected] = FORMAT.exec(stored) ?? [];
  if (!cost || !salt || !expected) throw new Error('not a bcrypt-sha256 hash');
  return same(Buffer.from(await digest(secret, Number(cost), salt)), Buffer.from(expected));
}

async function digest(secret: string, cost: number, salt: string): Promise<string> {
  const key = createHmac('sha256', salt).update(secret).digest('base64');
  const full = await hash(key, `$2b$${String(cost).padStart(2, '0')}$${salt}`);
  return full.slice(-31);
}
