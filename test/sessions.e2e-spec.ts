import { decodeJwt } from 'jose';
import { AppSecret } from '../src/platform/crypto/app-secret';
import { Jobs } from '../src/platform/jobs/jobs';
import { SessionEndings } from '../src/sessions/session-endings';
import { SessionSweep } from '../src/sessions/session-sweep';
import {
  bearer,
  cookie,
  GOOD_PASSWORD,
  refresh,
  register,
  registerPin,
  statusOf,
  someEmail,
  verifyEmail,
} from './support/builders';
import { useApp } from './support/test-app';

describe('sessions', () => {
  const app = useApp({ environment: { SESSIONS_PER_USER: '3' } });
  const login = async (email: string): Promise<string> =>
    (await app.http.post('/auth/login').send({ email, password: GOOD_PASSWORD }).expect(200)).body.token;

  it('[B39] a sign-in beyond the cap ends the one that was not seen for longest, and the audit says so', async () => {
    const { id, email, token } = await register(app);
    app.clock.advance({ minutes: 2 });
    const second = await login(email);
    app.clock.advance({ minutes: 2 });
    expect(await statusOf(app, token)).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 100));
    app.clock.advance({ minutes: 2 });
    const [third, fourth] = [await login(email), await login(email)];
    const all = [token, second, third, fourth];
    expect(await Promise.all(all.map((one) => statusOf(app, one)))).toEqual([200, 401, 200, 200]);
    const events = await app.database.query(
      `SELECT session_id, details FROM audit_events WHERE user_id = $1 AND action = 'session_revoked'`,
      [id],
    );
    expect(events).toEqual([
      { session_id: decodeJwt(second).sid, details: { reason: 'too_many_sessions', method: 'password' } },
    ]);
  });

  it('[A1] holds the cap under 30 parallel sign-ins, none of which loses its own session to itself', async () => {
    const { id, email } = await register(app);
    await Promise.all(Array.from({ length: 30 }, () => login(email)));
    const [{ count }] = await app.database.query(
      'SELECT count(*)::int FROM sessions WHERE user_id = $1 AND revoked_at IS NULL',
      [id],
    );
    expect(count).toBe(3);
  });

  it('[B32] ends by lying idle, and by its age whatever its use', async () => {
    const idle = await register(app);
    const used = await register(app);
    let { refreshToken } = used;
    for (let day = 1; day < 30; day++) {
      app.clock.advance({ days: 1 });
      ({ refreshToken } = (await refresh(app, refreshToken).expect(200)).body);
      if (day === 14) await refresh(app, idle.refreshToken).expect(401);
    }
    app.clock.advance({ days: 1 });
    await refresh(app, refreshToken).expect(401);
  });

  it('writes last seen at most once a minute, also under parallel requests', async () => {
    const { id, token, refreshToken } = await register(app);
    await app.database.query(`
      CREATE TABLE seen (session_id uuid);
      CREATE FUNCTION note_seen() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN INSERT INTO seen VALUES (NEW.id); RETURN NULL; END $$;
      CREATE TRIGGER note_seen AFTER UPDATE OF last_seen_at ON sessions FOR EACH ROW EXECUTE FUNCTION note_seen()`);
    const writes = async () => (await app.database.query('SELECT 1 FROM seen')).length;
    const burst = () => Promise.all(Array.from({ length: 20 }, () => statusOf(app, token)));
    await burst();
    expect(await writes()).toBe(0);
    app.clock.advance({ seconds: 61 });
    await burst();
    await burst();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await writes()).toBe(1);
    const next = (await refresh(app, refreshToken).expect(200)).body.refreshToken;
    expect(await writes()).toBe(1);
    app.clock.advance({ seconds: 61 });
    await refresh(app, next).expect(200);
    expect(await writes()).toBe(2);
    const { body } = await app.http.get(`/auth/${id}/sessions`).set(...bearer(token));
    expect(new Date(body.data[0].lastSeenAt).getTime()).toBeGreaterThan(
      new Date(body.data[0].createdAt).getTime(),
    );
  });

  it('[A13] [B34] a disabled user loses every session for good: enabling brings none back', async () => {
    const person = await register(app);
    const { id, accessToken, refreshToken } = await registerPin(app);
    for (const user of [person.id, id]) {
      await app.database.query('UPDATE users SET disabled_at = now() WHERE id = $1', [user]);
      await app.database.query('UPDATE users SET disabled_at = NULL WHERE id = $1', [user]);
    }
    expect(await statusOf(app, person.token)).toBe(401);
    await refresh(app, person.refreshToken).expect(401);
    await app.http
      .get('/auth/me')
      .set(...cookie({ accessToken }))
      .expect(401);
    await app.http
      .post('/auth/refresh')
      .set(...cookie({ refreshToken }))
      .expect(401);
    const events = await app.database.query(
      'SELECT action, session_id FROM audit_events WHERE user_id = $1 ORDER BY id DESC LIMIT 2',
      [person.id],
    );
    expect(events).toEqual(
      expect.arrayContaining([
        { action: 'account_disabled', session_id: null },
        { action: 'session_revoked', session_id: decodeJwt(person.token).sid },
      ]),
    );
    await login(person.email);
  });

  const client = { ip: '192.0.2.1', userAgent: null, language: 'en' } as const;

  it('[A13] one that is held ends only when what it asked for is done', async () => {
    const { id, token } = await register(app);
    const sid = decodeJwt(token).sid as string;
    const endings = app.nest.get(SessionEndings);
    let ended = false;
    const change = app.database.createQueryRunner();
    await change.startTransaction();
    await endings.hold(id, sid, change.manager);
    const ending = endings.end(sid, { reason: 'logout', client }).then(() => (ended = true));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(ended).toBe(false);
    await change.commitTransaction();
    await change.release();
    await ending;
    expect(await statusOf(app, token)).toBe(401);
  });

  it('[A23] are ended in the order of their ids, whoever ends them', async () => {
    const { id, email } = await register(app);
    await login(email);
    await login(email);
    const rows = await app.database.query('SELECT id FROM sessions WHERE user_id = $1 ORDER BY id', [id]);
    const [first, ...others] = rows.map((row: { id: string }) => row.id);
    // Its row lies behind the others now.
    await app.database.query(`UPDATE sessions SET expires_at = expires_at + interval '1 s' WHERE id = $1`, [
      first,
    ]);
    const stall = app.database.createQueryRunner();
    await stall.startTransaction();
    await stall.query('SELECT FROM sessions WHERE id = $1 FOR UPDATE', [first]);
    const ending = app.database.transaction((transaction) =>
      app.nest.get(SessionEndings).endAll(id, null, { reason: 'revoked', client }, transaction),
    );
    await new Promise((resolve) => setTimeout(resolve, 300));
    const free = app.database.query('SELECT id FROM sessions WHERE id = ANY($1) FOR UPDATE NOWAIT', [others]);
    await expect(free).resolves.toHaveLength(2);
    await stall.rollbackTransaction();
    await stall.release();
    await ending;
  });

  it('[A23] one that ends all others waits for nobody who ends it among them', async () => {
    const { id, email } = await register(app);
    await login(email);
    const rows = await app.database.query('SELECT id FROM sessions WHERE user_id = $1 ORDER BY id', [id]);
    const ids: string[] = rows.map((row: { id: string }) => row.id);
    const kept = ids.at(-1) ?? '';
    const endings = app.nest.get(SessionEndings);
    const named = await app.database.transaction(async (transaction) => {
      await endings.hold(id, kept, transaction);
      const both = endings.endOwn(ids, id, { reason: 'revoked', client });
      await new Promise((resolve) => setTimeout(resolve, 300));
      await endings.endAll(id, kept, { reason: 'password_changed', client }, transaction);
      return () => both;
    });
    expect(await named()).toEqual({ ended: 1, foreign: false });
  });

  it('[B39] the one that was just opened stays, though the others were seen after it', async () => {
    const { id, email, token } = await register(app);
    app.clock.advance({ minutes: 2 });
    const later = await login(email);
    const ending = { reason: 'too_many_sessions', client } as const;
    await app.nest.get(SessionEndings).endSurplus(id, decodeJwt(token).sid as string, 1, ending);
    expect([await statusOf(app, token), await statusOf(app, later)]).toEqual([200, 401]);
  });

  describe('rounds of work', () => {
    it('[A1] are promised by every instance, and taken once', async () => {
      void app.nest.get(Jobs)['keepPromising']('sweep-sessions', 6 * 3_600);
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(await app.database.query(`SELECT 1 FROM pgboss.job WHERE name = 'sweep-sessions'`)).toHaveLength(
        1,
      );
    });

    it('[A23] come again, also when the database was away for one', async () => {
      const jobs = new Jobs(app.database, app.clock, app.nest.get(AppSecret));
      let rounds = 0;
      jobs.every(1, 'round', () => Promise.resolve(void rounds++));
      await jobs.onModuleInit();
      const away = jest.spyOn(jobs['boss'], 'send').mockRejectedValueOnce(new Error('away'));
      jobs.start();
      const deadline = performance.now() + 10_000;
      while (rounds < 2 && performance.now() < deadline)
        await new Promise((resolve) => setTimeout(resolve, 100));
      away.mockRestore();
      await jobs.beforeApplicationShutdown();
      expect(rounds).toBeGreaterThanOrEqual(2);
    }, 20_000);
  });

  describe('the sweep', () => {
    const sweep = () => app.nest.get(SessionSweep).sweep();
    const left = async (id: string): Promise<number> =>
      (await app.database.query('SELECT 1 FROM sessions WHERE user_id = $1', [id])).length;

    it('removes sessions that ended a day ago, however they ended, with their tokens, and no others', async () => {
      const [revoked, idle, living] = [await register(app), await register(app), await register(app)];
      await app.http
        .post('/auth/logout')
        .set(...bearer(revoked.token))
        .expect(200);
      await sweep();
      expect(await left(revoked.id)).toBe(1);
      app.clock.advance({ days: 10 });
      const { refreshToken } = (await refresh(app, living.refreshToken)).body;
      app.clock.advance({ days: 6 });
      await sweep();
      expect([await left(revoked.id), await left(idle.id), await left(living.id)]).toEqual([0, 0, 1]);
      await refresh(app, refreshToken).expect(200);
      app.clock.advance({ days: 20 });
      await sweep();
      expect(await left(living.id)).toBe(0);
      const [{ count }] = await app.database.query('SELECT count(*)::int FROM refresh_tokens');
      expect(count).toBe(0);
    });

    it('removes what was revoked a day ago, though it would have lasted', async () => {
      const [revoked, living] = [await register(app), await register(app)];
      await app.http
        .post('/auth/logout')
        .set(...bearer(revoked.token))
        .expect(200);
      app.clock.advance({ days: 1, minutes: 1 });
      await sweep();
      expect([await left(revoked.id), await left(living.id)]).toEqual([0, 1]);
    });

    it('comes round by itself', async () => {
      const states = () =>
        app.database.query<{ state: string }[]>(`SELECT state FROM pgboss.job WHERE name LIKE 'sweep-%'`);
      const deadline = performance.now() + 10_000;
      while ((await states()).filter(({ state }) => state === 'completed').length < 2) {
        if (performance.now() > deadline)
          throw new Error(`no sweep was done: ${JSON.stringify(await states())}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    });

    it('goes through more than one batch', async () => {
      const { id } = await register(app);
      await app.database.query(
        `INSERT INTO sessions (user_id, method, contract, created_at, last_seen_at, idle_ttl_ms, idle_expires_at, expires_at)
         SELECT $1, 'password', 'wire', at, at, 1, at, at
           FROM (SELECT now() - (n / 3) * interval '1 s' - interval '9 days' AS at FROM generate_series(1, 1000) n) s`,
        [id],
      );
      await sweep();
      expect(await left(id)).toBe(1);
    });
  });
});

describe('REQUIRE_VERIFIED_EMAIL', () => {
  const app = useApp({ environment: { REQUIRE_VERIFIED_EMAIL: 'true' } });

  it('registers without a session; the first comes with the verified email', async () => {
    const email = 'late@example.com';
    const { body } = await app.http
      .post('/auth/register')
      .send({ email, password: GOOD_PASSWORD })
      .expect(201);
    expect(body).toEqual({ user: expect.objectContaining({ email }), token: null, refreshToken: null });
    const refused = await app.http.post('/auth/login').send({ email, password: GOOD_PASSWORD }).expect(401);
    expect(refused.body.error.code).toBe('EMAIL_NOT_VERIFIED');
    const wrong = await app.http
      .post('/auth/login')
      .send({ email, password: 'not-the-password' })
      .expect(401);
    expect(wrong.body.error.code).toBe('INVALID_CREDENTIALS');
    await app.database.query('UPDATE users SET email_verified_at = now()');
    await app.http.post('/auth/login').send({ email, password: GOOD_PASSWORD }).expect(200);
  });

  it('holds for a spent token within its grace too', async () => {
    const email = someEmail();
    const registered = await app.http.post('/auth/register').send({ email, password: GOOD_PASSWORD });
    const { _id: id } = registered.body.user;
    await verifyEmail(app, id);
    const { body } = await app.http.post('/auth/login').send({ email, password: GOOD_PASSWORD }).expect(200);
    await refresh(app, body.refreshToken).expect(200);
    await app.database.query('UPDATE users SET email_verified_at = NULL WHERE id = $1', [id]);
    await refresh(app, body.refreshToken).expect(401);
  });

  it('asks nothing of accounts without an email', async () => {
    const { accessToken } = await registerPin(app);
    await app.http
      .get('/auth/me')
      .set(...cookie({ accessToken }))
      .expect(200);
  });
});
