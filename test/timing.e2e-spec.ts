import { givePin, GOOD_PASSWORD, register, registerPin, someEmail, someName } from './support/builders';
import { useApp } from './support/test-app';

const TRIES = 200;
/** Below the number that locks an account. */
const PER_ACCOUNT = 4;

/** The chance that one of the second takes longer than one of the first: 0.5 where nothing tells them apart. */
function overlap(first: number[], second: number[]): number {
  const pairs = first.flatMap((one) => second.map((other) => (other > one ? 1 : other === one ? 0.5 : 0)));
  return pairs.reduce((sum: number, pair) => sum + pair, 0) / pairs.length;
}

const median = (times: number[]): number =>
  times.toSorted((one, other) => one - other)[times.length >> 1] ?? 0;

/** Time is no measure of a pass; that one answer skips the hash would show as an overlap of 0 or 1. */
describe('[A19] [B15] who exists does not show in the time of an answer', () => {
  const app = useApp({ environment: { BCRYPT_COST: '7' } });

  async function timed(path: string, body: object, status: number): Promise<number> {
    const began = performance.now();
    await app.http.post(path).send(body).expect(status);
    return performance.now() - began;
  }

  async function compare(
    what: string,
    known: (account: number) => Promise<[path: string, body: object]>,
    unknown: () => [path: string, body: object],
    status = 401,
  ): Promise<void> {
    const accounts = await Promise.all(Array.from({ length: TRIES / PER_ACCOUNT }, (_, turn) => known(turn)));
    const [wrong, nobody]: [number[], number[]] = [[], []];
    for (let turn = 0; turn < TRIES; turn++) {
      const [path, body] = accounts[turn % accounts.length] ?? ['', {}];
      // By turns, so that whatever slows the machine slows both.
      wrong.push(await timed(path, body, status));
      nobody.push(await timed(...unknown(), status));
    }
    const share = overlap(nobody, wrong);
    const [one, other] = [median(wrong).toFixed(2), median(nobody).toFixed(2)];
    process.stdout.write(
      `${what}: median ${one} ms for somebody, ${other} ms for nobody; overlap ${share.toFixed(3)} of ${TRIES} tries each\n`,
    );
    expect(share).toBeGreaterThan(0.1);
    expect(share).toBeLessThan(0.9);
  }

  it('POST /auth/login by name and PIN', async () => {
    await compare(
      'PIN',
      async () => ['/auth/login', { name: (await registerPin(app)).name, pin: '0000' }],
      () => ['/auth/login', { name: someName(), pin: '0000' }],
    );
  }, 60_000);

  it('POST /auth/login by email and password', async () => {
    await compare(
      'password',
      async () => ['/auth/login', { email: (await register(app)).email, password: 'not-the-password' }],
      () => ['/auth/login', { email: someEmail(), password: 'not-the-password' }],
    );
  }, 60_000);

  it('POST /auth/login of an imported account, whose hash is far cheaper than ours', async () => {
    // By Werkzeug 3.1.9.
    const cheap =
      'pbkdf2:sha256:1$SQtMjHL9cz1ugHtF$f4ceba8119e0a3bbf5c407caee828839f4822dc9c6cbfdf321cb038a174aa482';
    await compare(
      'imported',
      async () => {
        const { id, email } = await register(app);
        await app.database.query('UPDATE passwords SET hash = $1 WHERE user_id = $2', [cheap, id]);
        return ['/auth/login', { email, password: 'not-the-password' }];
      },
      () => ['/auth/login', { email: someEmail(), password: 'not-the-password' }],
    );
  }, 60_000);

  it('POST /auth/login of an account that has a PIN and no password', async () => {
    await compare(
      'email of an account without a password',
      async () => {
        const { email, token } = await register(app);
        await givePin(app, token);
        await app.database.query(
          'DELETE FROM passwords WHERE user_id = (SELECT id FROM users WHERE email = $1)',
          [email],
        );
        return ['/auth/login', { email, password: GOOD_PASSWORD }];
      },
      () => ['/auth/login', { email: someEmail(), password: 'not-the-password' }],
    );
  }, 60_000);

  it('POST /auth/signin and POST /auth/reset-password', async () => {
    const next = { newPassword: 'another-good-password', oldPassword: 'not-the-password' };
    await compare(
      'managed',
      async (turn) => {
        const { email } = await register(app);
        return turn % 2 === 0
          ? ['/auth/signin', { email, password: 'not-the-password' }]
          : ['/auth/reset-password', { email, ...next }];
      },
      () => ['/auth/reset-password', { email: someEmail(), ...next }],
    );
  }, 60_000);

  it.each(['/auth/forgot-password', '/auth/verification-mail', '/auth/magic-link'])(
    'POST %s, which mails somebody and nobody',
    async (path) => {
      await compare(
        path,
        async () => [path, { email: (await register(app)).email }],
        () => [path, { email: someEmail() }],
        200,
      );
    },
    60_000,
  );
});
