import { decodeJwt } from 'jose';
import {
  bearer,
  cookie,
  GOOD_PASSWORD,
  refresh,
  register,
  registerPin,
  someEmail,
  givePin,
} from './support/builders';
import { runCommand } from './support/server-process';
import { TEST_SECRET, useApp } from './support/test-app';

describe('the audit', () => {
  const app = useApp();
  const AGENT = 'a browser of the tests';
  const eventsOf = (userId: string) =>
    app.database.query<Record<string, unknown>[]>(
      `SELECT action, session_id, ip, user_agent, details FROM audit_events WHERE user_id = $1 ORDER BY id`,
      [userId],
    );

  it('[B77] tells of registration, sign-in, failure, logout: who, when, where, which session', async () => {
    const { id, email, token } = await register(app);
    const sent = () => app.http.post('/auth/login').set('User-Agent', AGENT);
    await sent().send({ email, password: 'not-the-password' }).expect(401);
    const { body } = await sent().send({ email, password: GOOD_PASSWORD }).expect(200);
    await app.http
      .post('/auth/logout')
      .set(...bearer(token))
      .expect(200);
    const [{ at }] = await app.database.query('SELECT max(at) AS at FROM audit_events');
    expect(Math.abs(at.getTime() - app.clock.now().getTime())).toBeLessThan(60_000);
    const [first, second] = [decodeJwt(token).sid, decodeJwt(body.token).sid];
    const signedIn = { method: 'password', contract: 'wire' };
    expect(await eventsOf(id)).toMatchObject([
      { action: 'registered', session_id: null, ip: '127.0.0.1' },
      { action: 'signed_in', session_id: first, details: signedIn },
      { action: 'sign_in_failed', ip: '127.0.0.1', user_agent: AGENT, details: { secret: 'password' } },
      { action: 'signed_in', session_id: second, user_agent: AGENT, details: signedIn },
      { action: 'session_revoked', session_id: first, details: { reason: 'logout', method: 'password' } },
    ]);
  });

  it('[B77] tells of reuse, of changed credentials and of the sessions that end by it', async () => {
    const { id, email, token, refreshToken } = await register(app);
    const other = (await app.http.post('/auth/login').send({ email, password: GOOD_PASSWORD })).body;
    await app.http
      .post('/auth/change-password')
      .set(...bearer(token))
      .send({ currentPassword: GOOD_PASSWORD, newPassword: 'another-good-password' })
      .expect(200);
    await refresh(app, refreshToken).expect(200);
    app.clock.advance({ seconds: 20 });
    await refresh(app, refreshToken).expect(401);
    const [mine, theirs] = [decodeJwt(token).sid, decodeJwt(other.token).sid];
    expect((await eventsOf(id)).slice(3)).toMatchObject([
      { action: 'credential_changed', session_id: mine, details: { credential: 'password' } },
      { action: 'session_revoked', session_id: theirs, details: { reason: 'password_changed', by: mine } },
      { action: 'session_revoked', session_id: mine, details: { reason: 'refresh_token_reused' } },
    ]);
  });

  it('[B77] tells of locks, of a PIN, of refused accounts and of deletion', async () => {
    const { id, name, pin, accessToken } = await registerPin(app);
    await app.http
      .post('/auth/pin')
      .set(...cookie({ accessToken }))
      .send({ name, pin: '8888' })
      .expect(200);
    for (let turn = 0; turn < 5; turn++) await app.http.post('/auth/login').send({ name, pin }).expect(401);
    app.clock.advance({ minutes: 2 });
    await app.database.query('UPDATE users SET disabled_at = now() WHERE id = $1', [id]);
    await app.http.post('/auth/login').send({ name, pin: '8888' }).expect(401);
    await app.database.query('DELETE FROM users WHERE id = $1', [id]);
    const events = await eventsOf(id);
    expect(events.map(({ action }) => action)).toEqual([
      'registered',
      'signed_in',
      'credential_changed',
      ...Array<string>(5).fill('sign_in_failed'),
      'secret_locked',
      'account_disabled',
      'session_revoked',
      'sign_in_failed',
      'secret_locked',
      'account_deleted',
    ]);
    expect(events[8]).toMatchObject({ details: { secret: 'pin', seconds: 60 } });
    expect(events[11]).toMatchObject({ details: { secret: 'pin' } });
  });

  it('[B77] tells which session failed to prove itself once more, and which set a PIN', async () => {
    const { id, email, token } = await register(app);
    const sid = decodeJwt(token).sid;
    const body = { email, oldPassword: 'not-the-password', newPassword: 'another-good-password' };
    await app.http
      .post('/auth/reset-password')
      .set(...bearer(token))
      .send(body)
      .expect(401);
    await givePin(app, token);
    expect((await eventsOf(id)).slice(2)).toMatchObject([
      { action: 'reauthentication_failed', session_id: sid, details: { secret: 'password' } },
      { action: 'credential_changed', session_id: sid, details: { credential: 'pin' } },
    ]);
  });

  it('disabling is told once, and leaves what had ended before as it was', async () => {
    const { id, token } = await register(app);
    await app.http
      .post('/auth/logout')
      .set(...bearer(token))
      .expect(200);
    for (let turn = 0; turn < 2; turn++)
      await app.database.query('UPDATE users SET disabled_at = now() WHERE id = $1', [id]);
    const [session] = await app.database.query('SELECT revoked_reason FROM sessions WHERE user_id = $1', [
      id,
    ]);
    expect(session.revoked_reason).toBe('logout');
    const actions = ['registered', 'signed_in', 'session_revoked', 'account_disabled'];
    expect((await eventsOf(id)).map(({ action }) => action)).toEqual(actions);
  });

  it('a failure of nobody we know is told without a name', async () => {
    await app.http.post('/auth/login').send({ email: someEmail(), password: 'not-the-password' }).expect(401);
    const [last] = await app.database.query('SELECT * FROM audit_events ORDER BY id DESC LIMIT 1');
    expect(last).toMatchObject({ action: 'sign_in_failed', user_id: null, details: { secret: 'password' } });
  });

  it('[A3] one who asks while locked adds nothing: nobody can fill it by asking', async () => {
    const { id, name } = await registerPin(app);
    for (let turn = 0; turn < 5; turn++) await app.http.post('/auth/login').send({ name, pin: '0000' });
    const before = (await eventsOf(id)).length;
    for (let turn = 0; turn < 5; turn++)
      await app.http.post('/auth/login').send({ name, pin: '0000' }).expect(429);
    expect(await eventsOf(id)).toHaveLength(before);
  });

  it.each(['UPDATE audit_events SET ip = NULL', 'DELETE FROM audit_events', 'TRUNCATE audit_events'])(
    'refuses: %s',
    async (statement) => {
      await expect(app.database.query(statement)).rejects.toThrow('audit_events is append-only');
    },
  );

  it('[B77] never holds a secret', async () => {
    const { email, token, refreshToken } = await register(app, { password: 'this-is-the-secret-one' });
    const pin = await registerPin(app, { pin: '135792468' });
    await app.http.post('/auth/login').send({ email, password: 'this-was-not-the-one' });
    await app.http.post('/auth/login').send({ name: 'typed-a-password-here', pin: '246813579' });
    await refresh(app, refreshToken);
    const text = JSON.stringify(await app.database.query('SELECT * FROM audit_events'));
    for (const secret of [
      'this-is-the-secret-one',
      'this-was-not-the-one',
      'typed-a-password-here',
      '135792468',
      '246813579',
      token,
      refreshToken,
      pin.accessToken,
      pin.refreshToken,
    ]) {
      expect(text).not.toContain(secret);
    }
    expect(text).not.toMatch(/ghr_|eyJ/);
  });

  describe('npm run audit', () => {
    const audit = async (...args: string[]): Promise<string[]> => {
      const environment = { DATABASE_URL: app.databaseUrl, APP_SECRET: TEST_SECRET };
      return (await runCommand('audit', environment, args)).trimEnd().split('\n');
    };

    it("lists a user's events by id, email or PIN name, oldest first, from a time on", async () => {
      const { id, email, token } = await register(app);
      const { name } = await givePin(app, token);
      const all = await audit('--user', id);
      expect(all.map((line) => line.split(/ {2,}/)[1])).toEqual([
        'registered',
        'signed_in',
        'credential_changed',
      ]);
      expect(await audit('--user', email.toUpperCase())).toEqual(all);
      expect(await audit('--user', name.toUpperCase())).toEqual(all);
      expect(await audit('--user', id, '--action', 'signed_in')).toEqual([all[1]]);
      expect(await audit('--user', id, '--until', '2020-01-01')).toEqual(['']);
      expect(await audit('--user', id, '--since', '2999-01-01')).toEqual(['']);
      const [json] = await audit('--user', id, '--json', '--since', '365d');
      expect(JSON.parse(json ?? '')).toMatchObject({ action: 'registered', userId: id, ip: '127.0.0.1' });
    }, 30_000);

    it("takes nobody for another: an email that is somebody else's PIN name", async () => {
      const { email } = await register(app);
      await registerPin(app, { name: email.toUpperCase() });
      await expect(audit('--user', email)).rejects.toThrow('the PIN name of another');
    }, 30_000);

    it('goes through more than one page', async () => {
      const { id } = await register(app);
      await app.database.query(
        `INSERT INTO audit_events (at, action, user_id, details)
         SELECT now() + (n / 7) * interval '1 s', 'signed_in', $1, '{}' FROM generate_series(1, 1200) n`,
        [id],
      );
      expect(await audit('--user', id)).toHaveLength(1202);
    }, 30_000);

    it('loses none of those that happened at one moment, however they lie', async () => {
      const { id } = await register(app);
      await app.database.query(
        `INSERT INTO audit_events (id, at, action, user_id, details) OVERRIDING SYSTEM VALUE
         SELECT 1000000 - n, now() + (n / 700) * interval '1 s', 'signed_in', $1, '{}' FROM generate_series(1, 1200) n`,
        [id],
      );
      expect(await audit('--user', id)).toHaveLength(1202);
    }, 30_000);

    it.each([
      [['--user', 'nobody@example.com'], 'Nobody has'],
      [['--since', 'yesterday'], 'is no time'],
      [['--whatever'], 'Unknown option'],
    ])(
      '%j ends with a word on what is wrong',
      async (args, text) => {
        await expect(audit(...args)).rejects.toThrow(text);
      },
      30_000,
    );
  });
});
