import { Argon2 } from '../src/platform/hashing/formats/argon2';
import { hashBcryptSha256 } from '../src/platform/hashing/formats/bcrypt-sha256';
import { SecretHasher } from '../src/platform/hashing/secret-hasher';
import { GOOD_PASSWORD, register, registerPin, someEmail } from './support/builders';
import {
  BCRYPT_OF_84_BYTES,
  BCRYPT_PAST_ZERO_BYTE,
  BCRYPT_TO_ZERO_BYTE,
  FIREBASE,
  FOREIGN_HASHES,
  PASSWORD,
} from './support/foreign-hashes';
import { useApp, type TestApp } from './support/test-app';

const OURS = { bcrypt: /^\$bcrypt-sha256\$v=2,t=2b,r=4\$/, argon2id: /^\$argon2id\$v=19\$m=1024,t=1,p=1\$/ };
const ARGON2 = { PASSWORD_HASH: 'argon2id', ARGON2_MEMORY: '1', ARGON2_PASSES: '1' };
const SIGNER_KEY = { FIREBASE_SIGNER_KEY: FIREBASE.signerKey };

const loginTo = (app: TestApp) => (email: string, password: string) =>
  app.http.post('/auth/login').send({ email, password });

/** A registered person whose stored hash is this one; a function that says what it is now. */
async function withHash(app: TestApp, hash: string) {
  const { id, email } = await register(app);
  await app.database.query('UPDATE passwords SET hash = $1 WHERE user_id = $2', [hash, id]);
  const stored = async (): Promise<string> => {
    const [row] = await app.database.query('SELECT hash FROM passwords WHERE user_id = $1', [id]);
    return row.hash;
  };
  return { email, stored };
}

describe('hashes of other systems', () => {
  const app = useApp({ environment: SIGNER_KEY });
  const login = (email: string, password: string) => loginTo(app)(email, password);

  it.each(FOREIGN_HASHES)(
    '[B10] sign in, and are renewed by it: $by',
    async ({ hash, password = PASSWORD }) => {
      const { email, stored } = await withHash(app, hash);
      await login(email, `${password}x`).expect(401);
      expect(await stored()).toBe(hash);
      await login(email, password).expect(200);
      expect(await stored()).toMatch(OURS.bcrypt);
      await login(email, password).expect(200);
      await login(email, `${password}x`).expect(401);
    },
  );

  it('are checked with what was typed, or its composed form; of better-auth with its compatible form', async () => {
    const [decomposed] = FOREIGN_HASHES.filter(({ by }) => by.includes('NFD'));
    const composed = FOREIGN_HASHES.find(({ by }) => by === 'passlib 1.7.4, pbkdf2_sha256');
    const compatible = FOREIGN_HASHES.find(({ by }) => by.includes('NFKC'));
    const cases = [
      [decomposed?.hash, 'Caf\u00e9-au-lait', 401],
      [composed?.hash, PASSWORD.normalize('NFD'), 200],
      [compatible?.hash, 'fine-Password 1', 200],
    ] as const;
    for (const [hash = '', password, status] of cases) {
      await login((await withHash(app, hash)).email, password).expect(status);
    }
  });

  it('[B5] of bcrypt read 72 bytes, as they did where they come from, and are not renewed by more', async () => {
    const long = 'correct horse '.repeat(6);
    const { email } = await withHash(app, BCRYPT_OF_84_BYTES);
    await login(email, long.slice(0, 71)).expect(401);
    await login(email, `${long.slice(0, 72)}mistyped`).expect(200);
    await login(email, long).expect(200);
  });

  it('of bcrypt end at a zero byte, or do not, as they did where they come from', async () => {
    await login((await withHash(app, BCRYPT_TO_ZERO_BYTE)).email, 'before the zero byte\0other').expect(200);
    const past = await withHash(app, BCRYPT_PAST_ZERO_BYTE);
    await login(past.email, 'before').expect(401);
    await login(past.email, 'before\0after').expect(200);
  });

  it('of bcrypt that were made of nothing are opened by no zero byte', async () => {
    // By libxcrypt, of the empty string.
    const empty = '$2b$05$abcdefghijklmnopqrstuu0oImNDIy4flhldV9YqunRgBAePKmw7m';
    await login((await withHash(app, empty)).email, '\0anything').expect(401);
  });

  it.each([
    ['$2b$31$abcdefghijklmnopqrstuuLcDl8oXXkbJFVV.k4WmpBYACsquITr2', 'bcrypt cost 31'],
    ['$2b$03$abcdefghijklmnopqrstuuLcDl8oXXkbJFVV.k4WmpBYACsquITr2', 'none below 4'],
    [`$bcrypt-sha256$v=2,t=2b,r=17$${'a'.repeat(22)}$${'a'.repeat(31)}`, 'bcrypt cost 17'],
    [
      '$argon2id$v=19$m=4194304,t=1,p=1$c2l4dGVlbiBieXRlcyBvaw$43Lw39Lv+OL0xgpKu5bFymQhGPw0/gpZ',
      '4194304 KiB',
    ],
    ['$argon2id$v=19$m=65536,t=100,p=1$c2l4dGVlbiBieXRlcyBvaw$43Lw39Lv+OL0xgpKu5bFymQhGPw0/gpZ', '100 times'],
    ['$argon2id$v=19$m=65536,t=1,p=255$c2l4dGVlbiBieXRlcyBvaw$43Lw39Lv+OL0xgpKu5bFymQhGPw0/gpZ', '255 lanes'],
    ['$argon2id$v=19$m=8,t=1,p=2$c2l4dGVlbiBieXRlcyBvaw$43Lw39Lv+OL0xgpKu5bFymQhGPw0/gpZ', 'no sound argon2'],
    [`$scrypt$ln=25,r=8,p=1$4hyDsBYCIGTsnVMKYQxhTA$${'a'.repeat(43)}`, 'KiB for scrypt'],
    [`$scrypt$ln=17,r=8,p=16$4hyDsBYCIGTsnVMKYQxhTA$${'a'.repeat(43)}`, 'N·r·p'],
    [`$scrypt$ln=10,r=8,p=99$4hyDsBYCIGTsnVMKYQxhTA$${'a'.repeat(43)}`, '99 lanes of scrypt'],
    [`$scrypt$ln=16,r=1,p=1$4hyDsBYCIGTsnVMKYQxhTA$${'a'.repeat(43)}`, 'scrypt does not know'],
    [`scrypt:1000:8:1$salt$${'a'.repeat(128)}`, 'scrypt does not know'],
    ['$scrypt$ln=10,r=8,p=1$4hyDsBYCIGTsnVMKYQxhTA$aa', 'too short'],
    [`pbkdf2_sha256$999999999$salt$${'a'.repeat(43)}=`, '999999999 iterations'],
    ['pbkdf2:sha256:1000$salt$aa', 'too short'],
    [`$firebase-scrypt$ln=14,r=8$c2FsdA==$Bw==$${'a'.repeat(40)}`, 'FIREBASE_SIGNER_KEY 64'],
    [`$firebase-scrypt$ln=24,r=8$c2FsdA==$Bw==$${FIREBASE.hash}`, 'KiB for scrypt'],
    ['5f4dcc3b5aa765d61d8327deb882cf99', 'no format'],
    ['!unusable', 'no format'],
  ])('that cost too much, or are none, are never checked: %s', async (hash, reason) => {
    expect(app.nest.get(SecretHasher).faultOf(hash)).toContain(reason);
    const { email } = await withHash(app, hash);
    await login(email, PASSWORD).expect(401);
  });
});

describe('new hashes as argon2id', () => {
  const app = useApp({ environment: ARGON2 });
  const login = (email: string, password: string) => loginTo(app)(email, password);

  it('[B9] [B10] are made of passwords and PINs, with a salt of their own', async () => {
    const [one, other] = [await register(app), await register(app)];
    await login(one.email, one.password).expect(200);
    await login(one.email, `${one.password}x`).expect(401);
    const { name, pin } = await registerPin(app);
    await app.http.post('/auth/login').send({ name, pin }).expect(200);
    await app.http.post('/auth/login').send({ name, pin: '9999' }).expect(401);
    const rows = await app.database.query<{ hash: string }[]>(
      'SELECT hash FROM passwords WHERE user_id = ANY($1) UNION ALL SELECT hash FROM pins',
      [[one.id, other.id]],
    );
    for (const { hash } of rows) expect(hash).toMatch(OURS.argon2id);
    expect(new Set(rows.map(({ hash }) => hash.split('$')[4])).size).toBe(3);
  });

  it('[B5] read the whole of a password', async () => {
    const { email } = await register(app, { password: `${'a'.repeat(80)}\0b` });
    await login(email, `${'a'.repeat(80)}\0c`).expect(401);
    await login(email, 'a'.repeat(80)).expect(401);
  });

  it('[B10] renew bcrypt, and argon2 with other parameters, once', async () => {
    const outdated = [
      await hashBcryptSha256(PASSWORD, 5),
      ...FOREIGN_HASHES.filter(({ by }) => /^argon2-cffi.*argon2|2b$/.test(by)).map(({ hash }) => hash),
    ];
    expect(outdated).toHaveLength(6);
    for (const hash of outdated) {
      const { email, stored } = await withHash(app, hash);
      await login(email, PASSWORD).expect(200);
      const renewed = await stored();
      expect(renewed).toMatch(OURS.argon2id);
      await login(email, PASSWORD).expect(200);
      expect(await stored()).toBe(renewed);
    }
  });

  it('[B15] an unknown user costs one too', async () => {
    const verify = jest.spyOn(Argon2.prototype, 'verify');
    await login(someEmail(), GOOD_PASSWORD).expect(401);
    expect(verify).toHaveBeenCalledTimes(1);
    verify.mockRestore();
  });

  it('do not hold up the event loop', async () => {
    const hasher = app.nest.get(SecretHasher);
    let [longest, last] = [0, performance.now()];
    const watch = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 1);
    // A second of work.
    const began = performance.now();
    const dear =
      '$argon2id$v=19$m=262144,t=4,p=1$c2l4dGVlbiBieXRlcyBvaw$43Lw39Lv+OL0xgpKu5bFymQhGPw0/gpZU1A89FpImS8';
    expect(await hasher.verify(GOOD_PASSWORD, dear)).toBe(false);
    clearInterval(watch);
    expect(longest).toBeLessThan((performance.now() - began) / 2);
  });
});
