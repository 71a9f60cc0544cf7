import { randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';
import { managed } from '../src/auth/contracts/managed.contract';
import { ValidationFailed } from '../src/platform/http/api-error';
import {
  bearer,
  cookie,
  givePin,
  GOOD_PASSWORD,
  register,
  registerPin,
  someEmail,
  statusOf,
  verifyEmail,
  type Person,
} from './support/builders';
import { useApp } from './support/test-app';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';
const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1';

describe.each(['/auth', '/v1/auth'])('managed, under %s', (base) => {
  const app = useApp();
  const signin = (email: string, password = GOOD_PASSWORD) =>
    app.http.post(`${base}/signin`).send({ email, password });
  const member = async (): Promise<Person> => {
    const person = await register(app);
    await verifyEmail(app, person.id);
    return person;
  };
  const sessionsOf = ({ id, token }: { id: string; token: string }) =>
    app.http.get(`${base}/${id}/sessions`).set(...bearer(token));
  const invalid = { statusCode: 401, message: 'Invalid Credentials', error: 'Unauthorized' };
  const unauthorized = { statusCode: 401, message: 'Unauthorized', error: 'Unauthorized' };

  describe('POST /signin', () => {
    it('answers with the token set, and trims the email', async () => {
      const { email } = await member();
      const { body } = await signin(`  ${email.toUpperCase()} `)
        .expect(200)
        .expect('cache-control', 'no-store');
      expect(body).toEqual({
        statusCode: 200,
        message: 'User logged in successfully',
        data: {
          access_token: expect.any(String),
          token_type: 'Bearer',
          expires_in: 900,
          refresh_token: expect.stringMatching(/^ghr_/),
          refresh_expires_in: 2_592_000,
          scope: 'email profile',
          sessionId: expect.stringMatching(UUID),
        },
      });
      expect(decodeJwt(body.data.access_token).sid).toBe(body.data.sessionId);
      expect(await statusOf(app, body.data.access_token)).toBe(200);
    });

    it('[A19] answers the same for a wrong password and an unknown email', async () => {
      const { email } = await member();
      for (const who of [email, someEmail()]) {
        expect((await signin(who, 'not-the-password').expect(401)).body).toEqual(invalid);
      }
    });

    it('refuses an unverified email, but tells only who knows the password', async () => {
      const { email } = await register(app);
      const { body } = await signin(email).expect(401);
      expect(body).toEqual({ statusCode: 401, message: 'Please verify your email', error: 'Unauthorized' });
      expect((await signin(email, 'not-the-password').expect(401)).body).toEqual(invalid);
      await app.http.post('/auth/login').send({ email, password: GOOD_PASSWORD }).expect(200);
    });

    it.each([
      [{}, ['email', 'password']],
      [{ email: 'x', password: 'y' }, ['email']],
      [{ email: 'a@example.com', password: 7 }, ['password']],
      [undefined, ['email', 'password']],
    ])('%j is 400 with a list that names what is wrong', async (body, fields) => {
      const answer = await app.http.post(`${base}/signin`).send(body).expect(400);
      expect(answer.body).toMatchObject({ statusCode: 400, error: 'Bad Request' });
      expect(answer.body.message.map((text: string) => text.split(' ')[0])).toEqual(fields);
    });

    it('a body that is no JSON is 400 in its form too', async () => {
      const sent = app.http.post(`${base}/signin`).set('Content-Type', 'application/json').send('{');
      expect((await sent.expect(400)).body).toMatchObject({ statusCode: 400, message: [expect.any(String)] });
    });

    it('ignores isPasswordEncrypted', async () => {
      const { email } = await member();
      const body = { email, password: GOOD_PASSWORD, isPasswordEncrypted: false };
      await app.http.post(`${base}/signin`).send(body).expect(200);
    });
  });

  describe('POST /refresh-token', () => {
    it('rotates within the same session', async () => {
      const { email } = await member();
      const { data } = (await signin(email)).body;
      const send = () =>
        app.http.post(`${base}/refresh-token`).send({ refreshToken: ` ${data.refresh_token} ` });
      const { body } = await send().expect(200);
      expect(body).toEqual({
        statusCode: 200,
        message: 'Token refreshed successfully',
        data: {
          ...data,
          access_token: expect.any(String),
          refresh_token: expect.stringMatching(/^ghr_/),
          refresh_expires_in: expect.any(Number),
        },
      });
      expect(body.data.refresh_token).not.toBe(data.refresh_token);
      expect((await send().expect(200)).body.data.refresh_token).toBe(body.data.refresh_token);
    });

    it('[B64] [B65] ends the session on reuse, and never prolongs it', async () => {
      const { email } = await member();
      const { data } = (await signin(email)).body;
      app.clock.advance({ days: 1 });
      const next = await app.http
        .post(`${base}/refresh-token`)
        .send({ refreshToken: data.refresh_token })
        .expect(200);
      expect(next.body.data.refresh_expires_in).toBeLessThanOrEqual(29 * 86_400);
      app.clock.advance({ seconds: 11 });
      const { body } = await app.http
        .post(`${base}/refresh-token`)
        .send({ refreshToken: data.refresh_token })
        .expect(401);
      expect(body).toEqual({
        statusCode: 401,
        message: 'Invalid refreshToken provided',
        error: 'Unauthorized',
      });
      await app.http
        .post(`${base}/refresh-token`)
        .send({ refreshToken: next.body.data.refresh_token })
        .expect(401);
    });

    it('names the field that is missing', async () => {
      const { body } = await app.http.post(`${base}/refresh-token`).send({}).expect(400);
      expect(body.message).toEqual([expect.stringMatching(/^refreshToken /)]);
    });
  });

  describe('POST /signout', () => {
    it('[A13] ends the current session when none is named', async () => {
      const { email, token } = await member();
      const { data } = (await signin(email)).body;
      const { body } = await app.http
        .post(`${base}/signout`)
        .set(...bearer(data.access_token))
        .expect(200);
      expect(body).toEqual({ statusCode: 200, message: 'User logout successfully' });
      expect(await statusOf(app, data.access_token)).toBe(401);
      await app.http.post(`${base}/refresh-token`).send({ refreshToken: data.refresh_token }).expect(401);
      expect(await statusOf(app, token)).toBe(200);
    });

    it('ends those that are named, and only those', async () => {
      const { email, token } = await member();
      const [one, two] = [(await signin(email)).body.data, (await signin(email)).body.data];
      const sessions = [one.sessionId, randomUUID(), one.sessionId];
      await app.http
        .post(`${base}/signout`)
        .set(...bearer(token))
        .send({ sessions })
        .expect(200);
      expect(await statusOf(app, one.access_token)).toBe(401);
      expect(await statusOf(app, two.access_token)).toBe(200);
      expect(await statusOf(app, token)).toBe(200);
    });

    it("[A12] ends none when one of them is somebody else's", async () => {
      const [me, other] = [await member(), await member()];
      const mine = decodeJwt(me.token).sid as string;
      const sessions = [mine, decodeJwt(other.token).sid];
      const { body } = await app.http
        .post(`${base}/signout`)
        .set(...bearer(me.token))
        .send({ sessions })
        .expect(403);
      expect(body).toMatchObject({ statusCode: 403, error: 'Forbidden' });
      expect([await statusOf(app, me.token), await statusOf(app, other.token)]).toEqual([200, 200]);
    });

    it.each([['x'], [{}], [['no id']], [[7]], [[null]], [Array.from({ length: 1_001 }, () => randomUUID())]])(
      'refuses %j as the list',
      async (sessions) => {
        const { token } = await member();
        const { body } = await app.http
          .post(`${base}/signout`)
          .set(...bearer(token))
          .send({ sessions })
          .expect(400);
        expect(body.message[0]).toMatch(/sessions/);
        expect(await statusOf(app, token)).toBe(200);
      },
    );

    it('ends nothing when the list is empty', async () => {
      const { token } = await member();
      await app.http
        .post(`${base}/signout`)
        .set(...bearer(token))
        .send({ sessions: [] })
        .expect(200);
      expect(await statusOf(app, token)).toBe(200);
    });

    it('is 401 without a token', async () => {
      expect((await app.http.post(`${base}/signout`).expect(401)).body).toEqual(unauthorized);
    });
  });

  describe('GET /:userId/sessions', () => {
    it('lists sessions of every method with their devices, and which is the current one', async () => {
      const person = await member();
      const pin = { name: person.email.replace('@example.com', ''), pin: '4711' };
      await givePin(app, person.token, pin);
      app.clock.advance({ seconds: 1 });
      await app.http.post('/auth/login').set('User-Agent', IPHONE).send(pin).expect(200);
      app.clock.advance({ seconds: 1 });
      const { data } = (await signin(person.email).set('User-Agent', FIREFOX)).body;
      const { body } = await sessionsOf({ id: person.id, token: data.access_token }).expect(200);
      expect(body).toMatchObject({ statusCode: 200, message: 'User Sessions fetched Successfully' });
      expect(body.data[0]).toEqual({
        id: data.sessionId,
        userId: person.id,
        createdAt: expect.any(String),
        lastSeenAt: expect.any(String),
        expiresAt: expect.any(String),
        sessionType: 'user-session',
        method: 'password',
        current: true,
        clientInfo: {
          browser: 'Firefox 128',
          os: 'Linux',
          deviceType: 'desktop',
          ip: '127.0.0.1',
          rawDetail: FIREFOX,
        },
      });
      expect(body.data[1]).toMatchObject({
        method: 'pin',
        current: false,
        clientInfo: { browser: 'Safari 17', os: 'iOS 17.5', deviceType: 'mobile' },
      });
      expect(body.data[2]).toMatchObject({ method: 'password', current: false });
      expect(body.data).toHaveLength(3);
      expect(JSON.stringify(body)).not.toMatch(/ghr_|eyJ/);
    });

    it('shows only sessions that have not ended', async () => {
      const { id, email } = await member();
      await signin(email);
      app.clock.advance({ days: 13 });
      const { data } = (await signin(email)).body;
      expect((await sessionsOf({ id, token: data.access_token })).body.data).toHaveLength(3);
      app.clock.advance({ minutes: 1 });
      await app.http.post(`${base}/refresh-token`).send({ refreshToken: data.refresh_token }).expect(200);
      app.clock.advance({ days: 2 });
      const again = (await signin(email)).body.data;
      const { body } = await sessionsOf({ id, token: again.access_token });
      expect(body.data.map((session: { id: string }) => session.id)).toEqual([
        again.sessionId,
        data.sessionId,
      ]);
    });

    it("[A12] shows nobody else's, existing or not", async () => {
      const [me, other] = [await member(), await member()];
      for (const id of [other.id, randomUUID()]) {
        const { body } = await sessionsOf({ id, token: me.token }).expect(403);
        expect(body).toEqual({
          statusCode: 403,
          message: 'You are not allowed to access sessions of another user',
          error: 'Forbidden',
        });
      }
    });

    it('is 400 for what is no UUID, 401 without a token', async () => {
      const { id, token } = await member();
      expect((await sessionsOf({ id: 'me', token }).expect(400)).body.message).toEqual([
        'userId must be a UUID',
      ]);
      expect((await app.http.get(`${base}/${id}/sessions`).expect(401)).body).toEqual(unauthorized);
      await sessionsOf({ id: id.toUpperCase(), token }).expect(200);
    });
  });

  describe('DELETE /:sessionId/sessions', () => {
    const remove = (sessionId: string, token: string) =>
      app.http.delete(`${base}/${sessionId}/sessions`).set(...bearer(token));

    it('[A13] ends a session at once; it is unknown from then on', async () => {
      const { email, token } = await member();
      const { data } = (await signin(email)).body;
      const { body } = await remove(data.sessionId, token).expect(200);
      expect(body).toEqual({ statusCode: 200, message: 'Session deleted successfully' });
      expect(await statusOf(app, data.access_token)).toBe(401);
      await app.http.post(`${base}/refresh-token`).send({ refreshToken: data.refresh_token }).expect(401);
      await remove(data.sessionId, token).expect(404);
      await remove(randomUUID(), token).expect(404);
    });

    it("[A12] is 403 for another user's session, which lives on", async () => {
      const [me, other] = [await member(), await member()];
      const { body } = await remove(decodeJwt(other.token).sid as string, me.token).expect(403);
      expect(body).toMatchObject({ statusCode: 403, error: 'Forbidden' });
      expect(await statusOf(app, other.token)).toBe(200);
    });

    it('is 400 for what is no UUID, 401 without a token', async () => {
      const { token } = await member();
      expect((await remove('x', token).expect(400)).body.message).toEqual(['sessionId must be a UUID']);
      expect((await app.http.delete(`${base}/${randomUUID()}/sessions`).expect(401)).body).toEqual(
        unauthorized,
      );
    });

    it('a pin session and a Bearer session of one user show in the list, and each can end the other', async () => {
      const pin = await registerPin(app);
      const { accessToken, refreshToken } = pin;
      const second = (await app.http.post('/auth/login').send({ name: pin.name, pin: pin.pin })).headers[
        'set-cookie'
      ];
      const token = /accessToken=([^;]+)/.exec(String(second))?.[1] ?? '';
      const { body } = await app.http
        .get(`${base}/${pin.id}/sessions`)
        .set(...cookie({ accessToken }))
        .expect(200);
      expect(body.data.map((one: { current: boolean }) => one.current).sort()).toEqual([false, true]);
      await remove(decodeJwt(accessToken).sid as string, token).expect(200);
      await app.http
        .get('/auth/me')
        .set(...cookie({ accessToken }))
        .expect(401);
      await app.http
        .post('/auth/refresh')
        .set(...cookie({ refreshToken }))
        .expect(401);
      const third = await registerPin(app);
      const bearerSession = await app.http.post('/auth/login').send({ name: third.name, pin: third.pin });
      const bearerToken = /accessToken=([^;]+)/.exec(String(bearerSession.headers['set-cookie']))?.[1] ?? '';
      await app.http
        .delete(`${base}/${decodeJwt(bearerToken).sid as string}/sessions`)
        .set(...cookie({ accessToken: third.accessToken }))
        .expect(200);
      expect(await statusOf(app, bearerToken)).toBe(401);
    });
  });

  describe('POST /reset-password with the old password', () => {
    const reset = (body: object) => app.http.post(`${base}/reset-password`).send(body);
    const next = 'another-good-password';

    it('[B7] changes it, ends every session and signs nobody in', async () => {
      const { id, email, token } = await member();
      const { body } = await reset({ email, oldPassword: GOOD_PASSWORD, newPassword: next }).expect(200);
      expect(body).toEqual({ statusCode: 200, message: 'Password reset successfully', data: { id, email } });
      expect(await statusOf(app, token)).toBe(401);
      await signin(email).expect(401);
      await signin(email, next).expect(200);
    });

    it('keeps the session of the Bearer token that is sent along, and no other', async () => {
      const { email, token } = await member();
      const other = (await signin(email)).body.data.access_token;
      await reset({ email, oldPassword: GOOD_PASSWORD, newPassword: next })
        .set(...bearer(token))
        .expect(200);
      expect([await statusOf(app, token), await statusOf(app, other)]).toEqual([200, 401]);
    });

    it("a Bearer token must be good, and the same user's", async () => {
      const [{ email }, other] = [await member(), await member()];
      const body = { email, oldPassword: GOOD_PASSWORD, newPassword: next };
      expect(
        (
          await reset(body)
            .set(...bearer('x'))
            .expect(401)
        ).body,
      ).toEqual(unauthorized);
      expect(
        (
          await reset(body)
            .set(...bearer(other.token))
            .expect(403)
        ).body.statusCode,
      ).toBe(403);
      await signin(email).expect(200);
    });

    it('an empty Authorization header is one that is no good', async () => {
      const { email } = await member();
      const sent = reset({ email, oldPassword: GOOD_PASSWORD, newPassword: next }).set('Authorization', '');
      await sent.expect(401);
      await signin(email).expect(200);
    });

    it('[A19] answers 401 alike for an unknown email and a wrong password', async () => {
      const { email } = await member();
      for (const who of [email, someEmail()]) {
        const { body } = await reset({
          email: who,
          oldPassword: 'not-the-password',
          newPassword: next,
        }).expect(401);
        expect(body).toEqual(invalid);
      }
    });

    it.each([
      [{ newPassword: 'short' }, 'newPassword'],
      [{ newPassword: 'password1' }, 'newPassword'],
      [{ newPassword: GOOD_PASSWORD }, 'newPassword'],
      [{ newPassword: undefined }, 'newPassword'],
      [{ oldPassword: undefined }, 'oldPassword'],
      [{ email: 'x' }, 'email'],
    ])('%j is 400 and changes nothing', async (change, field) => {
      const { email, token } = await member();
      const body = { email, oldPassword: GOOD_PASSWORD, newPassword: next, ...change };
      const answer = await reset(body).expect(400);
      expect(answer.body.message).toEqual([expect.stringMatching(`^${field} `)]);
      expect(await statusOf(app, token)).toBe(200);
    });

    it('one of two parallel changes wins', async () => {
      const { email } = await member();
      const answers = await Promise.all(
        ['first-good-password', 'second-good-password'].map((newPassword) =>
          reset({ email, oldPassword: GOOD_PASSWORD, newPassword }),
        ),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
    });
  });
});

it('a 400 of the managed contract that no field is to blame for has a text too', () => {
  const { message } = managed.error(new ValidationFailed([], 'The request is malformed'));
  expect(message).toEqual(['The request is malformed']);
});
