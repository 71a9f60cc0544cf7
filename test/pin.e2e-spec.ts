import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { decodeJwt } from 'jose';
import { SecretHasher } from '../src/platform/hashing/secret-hasher';
import {
  bearer,
  cookie,
  cookiesOf,
  givePin,
  lockUser,
  GOOD_PASSWORD,
  refresh,
  register,
  registerPin,
  someEmail,
  someName,
  statusOf,
} from './support/builders';
import { hasCurl } from './support/curl';
import { useApp } from './support/test-app';

describe('pin', () => {
  const app = useApp();
  const login = (name: string, pin: string) => app.http.post('/auth/login').send({ name, pin });

  describe('POST /auth/register with a name and a PIN', () => {
    it('answers 201 with the user and sets both cookies', async () => {
      const answer = await app.http
        .post('/auth/register')
        .send({ name: 'cooluser1', pin: '0000' })
        .expect(201);
      expect(answer.body).toEqual({
        user: { _id: expect.any(String), name: 'cooluser1', createdAt: expect.stringMatching(/Z$/) },
      });
      expect(Object.keys(cookiesOf(answer))).toEqual(['accessToken', 'refreshToken']);
    });

    it('takes a name once, without regard to case and to how it was typed', async () => {
      const { name } = await registerPin(app, { name: `Ünï-${someName()}` });
      await registerPin(app, { name: `straße-${name}` });
      await app.http
        .post('/auth/register')
        .send({ name: `STRASSE-${name}`, pin: '1234' })
        .expect(409);
      for (const taken of [
        name,
        name.toUpperCase(),
        ` ${name} `,
        name.normalize('NFD'),
        name.replace('-', '－'),
      ]) {
        const { body } = await app.http.post('/auth/register').send({ name: taken, pin: '1234' }).expect(409);
        expect(body.error.code).toBe('NAME_EXISTS');
      }
    });

    it('[A1] 50 parallel registrations of one name: one 201, 49 409', async () => {
      const name = someName();
      const answers = await Promise.all(
        Array.from({ length: 50 }, () => app.http.post('/auth/register').send({ name, pin: '1234' })),
      );
      const count = (wanted: number) => answers.filter(({ status }) => status === wanted).length;
      expect([count(201), count(409)]).toEqual([1, 49]);
      const rows = await app.database.query('SELECT 1 FROM users WHERE name = $1', [name]);
      expect(rows).toHaveLength(1);
    });

    it.each([[1234], ['123'], ['1234567890123'], ['12a4'], ['١٢٣٤'], [' 1234'], [''], [null], [['1234']]])(
      'refuses the PIN %j in wire form, naming it',
      async (pin) => {
        const { body } = await app.http.post('/auth/register').send({ name: someName(), pin }).expect(400);
        expect(body.error).toMatchObject({ code: 'VALIDATION_ERROR', details: [{ field: 'pin' }] });
      },
    );

    it.each([
      [''],
      ['  '],
      ['a\u0000b'],
      ['a\nb'],
      ['x'.repeat(101)],
      [7],
      [null],
      ['\ud800'],
      ['us\u200ber'],
      ['\u3164'],
      ['user\ufe0f'],
    ])('refuses the name %j', async (name) => {
      const { body } = await app.http.post('/auth/register').send({ name, pin: '1234' }).expect(400);
      expect(body.error).toMatchObject({ code: 'VALIDATION_ERROR', details: [{ field: 'name' }] });
    });

    it('refuses two secrets at once: one would be lost', async () => {
      const both = { name: someName(), pin: '1234', email: someEmail(), password: GOOD_PASSWORD };
      const { body } = await app.http.post('/auth/register').send(both).expect(400);
      expect(body.error.code).toBe('VALIDATION_ERROR');
      expect(body.error.message).toContain('Register in one way');
    });

    it('says what is missing', async () => {
      const { body } = await app.http.post('/auth/register').send({ pin: '1234' }).expect(400);
      expect(body.error.details).toEqual([{ field: 'name', message: 'name is missing' }]);
    });

    it('GET /auth/me shows the same four keys', async () => {
      const { id, name, accessToken } = await registerPin(app);
      const { body } = await app.http
        .get('/auth/me')
        .set(...cookie({ accessToken }))
        .expect(200);
      expect(body).toEqual({ user: { _id: id, email: null, name, createdAt: expect.any(String) } });
    });
  });

  describe('POST /auth/login', () => {
    it('answers the message alone; the tokens are in cookies', async () => {
      const { name, pin } = await registerPin(app);
      const answer = await login(name.toUpperCase(), pin).expect(200).expect('cache-control', 'no-store');
      expect(answer.body).toEqual({ message: 'Login successful' });
      const { accessToken, refreshToken } = cookiesOf(answer);
      expect(accessToken?.attributes).toEqual(['Max-Age=60', 'Path=/', 'HttpOnly', 'SameSite=Lax']);
      expect(refreshToken?.attributes).toEqual(['Max-Age=2592000', 'Path=/', 'HttpOnly', 'SameSite=Lax']);
      for (const { value } of [accessToken, refreshToken] as { value: string }[])
        expect(value).toMatch(/^[\w.-]+$/);
      const { exp = 0, iat = 0 } = decodeJwt(accessToken?.value ?? '');
      expect(exp - iat).toBe(60);
    });

    it('[A11] [B31] never takes a session over that was there before the login', async () => {
      const { name, pin, accessToken, refreshToken } = await registerPin(app);
      const answer = await login(name, pin).set(...cookie({ accessToken, refreshToken }));
      const next = cookiesOf(answer);
      expect(decodeJwt(next['accessToken']?.value ?? '').sid).not.toBe(decodeJwt(accessToken).sid);
      expect(next['refreshToken']?.value).not.toBe(refreshToken);
    });

    it('[A19] answers the same for a wrong PIN and an unknown name', async () => {
      const { name } = await registerPin(app);
      for (const [who, pin] of [
        [name, '9999'],
        [someName(), '4711'],
        [name, 'no digits'],
      ] as const) {
        const answer = await login(who, pin).expect(401);
        expect(answer.body).toEqual({ message: 'Invalid credentials' });
        expect(answer.headers['set-cookie']).toBeUndefined();
      }
    });

    it.each([
      [{ name: 'x' }],
      [{ pin: '1234' }],
      [{ name: 'x', pin: 1234 }],
      [{ name: 'x', pin: null }],
      [{ name: 'a\u0000', pin: '1234' }],
      [{ name: ['x'], pin: '1234' }],
    ])('%j is 400 in its own form', async (body) => {
      const answer = await app.http.post('/auth/login').send(body).expect(400);
      expect(answer.body).toEqual({ message: expect.any(String) });
    });

    it('stands beside email and password: the body tells', async () => {
      const { email } = await register(app);
      await app.http.post('/auth/login').send({ name: 'Alice', email, password: GOOD_PASSWORD }).expect(200);
      const { body } = await app.http.post('/auth/login').send({ name: 'Alice', email }).expect(400);
      expect(body.error.details).toEqual([{ field: 'password', message: expect.any(String) }]);
      const none = await app.http.post('/auth/login').send({ what: 'ever' }).expect(400);
      expect(none.body.error.code).toBe('VALIDATION_ERROR');
    });
  });

  describe('POST /auth/refresh', () => {
    it('renews the access cookie and leaves the refresh cookie as it is', async () => {
      const { accessToken, refreshToken } = await registerPin(app);
      for (let turn = 0; turn < 3; turn++) {
        app.clock.advance({ minutes: 2 });
        const answer = await app.http
          .post('/auth/refresh')
          .set(...cookie({ accessToken, refreshToken }))
          .expect(200);
        const cookies = cookiesOf(answer);
        expect(Object.keys(cookies)).toEqual(['accessToken']);
        expect(answer.body).toEqual({
          message: 'Access token refreshed successfully',
          accessToken: cookies['accessToken']?.value,
        });
        await app.http
          .get('/auth/me')
          .set(...cookie({ accessToken: answer.body.accessToken }))
          .expect(200);
      }
    });

    it('lives 30 days, whatever the idle time, and no longer', async () => {
      const { refreshToken } = await registerPin(app);
      app.clock.advance({ days: 29 });
      await app.http
        .post('/auth/refresh')
        .set(...cookie({ refreshToken }))
        .expect(200);
      app.clock.advance({ days: 1, minutes: 1 });
      await app.http
        .post('/auth/refresh')
        .set(...cookie({ refreshToken }))
        .expect(401);
    });

    it('[A18] answers every failure alike', async () => {
      const person = await register(app);
      const { accessToken, refreshToken } = await registerPin(app);
      const bad: Record<string, string>[] = [
        {},
        { refreshToken: '' },
        { refreshToken: 'ghr_none' },
        { refreshToken: accessToken },
        { refreshToken: person.refreshToken },
        { accessToken },
        { refreshtoken: refreshToken },
        { refreshToken: 'x'.repeat(4_000) },
      ];
      for (const cookies of bad) {
        const answer = await app.http
          .post('/auth/refresh')
          .set(...cookie(cookies))
          .expect(401);
        expect(answer.body).toEqual({ message: 'Invalid token' });
      }
    });

    it("keeps the kinds apart: a cookie's token is none in the body, and the other way round", async () => {
      const { refreshToken } = await registerPin(app);
      await refresh(app, refreshToken).expect(401);
      await app.http
        .post('/auth/refresh')
        .set(...cookie({ refreshToken }))
        .expect(200);
    });

    it('a body with a refresh token speaks wire, also beside cookies', async () => {
      const person = await register(app);
      const { refreshToken } = await registerPin(app);
      const answer = await refresh(app, person.refreshToken)
        .set(...cookie({ refreshToken }))
        .expect(200);
      expect(answer.body).toEqual({ token: expect.any(String), refreshToken: expect.any(String) });
      expect(answer.headers['set-cookie']).toBeUndefined();
      const { body } = await app.http.post('/auth/refresh').send({ refreshToken: 7 }).expect(400);
      expect(body.error.details).toEqual([{ field: 'refreshToken', message: expect.any(String) }]);
    });

    it.each(['null', '[]', '7', '"refreshToken"'])('the body %s has no refresh token', async (body) => {
      const sent = app.http.post('/auth/refresh').set('Content-Type', 'application/json').send(body);
      expect((await sent.expect(401)).body).toEqual({ message: 'Invalid token' });
    });

    it('a malformed body is 400 in its own form', async () => {
      const sent = app.http.post('/auth/refresh').set('Content-Type', 'application/json').send('{');
      expect((await sent.expect(400)).body).toEqual({ message: expect.any(String) });
    });
  });

  describe('POST /auth/logout', () => {
    it('[B33] [B45] ends the session and deletes both cookies with the attributes that they were set with', async () => {
      const { name, pin } = await registerPin(app);
      const set = cookiesOf(await login(name, pin));
      const [accessToken = '', refreshToken = ''] = [set['accessToken']?.value, set['refreshToken']?.value];
      const answer = await app.http
        .post('/auth/logout')
        .set(...cookie({ accessToken, refreshToken }))
        .expect(200);
      expect(answer.body).toEqual({ message: 'Logout successful' });
      const gone = cookiesOf(answer);
      expect(Object.keys(gone)).toEqual(['accessToken', 'refreshToken']);
      for (const [name, { value, attributes }] of Object.entries(gone)) {
        expect(value).toBe('');
        const kept = (list: string[] = []) => list.filter((one) => !/^(Max-Age|Expires)/.test(one)).sort();
        expect(kept(attributes)).toEqual(kept(set[name]?.attributes));
        expect(attributes).toContain('Max-Age=0');
      }
      await app.http
        .get('/auth/me')
        .set(...cookie({ accessToken }))
        .expect(401);
      await app.http
        .post('/auth/refresh')
        .set(...cookie({ refreshToken }))
        .expect(401);
    });

    it('needs a valid access cookie, and touches nothing without', async () => {
      const { accessToken, refreshToken } = await registerPin(app);
      app.clock.advance({ minutes: 2 });
      const bad: Record<string, string>[] = [
        { accessToken, refreshToken },
        { refreshToken },
        { accessToken: 'x' },
      ];
      for (const cookies of bad) {
        const answer = await app.http
          .post('/auth/logout')
          .set(...cookie(cookies))
          .expect(401);
        expect(answer.body).toEqual({ message: 'Unauthorized API access' });
        expect(answer.headers['set-cookie']).toBeUndefined();
      }
      await app.http
        .post('/auth/refresh')
        .set(...cookie({ refreshToken }))
        .expect(200);
    });

    it('speaks wire with an Authorization header, and with nothing at all', async () => {
      const { accessToken, refreshToken } = await registerPin(app);
      const nothing = await app.http.post('/auth/logout').expect(401);
      expect(nothing.body.error.code).toBe('INVALID_TOKEN');
      const { body } = await app.http
        .post('/auth/logout')
        .set('Authorization', 'Bearer nonsense')
        .set(...cookie({ accessToken, refreshToken }))
        .expect(401);
      expect(body.error.code).toBe('INVALID_TOKEN');
    });
  });

  describe('POST /auth/pin', () => {
    it('gives a signed-in account a PIN login', async () => {
      const { id, email, token } = await register(app);
      const name = someName();
      const { body } = await app.http
        .post('/auth/pin')
        .set(...bearer(token))
        .send({ name, pin: '123456', currentPassword: GOOD_PASSWORD })
        .expect(200);
      expect(body).toEqual({ message: 'PIN set' });
      const cookies = cookiesOf(await login(name, '123456').expect(200));
      const me = await app.http
        .get('/auth/me')
        .set(...cookie({ accessToken: cookies['accessToken']?.value ?? '' }))
        .expect(200);
      expect(me.body.user).toMatchObject({ _id: id, email, name });
      expect(await statusOf(app, token)).toBe(200);
    });

    it('[B38] asks for the password where there is one', async () => {
      const { token } = await register(app);
      const name = someName();
      const sent = (currentPassword?: string) =>
        app.http
          .post('/auth/pin')
          .set(...bearer(token))
          .send({ name, pin: '1234', currentPassword });
      for (const missing of [undefined, '']) {
        const { body } = await sent(missing).expect(400);
        expect(body.error.details).toEqual([
          { field: 'currentPassword', message: 'currentPassword is missing' },
        ]);
      }
      expect((await sent('wrong-password').expect(401)).body.error.code).toBe('INVALID_CREDENTIALS');
      await login(name, '1234').expect(401);
    });

    it('[B35] replaces a PIN: the old name and PIN are good for nothing, and the other sessions end', async () => {
      const one = await registerPin(app);
      const other = cookiesOf(await login(one.name, one.pin));
      const name = someName();
      await app.http
        .post('/auth/pin')
        .set(...cookie({ accessToken: one.accessToken }))
        .send({ name, pin: '9876' })
        .expect(200);
      await login(one.name, one.pin).expect(401);
      await login(name, '9876').expect(200);
      await app.http
        .post('/auth/refresh')
        .set(...cookie({ refreshToken: other['refreshToken']?.value ?? '' }))
        .expect(401);
      await app.http
        .post('/auth/refresh')
        .set(...cookie({ refreshToken: one.refreshToken }))
        .expect(200);
    });

    it('refuses a name that another account has, and changes nothing', async () => {
      const [one, other] = [await registerPin(app), await registerPin(app)];
      const { body } = await app.http
        .post('/auth/pin')
        .set(...cookie({ accessToken: one.accessToken }))
        .send({ name: other.name, pin: '5555' })
        .expect(409);
      expect(body.error.code).toBe('NAME_EXISTS');
      await login(one.name, one.pin).expect(200);
      await login(other.name, '5555').expect(401);
    });

    it('[A13] a session that is ended while the PIN is being set sets none', async () => {
      const { id, name, pin, accessToken } = await registerPin(app);
      const release = await lockUser(app, id);
      const late = app.http
        .post('/auth/pin')
        .set(...cookie({ accessToken }))
        .send({ name, pin: '9999' })
        .then((answer) => answer.status);
      await new Promise((resolve) => setTimeout(resolve, 300));
      await app.database.query('UPDATE sessions SET revoked_at = now() WHERE user_id = $1', [id]);
      await release();
      expect(await late).toBe(401);
      await login(name, pin).expect(200);
    });

    it('[A1] one of two parallel changes wins', async () => {
      const { id, accessToken } = await registerPin(app);
      const release = await lockUser(app, id);
      const changes = ['1111', '2222'].map((pin) =>
        app.http
          .post('/auth/pin')
          .set(...cookie({ accessToken }))
          .send({ name: someName(), pin })
          .then(({ status }) => status),
      );
      await new Promise((resolve) => setTimeout(resolve, 300));
      await release();
      expect((await Promise.all(changes)).sort()).toEqual([200, 401]);
    });

    it('a first PIN ends no session', async () => {
      const { email, token } = await register(app);
      const other = await app.http.post('/auth/login').send({ email, password: GOOD_PASSWORD }).expect(200);
      await givePin(app, token);
      expect(await statusOf(app, other.body.token)).toBe(200);
    });

    it("[A23] two accounts that take each other's names get 409, not a deadlock", async () => {
      const [one, other] = [await registerPin(app), await registerPin(app)];
      const take = (who: typeof one, name: string) =>
        app.http
          .post('/auth/pin')
          .set(...cookie({ accessToken: who.accessToken }))
          .send({ name, pin: '1234' });
      const answers = await Promise.all([take(one, other.name), take(other, one.name)]);
      expect(answers.map(({ status }) => status)).toEqual([409, 409]);
    });

    it('[A12] sets it for nobody but the caller', async () => {
      const [one, other] = [await registerPin(app), await registerPin(app)];
      const name = someName();
      const body = { name, pin: '5555', userId: other.id, user_id: other.id, failuresInARow: -1000 };
      await app.http
        .post('/auth/pin')
        .set(...cookie({ accessToken: one.accessToken }))
        .send(body)
        .expect(200);
      const [row] = await app.database.query(
        'SELECT user_id, failures_in_a_row FROM pins WHERE name_key = $1',
        [name],
      );
      expect(row).toEqual({ user_id: one.id, failures_in_a_row: 0 });
    });
  });

  it('[B10] a hash of a lower cost is renewed at the next sign-in', async () => {
    const { id, name, pin } = await registerPin(app);
    const hasher = app.nest.get(SecretHasher);
    const outdated = jest.spyOn(hasher as never, 'isOutdated').mockReturnValueOnce(true as never);
    const read = async () =>
      (await app.database.query('SELECT hash FROM pins WHERE user_id = $1', [id]))[0].hash;
    const before = await read();
    await login(name, pin).expect(200);
    outdated.mockRestore();
    expect(await read()).not.toBe(before);
    await login(name, pin).expect(200);
  });

  it('hashes PINs at rest', async () => {
    const { id } = await registerPin(app, { pin: '24681357' });
    const [row] = await app.database.query('SELECT * FROM pins WHERE user_id = $1', [id]);
    expect(JSON.stringify(row)).not.toContain('24681357');
    expect(row.hash).toMatch(/^\$bcrypt-sha256\$/);
  });

  it('a Bearer token of the same session opens what the cookie opens', async () => {
    const { accessToken } = await registerPin(app);
    expect(await statusOf(app, accessToken)).toBe(200);
    const { token } = await register(app, { email: someEmail() });
    await app.http
      .get('/auth/me')
      .set(...cookie({ accessToken: token }))
      .expect(200);
  });

  (hasCurl ? it : it.skip)('the shell examples of the reference run as they are printed', async () => {
    const script = readFileSync(join(__dirname, 'support', 'pin-examples.sh'), 'utf8');
    await registerPin(app, { name: 'shelluser', pin: '0000' });
    const adapted = script.replaceAll('http://127.0.0.1:9154', app.url).replaceAll('cooluser1', 'shelluser');
    const { stdout } = await promisify(execFile)('bash', ['-c', adapted]);
    expect(stdout).toContain('"message":"Access token refreshed successfully"');
    expect(stdout).toContain('{"message":"Logout successful"}');
  });
});
