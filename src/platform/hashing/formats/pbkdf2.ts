import { pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import { eitherForm, LEAST_DIGEST, same, type HashFormat } from '../hash-format';

const derive = promisify(pbkdf2);

/** Of HMACs: some three seconds of a core. */
const MOST_ITERATIONS = 5_000_000;

interface Parameters {
  readonly algorithm: string;
  readonly iterations: number;
  readonly salt: Buffer;
  readonly digest: Buffer;
}

type Groups = Readonly<Record<'algorithm' | 'iterations' | 'salt' | 'digest', string>>;
type Encoding = (text: string) => Buffer;

const asText: Encoding = (text) => Buffer.from(text);
const asHex: Encoding = (text) => Buffer.from(text, 'hex');
const asBase64: Encoding = (text) => Buffer.from(text, 'base64');
/** passlib writes . for + in base64. */
const asDottedBase64: Encoding = (text) => asBase64(text.replaceAll('.', '+'));

/** How Django, passlib and Werkzeug write it down, with what their salts and digests are encoded in. */
const FORMATS: readonly (readonly [RegExp, salt: Encoding, digest: Encoding])[] = [
  [
    /^pbkdf2_(?<algorithm>sha1|sha256|sha512)\$(?<iterations>\d{1,12})\$(?<salt>[^$]{1,128})\$(?<digest>[A-Za-z0-9+/]{1,88}={0,2})$/,
    asText,
    asBase64,
  ],
  [
    /^\$pbkdf2(?<algorithm>|-sha256|-sha512)\$(?<iterations>\d{1,12})\$(?<salt>[A-Za-z0-9./]{0,1400})\$(?<digest>[A-Za-z0-9./]{1,88})$/,
    asDottedBase64,
    asDottedBase64,
  ],
  [
    /^pbkdf2:(?<algorithm>sha1|sha256|sha512):(?<iterations>\d{1,12})\$(?<salt>[^$]{1,128})\$(?<digest>[0-9a-f]{1,128})$/,
    asText,
    asHex,
  ],
];

/** PBKDF2 (RFC 8018) in libuv's threads. */
export class Pbkdf2 implements HashFormat {
  recognises(stored: string): boolean {
    return read(stored) !== undefined;
  }

  faultOf(stored: string): string | undefined {
    const { iterations, digest } = known(stored);
    if (digest.length < LEAST_DIGEST) return 'is too short for a PBKDF2 hash';
    if (iterations >= 1 && iterations <= MOST_ITERATIONS) return undefined;
    return `has ${iterations} iterations of PBKDF2; 1 to ${MOST_ITERATIONS} are checked`;
  }

  verify(secret: string, stored: string): Promise<boolean> {
    const { algorithm, iterations, salt, digest } = known(stored);
    return eitherForm(secret, async (form) =>
      same(await derive(form, salt, iterations, digest.length, algorithm), digest),
    );
  }
}

function read(stored: string): Parameters | undefined {
  for (const [format, readSalt, readDigest] of FORMATS) {
    const groups = format.exec(stored)?.groups as Groups | undefined;
    if (!groups) continue;
    const algorithm = groups.algorithm.replace('-', '') || 'sha1';
    const iterations = Number(groups.iterations);
    return { algorithm, iterations, salt: readSalt(groups.salt), digest: readDigest(groups.digest) };
  }
  return undefined;
}

const known = (stored: string): Parameters => read(stored) as Parameters;
