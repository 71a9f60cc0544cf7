import { scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { eitherForm, LEAST_DIGEST, same, type HashFormat } from '../hash-format';

const derive = promisify<string, Buffer, number, object, Buffer>(scrypt);

/** In bytes. */
const MOST_MEMORY = 256 * 2 ** 20;
/** N·r·p: about a second of a core. */
const MOST_WORK = 2 ** 22;
const LEAST_BLOCK = 8;
const MOST_LANES = 16;

interface Cost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

interface Parameters extends Cost {
  readonly salt: Buffer;
  readonly digest: Buffer;
  /** Where the other system gives all forms of a secret one (NFKC). */
  readonly compatible?: boolean;
}

type Groups = Readonly<Record<'N' | 'r' | 'p' | 'salt' | 'digest', string>>;

/** How each system writes it down: passlib and others (PHC), Werkzeug, Django, better-auth. */
const FORMATS: readonly (readonly [RegExp, (groups: Groups) => Parameters])[] = [
  [
    /^\$scrypt\$ln=(?<N>\d{1,2}),r=(?<r>\d{1,7}),p=(?<p>\d{1,7})\$(?<salt>[A-Za-z0-9+/]{0,128})\$(?<digest>[A-Za-z0-9+/]{1,172})={0,2}$/,
    ({ N, salt, digest, ...cost }) => ({
      ...costOf({ ...cost, N: String(2 ** Number(N)) }),
      salt: Buffer.from(salt, 'base64'),
      digest: Buffer.from(digest, 'base64'),
    }),
  ],
  [
    /^scrypt:(?<N>\d{1,10}):(?<r>\d{1,7}):(?<p>\d{1,7})\$(?<salt>[^$]{1,128})\$(?<digest>[0-9a-f]{128})$/,
    ({ salt, digest, ...cost }) => ({
      ...costOf(cost),
      salt: Buffer.from(salt),
      digest: Buffer.from(digest, 'hex'),
    }),
  ],
  [
    /^scrypt\$(?<N>\d{1,10})\$(?<salt>[^$]{1,128})\$(?<r>\d{1,7})\$(?<p>\d{1,7})\$(?<digest>[A-Za-z0-9+/]{1,172}={0,2})$/,
    ({ salt, digest, ...cost }) => ({
      ...costOf(cost),
      salt: Buffer.from(salt),
      digest: Buffer.from(digest, 'base64'),
    }),
  ],
  [
    /^(?<salt>[0-9a-f]{32}):(?<digest>[0-9a-f]{128})$/,
    // The letters of the salt are its bytes there.
    ({ salt, digest }) => ({
      ...{ N: 16_384, r: 16, p: 1 },
      salt: Buffer.from(salt),
      digest: Buffer.from(digest, 'hex'),
      compatible: true,
    }),
  ],
];

const costOf = ({ N, r, p }: { N: string; r: string; p: string }): Cost => ({
  N: Number(N),
  r: Number(r),
  p: Number(p),
});

export function faultOfScryptCost({ N, r, p }: Cost): string | undefined {
  const bits = Math.log2(N);
  // RFC 7914, 2: N is a power of two below 2^(128·r/8).
  if (N < 2 || r < 1 || p < 1 || !Number.isInteger(bits) || bits >= 16 * r)
    return 'has a cost that scrypt does not know';
  if (p > MOST_LANES) return `has ${p} lanes of scrypt; at most ${MOST_LANES} are checked`;
  if (128 * N * r > MOST_MEMORY)
    return `needs ${(128 * N * r) / 1024} KiB for scrypt; at most ${MOST_MEMORY / 1024} are given`;
  // Of a smaller block the rest weighs as much.
  const work = N * Math.max(r, LEAST_BLOCK) * p;
  return work > MOST_WORK ? `has an N·r·p of ${work} for scrypt; at most ${MOST_WORK} is checked` : undefined;
}

/** scrypt (RFC 7914) in libuv's threads. */
export const scryptOf = (
  secret: string,
  { N, r, p, salt }: Cost & { readonly salt: Buffer },
  length: number,
): Promise<Buffer> => derive(secret, salt, length, { N, r, p, maxmem: 2 * MOST_MEMORY });

export class Scrypt implements HashFormat {
  recognises(stored: string): boolean {
    return read(stored) !== undefined;
  }

  faultOf(stored: string): string | undefined {
    const parameters = known(stored);
    if (parameters.digest.length < LEAST_DIGEST) return 'is too short for a scrypt hash';
    return faultOfScryptCost(parameters);
  }

  verify(secret: string, stored: string): Promise<boolean> {
    const { digest, compatible, ...parameters } = known(stored);
    const check = async (form: string): Promise<boolean> =>
      same(await scryptOf(form, parameters, digest.length), digest);
    return compatible ? check(secret.normalize('NFKC')) : eitherForm(secret, check);
  }
}

function read(stored: string): Parameters | undefined {
  for (const [format, parameters] of FORMATS) {
    const groups = format.exec(stored)?.groups;
    if (groups) return parameters(groups as Groups);
  }
  return undefined;
}

const known = (stored: string): Parameters => read(stored) as Parameters;
