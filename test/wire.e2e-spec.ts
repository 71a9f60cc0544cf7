import { decodeJwt } from 'jose';
import { bearer, GOOD_PASSWORD, refresh, register, someEmail, statusOf } from './support/builders';
import { useApp } from './support/test-app';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describe('wire: the main line', () => {
  const app = useApp();

  describe('POST /auth/register', () => {
    it('answers 201 with the user and both tokens', async () => {
      const { body } = await app.http
        .post('/auth/register')
        .send({ email: 'alice@example.com', password: GOOD_PASSWORD, name: 'Alice Johnson' })
        .expect(201)
        .expect('cache-control', 'no-store');
      expect(body).toEqual({
        user: {
          _id: expect.stringMatching(UUID),
          email: 'alice@example.com',
          name: 'Alice Johnson',
          createdAt: expect.stringMatching(ISO),
        },
        token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
        refreshToken: expect.stringMatching(/^ghr_[\w-]{43}$/),
      });
    });

    it('gives a user without a name the name null', async () => {
      const { body } = await app.http
        .post('/auth/register')
        .send({ email: someEmail(), password: GOOD_PASSWORD });
      expect(body.user.name).toBeNull();
    });

    it('answers 409 EMAIL_EXISTS for a known address, whatever its case', async () => {
      const { email } = await register(app);
      const { body } = await app.http
        .post('/auth/register')
        .send({ email: ` ${email.toUpperCase()} `, password: GOOD_PASSWORD })
        .expect(409);
      expect(body.error.code).toBe('EMAIL_EXISTS');
    });

    it('[A12] takes nothing from the body but what it names', async () => {
      const email = someEmail();
      const { body } = await app.http
        .post('/auth/register')
        .send({
          email,
          password: GOOD_PASSWORD,
          id: '00000000-0000-4000-8000-000000000000',
          emailVerifiedAt: new Date(0).toISOString(),
          email_verified_at: new Date(0).toISOString(),
          credentialVersion: 7,
          createdAt: new Date(0).toISOString(),
        })
        .expect(201);
      const [row] = await app.database.query('SELECT * FROM users WHERE email = $1', [email]);
      expect(row).toMatchObject({ id: body.user._id, email_verified_at: null, credential_version: 1 });
      expect(row.created_at.getFullYear()).toBeGreaterThan(2000);
    });
  });

  describe('POST /auth/login', () => {
    it('answers 200 with the user and both tokens', async () => {
      const { id, email } = await register(app, { name: 'Bob' });
      const { body } = await app.http
        .post('/auth/login')
        .send({ email: email.toUpperCase(), password: GOOD_PASSWORD })
        .expect(200);
      expect(body).toEqual({
        user: { _id: id, email, name: 'Bob' },
        token: expect.any(String),
        refreshToken: expect.stringMatching(/^ghr_/),
      });
      expect(await statusOf(app, body.token)).toBe(200);
    });

    it('[A19] [B15] answers the same for a wrong password and an unknown address', async () => {
      const { email } = await register(app);
      const wrong = await app.http
        .post('/auth/login')
        .send({ email, password: 'not-the-password' })
        .expect(401);
      const unknown = await app.http
        .post('/auth/login')
        .send({ email: someEmail(), password: 'not-the-password' })
        .expect(401);
      expect(wrong.body).toEqual({
        error: { code: 'INVALID_CREDENTIALS', message: 'Invalid email or password' },
      });
      expect(unknown.body).toEqual(wrong.body);
    });

    it('[B31] opens a new session each time; the older one stays', async () => {
      const { email, token } = await register(app);
      const { body } = await app.http.post('/auth/login').send({ email, password: GOOD_PASSWORD });
      expect(decodeJwt(body.token).sid).not.toBe(decodeJwt(token).sid);
      expect(await statusOf(app, token)).toBe(200);
    });

    it('[A3] [B34] refuses a disabled account on every path', async () => {
      const { id, email, token, refreshToken } = await register(app);
      await app.database.query('UPDATE users SET disabled_at = now() WHERE id = $1', [id]);
      await app.http.post('/auth/login').send({ email, password: GOOD_PASSWORD }).expect(401);
      await refresh(app, refreshToken).expect(401);
      expect(await statusOf(app, token)).toBe(401);
      await app.http
        .post('/auth/change-password')
        .set(...bearer(token))
        .send({ currentPassword: GOOD_PASSWORD, newPassword: 'another good one' })
        .expect(401);
    });

    it('[A13] [B34] a deleted account leaves nothing that opens', async () => {
      const { id, email, token, refreshToken } = await register(app);
      await app.database.query('DELETE FROM users WHERE id = $1', [id]);
      await app.http.post('/auth/login').send({ email, password: GOOD_PASSWORD }).expect(401);
      await refresh(app, refreshToken).expect(401);
      expect(await statusOf(app, token)).toBe(401);
    });
  });

  describe('GET /auth/me', () => {
    it('answers with exactly four keys', async () => {
      const { id, email, token } = await register(app);
      const { body } = await app.http
        .get('/auth/me')
        .set(...bearer(token))
        .expect(200);
      expect(body).toEqual({ user: { _id: id, email, name: null, createdAt: expect.stringMatching(ISO) } });
    });

    it('takes the scheme in any case', async () => {
      const { token } = await register(app);
      await app.http.get('/auth/me').set('Authorization', `bearer ${token}`).expect(200);
    });

    it.each([
      ['no header', undefined],
      ['an empty header', ''],
      ['no token', 'Bearer'],
      ['another scheme', 'Basic YWxpY2U6c2VjcmV0'],
      ['no JWT', 'Bearer abc'],
      ['two words', 'Bearer a b'],
      ['dots only', 'Bearer ..'],
      ['rubbish of 8 KB', `Bearer ${'x'.repeat(8_000)}`],
      ['broken base64', 'Bearer ey!.ey!.ey!'],
      ['JSON that is null', `Bearer ${Buffer.from('null').toString('base64url')}.bnVsbA.AAAA`],
    ])('[A18] answers 401 INVALID_TOKEN for %s', async (_name, header) => {
      const call = app.http.get('/auth/me');
      const { body } = await (header === undefined ? call : call.set('Authorization', header)).expect(401);
      expect(body).toEqual({ error: { code: 'INVALID_TOKEN', message: 'Token is expired or invalid' } });
    });
  });

  describe('POST /auth/logout', () => {
    it('[B33] refuses the access token and the refresh token from then on', async () => {
      const { token, refreshToken } = await register(app);
      const { body } = await app.http
        .post('/auth/logout')
        .set(...bearer(token))
        .expect(200);
      expect(body).toEqual({ message: 'Logged out successfully' });
      expect(await statusOf(app, token)).toBe(401);
      await refresh(app, refreshToken).expect(401);
      await app.http
        .post('/auth/logout')
        .set(...bearer(token))
        .expect(401);
    });

    it('ends only its own session', async () => {
      const { email, token } = await register(app);
      const other = await app.http.post('/auth/login').send({ email, password: GOOD_PASSWORD });
      await app.http
        .post('/auth/logout')
        .set(...bearer(token))
        .expect(200);
      expect(await statusOf(app, other.body.token)).toBe(200);
    });

    it('takes a client that sends a JSON content type and no body', async () => {
      const { token } = await register(app);
      await app.http
        .post('/auth/logout')
        .set(...bearer(token))
        .set('Content-Type', 'application/json')
        .expect(200);
    });
  });

  describe('POST /auth/change-password', () => {
    const change = (token: string, currentPassword: string, newPassword: string) =>
      app.http
        .post('/auth/change-password')
        .set(...bearer(token))
        .send({ currentPassword, newPassword });

    it('[B7] changes the password, keeps this session and ends the others', async () => {
      const { email, token, refreshToken } = await register(app);
      const other = await app.http.post('/auth/login').send({ email, password: GOOD_PASSWORD });
      const { body } = await change(token, GOOD_PASSWORD, 'new-secure-password').expect(200);
      expect(body).toEqual({ message: 'Password changed successfully' });
      expect(await statusOf(app, token)).toBe(200);
      await refresh(app, refreshToken).expect(200);
      expect(await statusOf(app, other.body.token)).toBe(401);
      await refresh(app, other.body.refreshToken).expect(401);
      await app.http.post('/auth/login').send({ email, password: GOOD_PASSWORD }).expect(401);
      await app.http.post('/auth/login').send({ email, password: 'new-secure-password' }).expect(200);
    });

    it('refuses a wrong current password and changes nothing', async () => {
      const { email, token } = await register(app);
      const { body } = await change(token, 'old-password', 'new-secure-password').expect(401);
      expect(body.error.code).toBe('INVALID_CREDENTIALS');
      await app.http.post('/auth/login').send({ email, password: GOOD_PASSWORD }).expect(200);
    });

    it('refuses the same password again', async () => {
      const { token } = await register(app);
      const { body } = await change(token, GOOD_PASSWORD, GOOD_PASSWORD).expect(400);
      expect(body.error.details).toEqual([expect.objectContaining({ field: 'newPassword' })]);
    });

    it('lets one of two parallel changes win', async () => {
      const { email, token } = await register(app);
      const answers = await Promise.all(
        ['first-new-password', 'other-new-password'].map((password) =>
          change(token, GOOD_PASSWORD, password),
        ),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
      const winner = answers[0]?.status === 200 ? 'first-new-password' : 'other-new-password';
      await app.http.post('/auth/login').send({ email, password: winner }).expect(200);
    });

    it('[A1] a sign-in that proved the old password waits for a change under way, and is refused', async () => {
      const { id, email } = await register(app);
      const change = app.database.createQueryRunner();
      await change.startTransaction();
      await change.query('UPDATE users SET credential_version = credential_version + 1 WHERE id = $1', [id]);
      let answered = false;
      const login = app.http
        .post('/auth/login')
        .send({ email, password: GOOD_PASSWORD })
        .then(({ status }) => {
          answered = true;
          return status;
        });
      await new Promise((resolve) => setTimeout(resolve, 400));
      expect(answered).toBe(false);
      await change.commitTransaction();
      await change.release();
      expect(await login).toBe(401);
    });

    it('leaves no session to sign-ins with the old password that were under way', async () => {
      const { email, token } = await register(app);
      const logins = Array.from({ length: 20 }, () =>
        app.http.post('/auth/login').send({ email, password: GOOD_PASSWORD }),
      );
      const [changed, ...answers] = await Promise.all([
        change(token, GOOD_PASSWORD, 'new-secure-password'),
        ...logins,
      ]);
      expect(changed?.status).toBe(200);
      for (const { body } of answers.filter(({ status }) => status === 200)) {
        expect(await statusOf(app, body.token)).toBe(401);
      }
    });
  });

  describe('GET /auth/health', () => {
    it('names the ways to sign in', async () => {
      const { body } = await app.http.get('/auth/health').expect(200);
      expect(body).toEqual({
        status: 'healthy',
        providers: ['local', 'magic-link', 'pin', 'wallet', 'crossmint'],
      });
    });
  });

  describe('every answer', () => {
    it('bears a request id, takes a sane one over, and replaces an odd one', async () => {
      const own = await app.http.get('/auth/health');
      expect(own.headers['x-request-id']).toMatch(UUID);
      await app.http
        .get('/nowhere')
        .set('x-request-id', 'trace-0123456789')
        .expect('x-request-id', 'trace-0123456789');
      const odd = await app.http.get('/nowhere').set('x-request-id', 'a b" {}');
      expect(odd.headers['x-request-id']).toMatch(UUID);
    });

    it('bears the security headers and names no software', async () => {
      const { headers } = await app.http.get('/auth/health');
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
      });
      expect(headers).not.toHaveProperty('x-powered-by');
      expect(headers).not.toHaveProperty('strict-transport-security');
    });

    it('is in wire form also where nothing is', async () => {
      const { body } = await app.http.get('/nowhere').expect(404);
      expect(body).toEqual({ error: { code: 'NOT_FOUND', message: 'There is nothing at this path' } });
    });
  });
});
