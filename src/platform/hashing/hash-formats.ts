import { Argon2 } from './formats/argon2';
import { Bcrypt } from './formats/bcrypt';
import { BcryptSha256 } from './formats/bcrypt-sha256';
import { FirebaseScrypt } from './formats/firebase-scrypt';
import { Pbkdf2 } from './formats/pbkdf2';
import { Scrypt } from './formats/scrypt';
import type { HashFormat, OwnFormat } from './hash-format';
import type { HashingSettings } from './hashing.settings';

interface Formats {
  /** Of new hashes. */
  readonly own: OwnFormat;
  /** Of hashes that are checked; no two recognise the same. */
  readonly all: readonly HashFormat[];
}

/** The list of formats: another one is a file in `formats/` and a word here. */
export function formatsFor(settings: HashingSettings): Formats {
  const own = { bcrypt: new BcryptSha256(settings.bcryptCost), argon2id: new Argon2(settings.argon2) };
  const foreign = [new Bcrypt(), new Scrypt(), new Pbkdf2(), new FirebaseScrypt(settings.firebaseSignerKey)];
  return { own: own[settings.algorithm], all: [...Object.values(own), ...foreign] };
}
