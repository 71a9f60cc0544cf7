import { createCipheriv } from 'node:crypto';
import { eitherForm, same, type HashFormat } from '../hash-format';
import { faultOfScryptCost, scryptOf } from './scrypt';

/** Ours for what Firebase exports in several places: `$firebase-scrypt$ln=14,r=8$<salt>$<separator>$<hash>`, in base64. */
const FORMAT =
  /^\$firebase-scrypt\$ln=(\d{1,2}),r=(\d{1,4})\$([A-Za-z0-9+/]{1,128}={0,2})\$([A-Za-z0-9+/]{0,24}={0,2})\$([A-Za-z0-9+/]{1,128}={0,2})$/;

export interface FirebaseParameters {
  readonly memoryCost: number;
  readonly rounds: number;
  /** In base64. */
  readonly saltSeparator: string;
}

/** The string of one exported account; base64 in either alphabet. */
export function firebaseHash(parameters: FirebaseParameters, salt: string, hash: string): string {
  const { memoryCost, rounds, saltSeparator } = parameters;
  const encoded = [salt, saltSeparator, hash].map(plainBase64).join('$');
  return `$firebase-scrypt$ln=${memoryCost},r=${rounds}$${encoded}`;
}

const plainBase64 = (text: string): string => text.replaceAll('-', '+').replaceAll('_', '/');

/**
 * Firebase's scrypt (github.com/firebase/scrypt): the key that scrypt derives of the secret encrypts the project's signer key,
 * and that is the hash. So whoever steals the table alone can't even try; the signer key is a setting, and not in the row.
 */
export class FirebaseScrypt implements HashFormat {
  constructor(private readonly signerKey: Buffer | undefined) {}

  recognises(stored: string): boolean {
    return FORMAT.test(stored);
  }

  faultOf(stored: string): string | undefined {
    if (!this.signerKey) return 'is of Firebase, and FIREBASE_SIGNER_KEY is not set';
    const { cost, digest } = read(stored);
    const length = this.signerKey.length;
    if (digest.length !== length) return `has ${digest.length} bytes, and FIREBASE_SIGNER_KEY ${length}`;
    return faultOfScryptCost(cost);
  }

  verify(secret: string, stored: string): Promise<boolean> {
    const { cost, salt, digest } = read(stored);
    return eitherForm(secret, async (form) => {
      const key = await scryptOf(form, { ...cost, salt }, 32);
      const sealed = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
      return same(sealed.update(this.signerKey ?? Buffer.alloc(0)), digest);
    });
  }
}

function read(stored: string) {
  const [, memoryCost, rounds, ...encoded] = FORMAT.exec(stored) ?? [];
  const [salt, separator, digest] = encoded.map((text) => Buffer.from(text, 'base64')) as [
    Buffer,
    Buffer,
    Buffer,
  ];
  const cost = { N: 2 ** Number(memoryCost), r: Number(rounds), p: 1 };
  return { cost, salt: Buffer.concat([salt, separator]), digest };
}
