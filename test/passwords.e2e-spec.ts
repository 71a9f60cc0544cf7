import bcrypt, { hash } from 'bcrypt';
import { hashBcryptSha256, verifyBcryptSha256 } from '../src/platform/hashing/formats/bcrypt-sha256';
import { SecretHasher } from '../src/platform/hashing/secret-hasher';
import { bearer, GOOD_PASSWORD, lockUser, register, someEmail } from './support/builders';
import { useApp } from './support/test-app';

describe('passwords', () => {
  const app = useApp();
  const tryPassword = (password: string) =>
    app.http.post('/auth/register').send({ email: someEmail(), password });
  const login = (email: string, password: string) => app.http.post('/auth/login').send({ email, password });

  it.each([
    ['[B2] seven letters', 'abcdefg', 'at least 8'],
    ['[B2] four emoji, which are eight UTF-16 units', '😀😀😀😀', 'at least 8'],
    ['129 characters', 'x1'.repeat(64) + 'y', 'at most 128'],
    ['[B6] one from the list', 'password1', 'common'],
    ['[B6] one from the list in another case', 'PassWord1', 'common'],
    ['a lone surrogate', 'abcdefgh\ud800', 'well-formed'],
  ])('refuse %s', async (_name, password, reason) => {
    const { body } = await tryPassword(password).expect(400);
    expect(body.error.details).toEqual([{ field: 'password', message: expect.stringContaining(reason) }]);
  });

  it.each([
    ['[B1] eight characters', 'kx7-qw2z'],
    ['[B3] 128 characters', 'long pass '.repeat(13).slice(0, 128)],
    ['128 emoji of four bytes', '😀'.repeat(128)],
    ['[B4] letters alone, in one case', 'correcthorsebatterystaple'],
    ['spaces at both ends', '  spaces count  '],
    ['a zero byte', 'before\u0000after it'],
  ])('take %s', async (_name, password) => {
    const { body } = await tryPassword(password).expect(201);
    await login(body.user.email, password).expect(200);
    await login(body.user.email, `${password}x`).expect(401);
  });

  it('[B5] are never truncated: what differs after 72 bytes, or after a zero byte, is another password', async () => {
    const long = await register(app, { password: 'a'.repeat(80) + 'b' });
    await login(long.email, 'a'.repeat(80) + 'c').expect(401);
    await login(long.email, 'a'.repeat(72)).expect(401);
    const zero = await register(app, { password: 'before\u0000after it' });
    await login(zero.email, 'before\u0000other').expect(401);
    await login(zero.email, 'before').expect(401);
  });

  it('[B5] are the same however the keyboard composes them, and keep their case', async () => {
    const { email } = await register(app, { password: 'caf\u00e9-au-lait' });
    await login(email, 'cafe\u0301-au-lait').expect(200);
    await login(email, 'CAF\u00c9-AU-LAIT').expect(401);
  });

  it.each(['change-password', 'reset-password'])(
    '[A13] are not changed (%s) by a session that is ended meanwhile',
    async (path) => {
      const { id, email, token } = await register(app);
      const release = await lockUser(app, id);
      const newPassword = 'another-good-password';
      const body = { email, currentPassword: GOOD_PASSWORD, oldPassword: GOOD_PASSWORD, newPassword };
      const late = app.http
        .post(`/auth/${path}`)
        .set(...bearer(token))
        .send(body)
        .then(({ status }) => status);
      await new Promise((resolve) => setTimeout(resolve, 300));
      await app.database.query('UPDATE sessions SET revoked_at = now() WHERE user_id = $1', [id]);
      await release();
      expect(await late).toBe(401);
      await login(email, GOOD_PASSWORD).expect(200);
    },
  );

  it('an outdated hash is not renewed over a password that was changed meanwhile', async () => {
    const { id, email } = await register(app);
    const hasher = app.nest.get(SecretHasher);
    const outdated = jest.spyOn(hasher as never, 'isOutdated').mockReturnValueOnce(true as never);
    const hash = jest.spyOn(hasher, 'hash').mockImplementationOnce(async () => {
      await app.database.query(`UPDATE passwords SET hash = 'changed' WHERE user_id = $1`, [id]);
      return 'renewed';
    });
    await login(email, GOOD_PASSWORD).expect(200);
    for (const spy of [outdated, hash]) spy.mockRestore();
    const rows = await app.database.query('SELECT hash FROM passwords WHERE user_id = $1', [id]);
    expect(rows).toEqual([{ hash: 'changed' }]);
  });

  it('[B10] are stored with algorithm, cost and a salt of their own', async () => {
    const people = [await register(app), await register(app)];
    const rows = await app.database.query('SELECT hash FROM passwords WHERE user_id = ANY($1)', [
      people.map(({ id }) => id),
    ]);
    const [one, other] = rows.map((row: { hash: string }) => row.hash);
    expect(one).toMatch(/^\$bcrypt-sha256\$v=2,t=2b,r=4\$[./A-Za-z0-9]{22}\$[./A-Za-z0-9]{31}$/);
    expect(one.split('$')[3]).not.toBe(other.split('$')[3]);
  });

  it("follow passlib's bcrypt_sha256, version 2", async () => {
    // From passlib's own documentation of the format.
    const known = '$bcrypt-sha256$v=2,t=2b,r=12$n79VH.0Q2TMWmt3Oqt9uku$Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft2';
    expect(await verifyBcryptSha256('password', known)).toBe(true);
    expect(await verifyBcryptSha256('passwore', known)).toBe(false);
    await expect(verifyBcryptSha256('password', await hash('password', 4))).rejects.toThrow();
  });

  it('[B15] an unknown user costs a hash too', async () => {
    const hasher = app.nest.get(SecretHasher);
    const verify = jest.spyOn(hasher, 'verify');
    await login(someEmail(), GOOD_PASSWORD).expect(401);
    expect(verify).toHaveBeenCalledWith(GOOD_PASSWORD, null);
    verify.mockRestore();
    expect(await hasher.verify(GOOD_PASSWORD, null)).toBe(false);
  });
});

describe('registration', () => {
  const app = useApp();

  it('[A1] 50 parallel registrations of one address make one account', async () => {
    const body = { email: someEmail(), password: GOOD_PASSWORD };
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => app.http.post('/auth/register').send(body)),
    );
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([201, ...Array<number>(49).fill(409)]);
    const [{ users, passwords }] = await app.database.query(
      'SELECT (SELECT count(*)::int FROM users) AS users, (SELECT count(*)::int FROM passwords) AS passwords',
    );
    expect([users, passwords]).toEqual([1, 1]);
  });
});

describe('a raised cost', () => {
  const app = useApp({ environment: { BCRYPT_COST: '5' } });

  it('[B10] renews a stored hash at the next sign-in', async () => {
    const { id, email } = await register(app);
    const login = () => app.http.post('/auth/login').send({ email, password: GOOD_PASSWORD }).expect(200);
    await app.database.query('UPDATE passwords SET hash = $1', [await hashBcryptSha256(GOOD_PASSWORD, 4)]);
    await login();
    const [row] = await app.database.query('SELECT hash FROM passwords WHERE user_id = $1', [id]);
    expect(row.hash).toContain('r=5$');
    await login();
  });
});

describe('[B15] a hash of a lower cost', () => {
  const app = useApp({ environment: { BCRYPT_COST: '7' } });

  it('does not tell by less work that its account exists', async () => {
    const { id, email } = await register(app);
    await app.database.query('UPDATE passwords SET hash = $1 WHERE user_id = $2', [
      await hashBcryptSha256(GOOD_PASSWORD, 4),
      id,
    ]);
    const hashing = jest.spyOn(bcrypt, 'hash');
    const work = async (address: string) => {
      hashing.mockClear();
      await app.http.post('/auth/login').send({ email: address, password: 'wrong-password' }).expect(401);
      const costs = hashing.mock.calls.map(([, salt]) => Number(String(salt).split('$')[2]));
      return costs.reduce((sum, cost) => sum + 2 ** cost, 0);
    };
    expect(await work(email)).toBe(2 ** 7);
    expect(await work(someEmail())).toBe(2 ** 7);
    hashing.mockRestore();
  });
});

describe('a closed registration', () => {
  const app = useApp({ environment: { REGISTRATION: 'closed' } });

  it('lets nobody in', async () => {
    const { body } = await app.http
      .post('/auth/register')
      .send({ email: someEmail(), password: GOOD_PASSWORD })
      .expect(403);
    expect(body.error.code).toBe('FORBIDDEN');
    expect(await app.database.query('SELECT 1 FROM users')).toEqual([]);
  });
});

describe('a flood of sign-ins', () => {
  const app = useApp({ environment: { BCRYPT_COST: '12', HASH_CONCURRENCY: '1' } });

  it('[A23] is held to a bounded queue: beyond it 503 BUSY with Retry-After, at once', async () => {
    const calls = Array.from({ length: 100 }, () => {
      const began = performance.now();
      return app.http
        .post('/auth/login')
        .send({ email: someEmail(), password: GOOD_PASSWORD })
        .then(({ status, headers, body }) => ({ status, headers, body, took: performance.now() - began }));
    });
    const answers = await Promise.all(calls);
    const busy = answers.filter(({ status }) => status === 503);
    const served = answers.filter(({ status }) => status === 401);
    expect(busy.length + served.length).toBe(100);
    // One is hashed and 64 wait.
    expect(served.length).toBeGreaterThanOrEqual(65);
    expect(busy.length).toBeGreaterThan(0);
    for (const { headers, body } of busy) {
      expect(body.error.code).toBe('BUSY');
      expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(1);
    }
    const last = Math.max(...served.map(({ took }) => took));
    expect(Math.max(...busy.map(({ took }) => took))).toBeLessThan(last / 2);
  }, 60_000);
});
