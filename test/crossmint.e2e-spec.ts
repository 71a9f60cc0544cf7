import { Logger } from '@nestjs/common';
import { bearer, cookiesOf, register, someEmail, statusOf, verifyEmail } from './support/builders';
import {
  API_KEY,
  exchange,
  JWKS,
  jwtCookie,
  keptFrom,
  LOGOUT,
  profileOf,
  REFRESH,
  sessionsOf,
  someKey,
  someSubject,
  useCrossmint,
  WALLETS,
  withoutJwt,
} from './support/crossmint';
import { holds } from './support/mailbox';
import { misbehaviours } from './support/provider';
import { useApp } from './support/test-app';

const environment: Record<string, string> = {
  CROSSMINT_SERVER_API_KEY: API_KEY,
  CROSSMINT_ISSUER: 'https://www.crossmint.com',
  ISSUER_TIMEOUT: '500ms',
  ALLOWED_REDIRECT_ORIGINS: '',
};
const crossmint = useCrossmint(environment);
const app = useApp({ environment });
beforeAll(() => void (crossmint.now = () => app.clock.now()));

const NO_EMAIL = { email: null, walletAddress: null, onboardingStep: 0, evmAddress: null };

describe('POST /api/auth/session', () => {
  it('exchanges a JWT for three cookies, of which nothing can be read by a script', async () => {
    const sub = someSubject();
    const jwt = crossmint.jwt({ sub });
    const secret = crossmint.secretOf(sub);
    const answer = await exchange(app, jwt, { refreshToken: secret, email: 'user@example.com' }).expect(200);
    expect(answer.body).toEqual({ success: true });
    const cookies = cookiesOf(answer);
    expect(Object.keys(cookies)).toEqual(['crossmint-jwt', 'crossmint-refresh-token', 'user-email']);
    for (const { attributes } of Object.values(cookies)) {
      expect(attributes).toEqual([
        expect.stringMatching(/^Max-Age=\d+$/),
        'Path=/',
        'HttpOnly',
        'SameSite=Lax',
      ]);
    }
    expect(cookies['crossmint-jwt']?.value).toBe(jwt);
    expect(cookies['crossmint-refresh-token']?.value).not.toBe(secret);
    expect(crossmint.secrets.has(cookies['crossmint-refresh-token']?.value ?? '')).toBe(true);
    expect(decodeURIComponent(cookies['user-email']?.value ?? '')).toBe('user@example.com');
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it('each cookie lives as long as what it holds', async () => {
    const sub = someSubject();
    const now = Math.floor(app.clock.now().getTime() / 1_000);
    const jwt = crossmint.jwt({ sub, exp: now + 600 });
    const given = { refreshToken: crossmint.secretOf(sub), email: someEmail() };
    const lives = async (answer: Promise<{ headers: Record<string, unknown> }>) =>
      Object.values(cookiesOf(await answer)).map(({ attributes }) =>
        Number(attributes[0]?.slice('Max-Age='.length)),
      );
    const week = 7 * 86_400;
    const [ofJwt = 0, ofRefresh = 0, ofEmail = 0] = await lives(exchange(app, jwt, given).then((one) => one));
    for (const [life, full] of [
      [ofJwt, 600],
      [ofRefresh, week],
      [ofEmail, week],
    ] as const) {
      expect(life).toBeLessThanOrEqual(full);
      expect(life).toBeGreaterThan(full - 20);
    }
    const alone = await lives(exchange(app, jwt, { email: someEmail() }).then((one) => one));
    expect(alone.every((life) => life > 580 && life <= 600)).toBe(true);
  });

  it.each(Object.keys(misbehaviours))('leaves the refresh token out when the issuer %s', async (name) => {
    crossmint.wrong.set(REFRESH, misbehaviours[name as keyof typeof misbehaviours]);
    const sub = someSubject();
    const given = { refreshToken: crossmint.secretOf(sub) };
    const answer = await exchange(app, crossmint.jwt({ sub }), given).expect(200);
    expect(Object.keys(cookiesOf(answer))).toEqual(['crossmint-jwt']);
    await profileOf(app, keptFrom(answer)).expect(200);
  });

  it("leaves out a refresh token that is refused, or is somebody else's", async () => {
    for (const refreshToken of ['rt_nobodys', crossmint.secretOf(someSubject())]) {
      const answer = await exchange(app, crossmint.jwt(), { refreshToken }).expect(200);
      expect(Object.keys(cookiesOf(answer))).toEqual(['crossmint-jwt']);
    }
    const answer = await exchange(app, crossmint.jwt(), { refreshToken: '', email: null }).expect(200);
    expect(Object.keys(cookiesOf(answer))).toEqual(['crossmint-jwt']);
  });

  it('leaves out tokens that a browser would drop for their size', async () => {
    const sub = someSubject();
    const answer =
      (status: number, body: object) => (_: unknown, response: import('node:http').ServerResponse) =>
        void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const refresh = { secret: ';'.repeat(1_500), expiresAt: '' };
    crossmint.wrong.set(REFRESH, answer(200, { jwt: crossmint.jwt({ sub }), refresh, user: { id: sub } }));
    const first = await exchange(app, crossmint.jwt({ sub }), { refreshToken: 'rt_long' }).expect(200);
    expect(Object.keys(cookiesOf(first))).toEqual(['crossmint-jwt']);
    const long = await exchange(app, crossmint.jwt({ padding: 'x'.repeat(4_000) })).expect(400);
    expect(long.body).toEqual({
      error: 'jwt is larger than a cookie can be: 4000 characters at most',
      code: 'VALIDATION_ERROR',
    });
    expect(long.headers['set-cookie']).toBeUndefined();
  });

  it('a refresh token whose end is not told lives as long as a session', async () => {
    const sub = someSubject();
    const body = { jwt: crossmint.jwt({ sub }), refresh: { secret: 'rt =;%', expiresAt: '' } };
    crossmint.wrong.set(REFRESH, (_, response) => void response.writeHead(200).end(JSON.stringify(body)));
    const answer = await exchange(app, crossmint.jwt({ sub }), { refreshToken: 'rt_odd' }).expect(200);
    const { value = '', attributes = [] } = cookiesOf(answer)['crossmint-refresh-token'] ?? {};
    expect(decodeURIComponent(value)).toBe('rt =;%');
    expect(Number(attributes[0]?.slice('Max-Age='.length))).toBeGreaterThan(30 * 86_400 - 20);
  });

  it.each([
    [{}, 'jwt is missing'],
    [{ jwt: '' }, 'jwt is missing'],
    [{ jwt: 42 }, 'jwt must be a string'],
    [{ jwt: null }, 'jwt is missing'],
    [{ jwt: 'x.y.z', email: 'nobody' }, 'email must be a valid email address'],
    [{ jwt: 'x.y.z', email: '' }, 'email must be a valid email address'],
    [{ jwt: 'x.y.z', refreshToken: 42 }, 'refreshToken must be a string'],
    [{ jwt: 'x.y.z', refreshToken: 'x'.repeat(4_001) }, 'refreshToken must have at most 4000 characters'],
  ])('refuses %j', async (body, error) => {
    const answer = await app.http.post('/api/auth/session').send(body).expect(400);
    expect(answer.body).toEqual({ error, code: 'VALIDATION_ERROR' });
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  it('the same JWT joins the session that it opened', async () => {
    const jwt = crossmint.jwt();
    const first = await exchange(app, jwt).expect(200);
    const { userId } = (await profileOf(app, keptFrom(first)).expect(200)).body;
    await exchange(app, jwt).expect(200);
    await Promise.all(Array.from({ length: 20 }, () => exchange(app, jwt).expect(200)));
    expect(await sessionsOf(app, userId)).toHaveLength(1);
  });

  it('of many first exchanges of one JWT one opens a session, and there is one user', async () => {
    const jwt = crossmint.jwt();
    const answers = await Promise.all(Array.from({ length: 20 }, () => exchange(app, jwt)));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    const { userId } = (await profileOf(app, jwtCookie(jwt)).expect(200)).body;
    expect(await sessionsOf(app, userId)).toHaveLength(1);
  });

  it('another JWT of the same person is another session of the same user', async () => {
    const sub = someSubject();
    const ids: string[] = [];
    for (const key of crossmint.keys) {
      const answer = await exchange(app, crossmint.jwt({ sub }, key)).expect(200);
      ids.push((await profileOf(app, keptFrom(answer)).expect(200)).body.userId);
    }
    expect(new Set(ids).size).toBe(1);
    expect(await sessionsOf(app, ids[0] ?? '')).toHaveLength(2);
  });
});

describe('GET /api/auth/profile', () => {
  it('has exactly the six keys of the reference', async () => {
    const answer = await exchange(app, crossmint.jwt()).expect(200);
    const { body } = await profileOf(app, keptFrom(answer)).expect(200);
    const { walletStatus, walletAddress, ...rest } = body;
    expect(rest).toEqual({ userId: expect.any(String), email: null, onboardingStep: 0, evmAddress: null });
    expect(['pending', 'active']).toContain(walletStatus);
    expect(walletAddress === null || /^0x[0-9a-f]{64}$/.test(walletAddress)).toBe(true);
  });

  it.each([
    [
      'the JWT',
      { email: 'Told@Example.com', named: undefined, given: 'given@example.com' },
      'told@example.com',
    ],
    [
      'the issuer',
      { email: undefined, named: 'named@example.com', given: 'given@example.com' },
      'named@example.com',
    ],
    [
      'the client, where nobody else does',
      { email: undefined, named: undefined, given: 'given@example.com' },
      'given@example.com',
    ],
    ['nobody', { email: undefined, named: undefined, given: undefined }, null],
    [
      'the client, where the JWT names none that we take',
      { email: 'a@evil@x', named: undefined, given: 'given@example.com' },
      'given@example.com',
    ],
  ])('has the address that %s names', async (_, { email, named, given }, expected) => {
    const sub = someSubject();
    const more = { email: given, refreshToken: crossmint.secretOf(sub, named) };
    const answer = await exchange(app, crossmint.jwt({ sub, email }), more).expect(200);
    const { body } = await profileOf(app, keptFrom(answer)).expect(200);
    expect(body.email).toBe(expected);
    const [user] = await app.database.query('SELECT email FROM users WHERE id = $1', [body.userId]);
    expect(user.email).toBeNull();
  });

  it("an address that the client names does not replace the issuer's, but its own", async () => {
    const sub = someSubject();
    const emailAfter = async (claims: object, given: string) => {
      const answer = await exchange(app, crossmint.jwt({ sub, ...claims, nonce: Math.random() }), {
        email: given,
      });
      return (await profileOf(app, keptFrom(answer))).body.email;
    };
    expect(await emailAfter({}, 'one@example.com')).toBe('one@example.com');
    expect(await emailAfter({}, 'two@example.com')).toBe('two@example.com');
    expect(await emailAfter({ email: 'told@example.com' }, 'three@example.com')).toBe('told@example.com');
    expect(await emailAfter({}, 'four@example.com')).toBe('told@example.com');
  });

  it('[A5] no address links accounts but one that the JWT calls verified', async () => {
    const owner = await register(app);
    await verifyEmail(app, owner.id);
    const idAfter = async (claims: object, given?: string) => {
      const answer = await exchange(app, crossmint.jwt(claims as Record<string, unknown>), { email: given });
      return (await profileOf(app, keptFrom(answer)).expect(200)).body.userId;
    };
    expect(await idAfter({}, owner.email)).not.toBe(owner.id);
    expect(await idAfter({ email: owner.email })).not.toBe(owner.id);
    expect(await idAfter({ email: owner.email, email_verified: false })).not.toBe(owner.id);
    expect(await idAfter({ email: owner.email, email_verified: true })).toBe(owner.id);
  });

  it('is for who comes by a session of another contract too', async () => {
    const { id, email, token } = await register(app);
    const { body } = await app.http
      .get('/api/auth/profile')
      .set(...bearer(token))
      .expect(200);
    expect(body).toEqual({ userId: id, ...NO_EMAIL, email, walletStatus: 'none' });
  });

  it('is for nobody else', async () => {
    const unauthorized = { error: 'Token is expired or invalid', code: 'UNAUTHORIZED' };
    expect((await app.http.get('/api/auth/profile').expect(401)).body).toEqual(unauthorized);
    expect((await profileOf(app, jwtCookie('rubbish')).expect(401)).body).toEqual(unauthorized);
    const jwt = crossmint.jwt();
    await exchange(app, jwt).expect(200);
    const again = await app.http
      .get('/api/auth/profile')
      .set(...bearer(jwt))
      .expect(401);
    expect(again.body).toEqual(unauthorized);
  });

  it('says when nobody here has a JWT that is good, or the user is gone', async () => {
    const jwt = crossmint.jwt();
    const { body } = await profileOf(app, jwtCookie(jwt)).expect(404);
    expect(body).toEqual({ error: 'Nobody here has an account by this identity', code: 'USER_NOT_FOUND' });
    await app.http
      .get('/auth/me')
      .set(...jwtCookie(jwt))
      .expect(401);
    await exchange(app, jwt).expect(200);
    const { userId } = (await profileOf(app, jwtCookie(jwt)).expect(200)).body;
    await app.database.query('DELETE FROM users WHERE id = $1', [userId]);
    await profileOf(app, jwtCookie(jwt)).expect(404);
    await exchange(app, jwt).expect(401);
  });

  it('a JWT that was never exchanged is no session, whoever its user is', async () => {
    const sub = someSubject();
    await exchange(app, crossmint.jwt({ sub })).expect(200);
    await profileOf(app, jwtCookie(crossmint.jwt({ sub, other: true }))).expect(401);
  });

  it('refuses a cookie that comes twice, and deletes both', async () => {
    const jwt = crossmint.jwt();
    await exchange(app, jwt).expect(200);
    const twice = await app.http
      .get('/api/auth/profile')
      .set('Cookie', `crossmint-jwt=${jwt}; crossmint-jwt=${crossmint.jwt()}`)
      .expect(401);
    expect(twice.headers['set-cookie']).toEqual([expect.stringMatching(/^crossmint-jwt=; /)]);
  });
});

describe('PATCH /api/auth/profile', () => {
  const signedIn = async (): Promise<[string, string]> =>
    keptFrom(await exchange(app, crossmint.jwt()).expect(200));
  const change = (cookies: [string, string], body: object) =>
    app.http
      .patch('/api/auth/profile')
      .set(...cookies)
      .send(body);
  const ADDRESS = '0x71C7656EC7ab88b098defB751B7401B5f6d8976F';

  it('goes forward step by step, and the last one may be said again', async () => {
    const cookies = await signedIn();
    for (const onboardingStep of [0, 1, 1, 2, 3, 3]) {
      const { body } = await change(cookies, { onboardingStep }).expect(200);
      expect(body.onboardingStep).toBe(onboardingStep);
    }
    expect((await change(cookies, { onboardingStep: 2 }).expect(409)).body).toEqual({
      error: 'onboardingStep moves forward only, and is at the last one, 3',
      code: 'STEP_OUT_OF_ORDER',
    });
  });

  it('leaves none out', async () => {
    const cookies = await signedIn();
    const refused = await change(cookies, { onboardingStep: 2, evmAddress: ADDRESS }).expect(409);
    expect(refused.body.error).toBe(
      'onboardingStep moves forward by one at a time: it is 0, so the next one is 1',
    );
    expect((await profileOf(app, cookies)).body).toMatchObject({ onboardingStep: 0, evmAddress: null });
    const answers = await Promise.all(
      [1, 2, 3].flatMap((step) =>
        Array.from({ length: 10 }, () => change(cookies, { onboardingStep: step })),
      ),
    );
    expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true);
  });

  it.each([ADDRESS, ADDRESS.toLowerCase(), `0x${ADDRESS.slice(2).toUpperCase()}`])(
    'takes %s',
    async (evmAddress) => {
      const cookies = await signedIn();
      expect((await change(cookies, { evmAddress }).expect(200)).body.evmAddress).toBe(ADDRESS);
      expect((await change(cookies, { onboardingStep: 1 }).expect(200)).body.evmAddress).toBe(ADDRESS);
    },
  );

  const STEP = 'onboardingStep must be a whole number from 0 to 3';
  const EVM = 'evmAddress must be 0x and 40 hex digits, in one case or with a right checksum (EIP-55)';
  it.each([
    [{}, 'Send onboardingStep or evmAddress'],
    [{ walletStatus: 'active', userId: 'other' }, 'Send onboardingStep or evmAddress'],
    [{ onboardingStep: 4 }, STEP],
    [{ onboardingStep: -1 }, STEP],
    [{ onboardingStep: 0.5 }, STEP],
    [{ onboardingStep: '1' }, STEP],
    [{ onboardingStep: null }, STEP],
    [{ onboardingStep: [1] }, STEP],
    [{ evmAddress: null }, EVM],
    [{ evmAddress: 42 }, EVM],
    [{ evmAddress: ADDRESS.slice(0, -1) }, EVM],
    [{ evmAddress: ADDRESS.replace('C', 'c') }, EVM],
    [{ evmAddress: [ADDRESS] }, EVM],
    [{ onboardingStep: 1, evmAddress: 'none' }, EVM],
    [{ onboardingStep: 9, evmAddress: 'none' }, `${STEP}; ${EVM}`],
  ])('refuses %j and changes nothing', async (body, error) => {
    const cookies = await signedIn();
    const answer = await change(cookies, body).expect(400);
    expect(answer.body).toEqual({ error, code: 'VALIDATION_ERROR' });
    expect((await profileOf(app, cookies)).body).toMatchObject({ onboardingStep: 0, evmAddress: null });
  });

  it('[B46] is refused from other sites', async () => {
    const cookies = await signedIn();
    const answer = await change(cookies, { onboardingStep: 1 }).set('Origin', 'https://evil.example');
    expect([answer.status, answer.body.code]).toEqual([403, 'CROSS_SITE_REQUEST']);
    expect((await profileOf(app, cookies)).body.onboardingStep).toBe(0);
  });
});

describe('a session behind the cookie', () => {
  it('opens the cookie routes of every contract, and is listed and ended like any other', async () => {
    const cookies = keptFrom(await exchange(app, crossmint.jwt()).expect(200));
    const {
      body: { user: me },
    } = await app.http
      .get('/auth/me')
      .set(...cookies)
      .expect(200);
    const list = await app.http
      .get(`/auth/${me._id}/sessions`)
      .set(...cookies)
      .expect(200);
    expect(list.body.data).toEqual([expect.objectContaining({ method: 'crossmint', current: true })]);
    const { body: user } = await app.http
      .get('/auth/user')
      .set(...cookies)
      .expect(200);
    expect(user).toMatchObject({ address: null, session: { method: 'crossmint' }, data: { id: me._id } });
    await app.http
      .delete(`/auth/${list.body.data[0].id}/sessions`)
      .set(...cookies)
      .expect(200);
    for (const path of ['/auth/me', '/api/auth/profile', `/auth/${me._id}/sessions`]) {
      await app.http
        .get(path)
        .set(...cookies)
        .expect(401);
    }
  });

  it('[A13] one that was revoked is refused though its JWT is good, and its JWT opens no other', async () => {
    const jwt = crossmint.jwt();
    await exchange(app, jwt).expect(200);
    const { userId } = (await profileOf(app, jwtCookie(jwt)).expect(200)).body;
    await app.database.query('UPDATE sessions SET revoked_at = now() WHERE user_id = $1', [userId]);
    await profileOf(app, jwtCookie(jwt)).expect(401);
    const { body } = await exchange(app, jwt, { refreshToken: 'rt_x' }).expect(401);
    expect(body).toEqual({ error: 'Token is expired or invalid', code: 'UNAUTHORIZED' });
    await app.database.query('DELETE FROM sessions WHERE user_id = $1', [userId]);
    await exchange(app, jwt).expect(401);
  });

  it('is listed no longer than its JWT lasts, unless it can be renewed', async () => {
    const idleOf = async (userId: string) => {
      const [row] = await app.database.query('SELECT idle_ttl_ms FROM sessions WHERE user_id = $1', [userId]);
      return Number(row.idle_ttl_ms);
    };
    const sub = someSubject();
    const jwt = crossmint.jwt({ sub });
    await exchange(app, jwt).expect(200);
    const { userId } = (await profileOf(app, jwtCookie(jwt)).expect(200)).body;
    expect(await idleOf(userId)).toBeLessThanOrEqual(3_600_000);
    await exchange(app, jwt, { refreshToken: crossmint.secretOf(sub) }).expect(200);
    expect(await idleOf(userId)).toBe(14 * 86_400_000);
  });

  it('is not ended by POST /auth/logout, which would leave its cookies', async () => {
    const cookies = keptFrom(await exchange(app, crossmint.jwt()).expect(200));
    await app.http
      .post('/auth/logout')
      .set(...cookies)
      .expect(401);
    await profileOf(app, cookies).expect(200);
  });

  it('is recent only where the issuer says when its person was there', async () => {
    const statusAt = async (minutes?: number) => {
      const time = Math.floor(app.clock.now().getTime() / 1_000) - 60 * (minutes ?? 0);
      const jwt = crossmint.jwt({ ...(minutes !== undefined && { auth_time: time }) });
      const cookies = keptFrom(await exchange(app, jwt).expect(200));
      const { body } = await app.http.get('/auth/identities').set(...cookies);
      const { text } = await app.http.delete(`/auth/identities/${body.identities[0].id}`).set(...cookies);
      return /^.*(only way|Sign in again).*$/.exec(text)?.[1];
    };
    expect(await statusAt()).toBe('Sign in again');
    expect(await statusAt(9)).toBe('only way');
    expect(await statusAt(11)).toBe('Sign in again');
    expect(await statusAt(-60)).toBe('Sign in again');
  });

  it('a Bearer token of ours goes before the cookie', async () => {
    const cookies = keptFrom(await exchange(app, crossmint.jwt()).expect(200));
    const { id, token } = await register(app);
    const { body } = await app.http
      .get('/api/auth/profile')
      .set(...cookies)
      .set(...bearer(token))
      .expect(200);
    expect(body.userId).toBe(id);
  });
});

describe.each([
  ['a browser, which forgets a JWT when its time is over', withoutJwt],
  ['a client that keeps it', (cookies: [string, string]) => cookies],
])('renewal for %s', (_, late) => {
  const signedIn = async () => {
    const sub = someSubject();
    const refreshToken = crossmint.secretOf(sub);
    const more = { refreshToken, email: 'user@example.com' };
    const cookies = keptFrom(await exchange(app, crossmint.jwt({ sub }), more).expect(200));
    const { userId } = (await profileOf(app, cookies).expect(200)).body;
    return { sub, cookies, userId };
  };

  it('happens by itself when the JWT has expired, with new cookies of the same session', async () => {
    const { cookies, userId } = await signedIn();
    app.clock.advance({ hours: 2 });
    const answer = await profileOf(app, late(cookies)).expect(200);
    expect(answer.body.userId).toBe(userId);
    const renewed = keptFrom(answer);
    expect(Object.keys(cookiesOf(answer))).toEqual([
      'crossmint-jwt',
      'crossmint-refresh-token',
      'user-email',
    ]);
    expect(decodeURIComponent(cookiesOf(answer)['user-email']?.value ?? '')).toBe('user@example.com');
    expect(renewed).not.toEqual(cookies);
    const again = await app.http
      .get('/auth/me')
      .set(...renewed)
      .expect(200);
    expect(again.headers['set-cookie']).toBeUndefined();
    expect(await sessionsOf(app, userId)).toHaveLength(1);
  });

  it('happens once for many requests at once, and all get the same', async () => {
    const { cookies } = await signedIn();
    app.clock.advance({ hours: 2 });
    const before = crossmint.timesAsked(REFRESH);
    crossmint.slow.set(REFRESH, 100);
    const answers = await Promise.all(Array.from({ length: 50 }, () => profileOf(app, late(cookies))));
    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200));
    expect(crossmint.timesAsked(REFRESH) - before).toBe(1);
    expect(new Set(answers.map((answer) => String(keptFrom(answer)))).size).toBe(1);
  });

  it('who lost the answer gets it again, until somebody uses it', async () => {
    const { cookies, userId } = await signedIn();
    app.clock.advance({ hours: 2 });
    const first = keptFrom(await profileOf(app, late(cookies)).expect(200));
    const before = crossmint.timesAsked(REFRESH);
    app.clock.advance({ minutes: 50 });
    const again = keptFrom(await profileOf(app, late(cookies)).expect(200));
    expect(again[1].split('; ').slice(0, 2)).toEqual(first[1].split('; ').slice(0, 2));
    expect(crossmint.timesAsked(REFRESH)).toBe(before);
    // Lost for so long that its JWT is over too.
    app.clock.advance({ days: 3 });
    const newest = keptFrom(await profileOf(app, late(cookies)).expect(200));
    expect(await sessionsOf(app, userId)).toHaveLength(1);
    await profileOf(app, newest).expect(200);
  });

  it('[B64] one that comes back after its successor was used ends the session', async () => {
    const { cookies, userId } = await signedIn();
    app.clock.advance({ hours: 2 });
    const thief = keptFrom(await profileOf(app, late(cookies)).expect(200));
    app.clock.advance({ hours: 2 });
    const newest = keptFrom(await profileOf(app, late(thief)).expect(200));
    await profileOf(app, late(thief)).expect(200);
    app.clock.advance({ seconds: 1 });
    await profileOf(app, newest).expect(200);
    await profileOf(app, late(cookies)).expect(401);
    expect(await sessionsOf(app, userId)).toEqual([]);
    await profileOf(app, newest).expect(401);
    const [event] = await app.database.query(
      `SELECT details FROM audit_events WHERE user_id = $1 ORDER BY id DESC LIMIT 1`,
      [userId],
    );
    expect(event.details).toMatchObject({ reason: 'refresh_token_reused' });
  });

  it('a straggler whose token was spent twice over within moments ends nothing', async () => {
    const { cookies, userId } = await signedIn();
    app.clock.advance({ hours: 2 });
    crossmint.life = 2;
    const first = keptFrom(await profileOf(app, late(cookies)).expect(200));
    app.clock.advance({ seconds: 10 });
    const second = keptFrom(await profileOf(app, withoutJwt(first)).expect(200));
    crossmint.life = 3_600;
    await profileOf(app, late(cookies)).expect(401);
    expect(await sessionsOf(app, userId)).toHaveLength(1);
    app.clock.advance({ seconds: 10 });
    await profileOf(app, withoutJwt(second)).expect(200);
  });

  it('goes on and on where the issuer does not rotate', async () => {
    crossmint.rotates = false;
    const { cookies } = await signedIn();
    for (let day = 0; day < 3; day++) {
      app.clock.advance({ days: 1 });
      const before = crossmint.timesAsked(REFRESH);
      for (let turn = 0; turn < 3; turn++) {
        const renewed = keptFrom(await profileOf(app, withoutJwt(cookies)).expect(200));
        await profileOf(app, renewed).expect(200);
      }
      expect(crossmint.timesAsked(REFRESH) - before).toBe(1);
      app.clock.advance({ minutes: 3 });
    }
    crossmint.rotates = true;
  });

  it('again and again, for as long as the session lasts', async () => {
    let { cookies } = await signedIn();
    for (let day = 0; day < 29; day++) {
      app.clock.advance({ days: 1 });
      cookies = keptFrom(await profileOf(app, late(cookies)).expect(200));
    }
    app.clock.advance({ days: 1 });
    await profileOf(app, late(cookies)).expect(401);
  });

  it('does not happen for a session that was revoked, nor is the issuer asked', async () => {
    const { cookies, userId } = await signedIn();
    await app.database.query('UPDATE sessions SET revoked_at = now() WHERE user_id = $1', [userId]);
    app.clock.advance({ hours: 2 });
    const before = crossmint.timesAsked(REFRESH);
    await profileOf(app, late(cookies)).expect(401);
    expect(crossmint.timesAsked(REFRESH)).toBe(before);
  });

  it('does not revive a session that is revoked while the issuer thinks', async () => {
    const { cookies, userId } = await signedIn();
    app.clock.advance({ hours: 2 });
    const before = crossmint.timesAsked(REFRESH);
    crossmint.slow.set(REFRESH, 300);
    const asked = profileOf(app, late(cookies)).then(({ status, headers }) => ({
      status,
      set: headers['set-cookie'],
    }));
    await holds(() => crossmint.timesAsked(REFRESH) > before);
    await app.database.query('UPDATE sessions SET revoked_at = now() WHERE user_id = $1', [userId]);
    expect(await asked).toEqual({ status: 401, set: undefined });
  });

  it('does not take a refresh token that it did not give, nor one with the JWT of somebody else', async () => {
    const { sub, cookies } = await signedIn();
    const other = await signedIn();
    app.clock.advance({ hours: 2 });
    const before = crossmint.timesAsked(REFRESH);
    const jwt = /crossmint-jwt=[^;]+/.exec(cookies[1])?.[0] ?? '';
    const secret = /crossmint-refresh-token=[^;]+/.exec(other.cookies[1])?.[0] ?? '';
    for (const sent of [
      `crossmint-refresh-token=${crossmint.secretOf(sub)}`,
      `${jwt}; crossmint-refresh-token=${crossmint.secretOf(sub)}`,
      `${jwt}; ${secret}`,
      `${jwt}; ${secret}; ${secret}`,
      jwt,
    ]) {
      await profileOf(app, ['Cookie', sent]).expect(401);
    }
    expect(crossmint.timesAsked(REFRESH)).toBe(before);
    await profileOf(app, late(other.cookies)).expect(200);
  });

  it('[A6] a JWT of another issuer names no session of this one', async () => {
    const { cookies } = await signedIn();
    app.clock.advance({ hours: 2 });
    const secret = /crossmint-refresh-token=[^;]+/.exec(cookies[1])?.[0] ?? '';
    const foreign = crossmint.jwt({ iss: 'https://other.example', exp: 1 });
    await profileOf(app, ['Cookie', `crossmint-jwt=${foreign}; ${secret}`]).expect(401);
  });

  it("does not take an issuer's answer for somebody else", async () => {
    const { cookies } = await signedIn();
    app.clock.advance({ hours: 2 });
    const body = {
      jwt: crossmint.jwt({ sub: someSubject() }),
      refresh: { secret: 'rt_other', expiresAt: '' },
    };
    crossmint.wrong.set(
      REFRESH,
      (_request, response) => void response.writeHead(200).end(JSON.stringify(body)),
    );
    await profileOf(app, late(cookies)).expect(401);
  });

  it('ends when the identity is unlinked', async () => {
    const { cookies, userId } = await signedIn();
    await app.database.query('UPDATE identities SET unlinked_at = now() WHERE user_id = $1', [userId]);
    app.clock.advance({ hours: 2 });
    await profileOf(app, late(cookies)).expect(401);
  });

  it('waits for a key that is too new, and signs nobody out', async () => {
    const { cookies } = await signedIn();
    app.clock.advance({ hours: 2 });
    await exchange(app, crossmint.jwt({}, someKey('made up'))).expect(401);
    const key = someKey('too new');
    crossmint.keys.unshift(key);
    await profileOf(app, late(cookies)).expect(503);
    app.clock.advance({ minutes: 1 });
    await profileOf(app, late(cookies)).expect(200);
    crossmint.keys.shift();
  });

  it('says 503 while the issuer is away, signs nobody out, and goes on when it is back', async () => {
    const { cookies } = await signedIn();
    app.clock.advance({ hours: 2 });
    crossmint.wrong.set(REFRESH, misbehaviours['answers 500']);
    const answer = await profileOf(app, late(cookies)).expect(503);
    expect(answer.body.code).toBe('ISSUER_UNAVAILABLE');
    expect(answer.headers['retry-after']).toBe('10');
    expect(answer.headers['set-cookie']).toBeUndefined();
    await app.http
      .get('/auth/user')
      .set(...late(cookies))
      .expect(503);
    crossmint.wrong.clear();
    app.clock.advance({ seconds: 11 });
    await profileOf(app, late(cookies)).expect(200);
  });

  it('asks once for a refresh token that is refused, however often it comes', async () => {
    const { cookies } = await signedIn();
    crossmint.secrets.clear();
    app.clock.advance({ hours: 2 });
    const before = crossmint.timesAsked(REFRESH);
    for (let turn = 0; turn < 5; turn++) {
      const answer = await profileOf(app, late(cookies)).expect(401);
      expect(answer.headers['set-cookie']).toBeUndefined();
    }
    expect(crossmint.timesAsked(REFRESH) - before).toBe(1);
  });

  it('happens too where the JWT is good by its time, and its key was withdrawn', async () => {
    const { cookies } = await signedIn();
    const { keys } = crossmint;
    crossmint.keys = [keys[1] as (typeof keys)[number]];
    app.clock.advance({ minutes: 59 });
    await exchange(app, crossmint.jwt({}, someKey('made up'))).expect(401);
    await profileOf(app, cookies).expect(200);
    crossmint.keys = keys;
    app.clock.advance({ minutes: 1 });
  });

  it('an answer that could not be checked is not lost', async () => {
    const { cookies } = await signedIn();
    app.clock.advance({ hours: 2 });
    await exchange(app, crossmint.jwt({}, someKey('made up'))).expect(401);
    const key = someKey('late');
    crossmint.keys.unshift(key);
    await profileOf(app, late(cookies)).expect(503);
    app.clock.advance({ minutes: 30 });
    await profileOf(app, late(cookies)).expect(200);
    crossmint.keys.shift();
  });

  it('of a user who is deleted meanwhile is no 500', async () => {
    const { cookies, userId } = await signedIn();
    app.clock.advance({ hours: 2 });
    crossmint.slow.set(REFRESH, 200);
    const before = crossmint.timesAsked(REFRESH);
    const asked = profileOf(app, late(cookies)).then(({ status }) => status);
    await holds(() => crossmint.timesAsked(REFRESH) > before);
    await app.database.query('DELETE FROM users WHERE id = $1', [userId]);
    // Its JWT is good, and nobody has an account by it.
    expect([401, 404]).toContain(await asked);
  });

  it('needs no key that the old JWT was signed with', async () => {
    const { cookies } = await signedIn();
    app.clock.advance({ hours: 2 });
    const { keys } = crossmint;
    crossmint.keys = [keys[1] as (typeof keys)[number]];
    await profileOf(app, late(cookies)).expect(200);
    crossmint.keys = keys;
    // Until then it is not asked again.
    app.clock.advance({ minutes: 1 });
  });
});

describe('one browser', () => {
  const secretIn = (cookies: [string, string]) =>
    /crossmint-refresh-token=([^;]+)/.exec(cookies[1])?.[1] ?? '';

  it('[A11] of which somebody else signs in keeps nothing of who was there before', async () => {
    const [sub, other] = [someSubject(), someSubject()];
    const more = { refreshToken: crossmint.secretOf(sub), email: someEmail() };
    const before = keptFrom(await exchange(app, crossmint.jwt({ sub }), more).expect(200));
    const { userId } = (await profileOf(app, before).expect(200)).body;
    const answer = await exchange(app, crossmint.jwt({ sub: other }))
      .set(...before)
      .expect(200);
    const cookies = cookiesOf(answer);
    expect(cookies['crossmint-refresh-token']?.attributes).toContain('Max-Age=0');
    expect(cookies['user-email']?.attributes).toContain('Max-Age=0');
    expect(await sessionsOf(app, userId)).toEqual([]);
    await profileOf(app, withoutJwt(before)).expect(401);
    // What is set anew is not deleted.
    const refreshToken = crossmint.secretOf(other);
    const again = await exchange(app, crossmint.jwt({ sub: other, n: 1 }), { refreshToken })
      .set(...before)
      .expect(200);
    expect(cookiesOf(again)['crossmint-refresh-token']?.value).toMatch(/^rt_/);
  });

  it('that brings newer JWTs of its user has one session, by each of them, and keeps its refresh token', async () => {
    const sub = someSubject();
    const refreshToken = crossmint.secretOf(sub);
    let cookies = keptFrom(await exchange(app, crossmint.jwt({ sub }), { refreshToken }).expect(200));
    const secret = secretIn(cookies);
    const { userId } = (await profileOf(app, cookies).expect(200)).body;
    for (let hour = 0; hour < 5; hour++) {
      app.clock.advance({ minutes: 30 });
      const old = cookies;
      const answer = await exchange(app, crossmint.jwt({ sub, hour }))
        .set(...cookies)
        .expect(200);
      expect(Object.keys(cookiesOf(answer))).toEqual(['crossmint-jwt']);
      cookies = [cookies[0], `${keptFrom(answer)[1]}; crossmint-refresh-token=${secret}`];
      app.clock.advance({ minutes: 3 });
      // Another tab has it yet.
      await profileOf(app, old).expect(200);
      expect(await sessionsOf(app, userId)).toHaveLength(1);
    }
    app.clock.advance({ hours: 2 });
    await profileOf(app, withoutJwt(cookies)).expect(200);
  });

  it('that takes turns between two JWTs without a refresh token is not shut out', async () => {
    const sub = someSubject();
    const [one, two] = [crossmint.jwt({ sub, n: 1 }), crossmint.jwt({ sub, n: 2 })];
    let cookies = keptFrom(await exchange(app, one).expect(200));
    for (const jwt of [two, one, two]) {
      app.clock.advance({ minutes: 4 });
      cookies = keptFrom(
        await exchange(app, jwt)
          .set(...cookies)
          .expect(200),
      );
      await profileOf(app, cookies).expect(200);
    }
  });

  it('of which a request renews while another brings a newer JWT is not signed out', async () => {
    const sub = someSubject();
    const refreshToken = crossmint.secretOf(sub);
    const cookies = keptFrom(await exchange(app, crossmint.jwt({ sub }), { refreshToken }).expect(200));
    app.clock.advance({ hours: 2 });
    crossmint.slow.set(REFRESH, 50);
    const [renewed, brought] = await Promise.all([
      profileOf(app, withoutJwt(cookies)).then((answer) => answer),
      exchange(app, crossmint.jwt({ sub, newer: true }))
        .set(...withoutJwt(cookies))
        .then((answer) => answer),
    ]);
    expect([renewed?.status, brought?.status]).toEqual([200, 200]);
    app.clock.advance({ minutes: 5 });
    await profileOf(app, keptFrom(brought ?? { headers: {} })).expect(200);
    app.clock.advance({ hours: 2 });
    await profileOf(app, withoutJwt(keptFrom(renewed ?? { headers: {} }))).expect(200);
  });

  it('a newer JWT says when its person was there last', async () => {
    const cookies = keptFrom(
      await exchange(app, crossmint.jwt({ sub: 'somebody-at-two-times' })).expect(200),
    );
    const { body: list } = await app.http.get('/auth/identities').set(...cookies);
    const unlink = async (now: [string, string]) =>
      (await app.http.delete(`/auth/identities/${list.identities[0].id}`).set(...now)).text;
    expect(await unlink(cookies)).toContain('Sign in again');
    const time = Math.floor(app.clock.now().getTime() / 1_000);
    const jwt = crossmint.jwt({ sub: 'somebody-at-two-times', auth_time: time });
    const answer = await exchange(app, jwt)
      .set(...cookies)
      .expect(200);
    expect(await unlink(keptFrom(answer))).toContain('only way');
  });

  it('[A11] with the JWT of one and the refresh token of another keeps neither for a third', async () => {
    const [ada, grace] = await Promise.all(
      [someSubject(), someSubject()].map(async (sub) => {
        const more = { refreshToken: crossmint.secretOf(sub), email: someEmail() };
        return keptFrom(await exchange(app, crossmint.jwt({ sub }), more).expect(200));
      }),
    );
    const [jwt = ''] = ada?.[1].split('; ') ?? [];
    const answer = await exchange(app, jwt.slice('crossmint-jwt='.length))
      .set('Cookie', `${jwt}; ${withoutJwt(grace ?? ['', ''])[1]}`)
      .expect(200);
    expect(cookiesOf(answer)['crossmint-refresh-token']?.attributes).toContain('Max-Age=0');
    await profileOf(app, withoutJwt(grace ?? ['', ''])).expect(401);
    await profileOf(app, ['Cookie', jwt]).expect(200);
  });

  it('that signs in twice at once stays signed in', async () => {
    const sub = someSubject();
    const jwt = crossmint.jwt({ sub });
    const body = { refreshToken: crossmint.secretOf(sub), email: someEmail() };
    const answers = await Promise.all([exchange(app, jwt, body), exchange(app, jwt, body)]);
    const [one, two] = answers.map((answer) => keptFrom(answer));
    expect(one).toEqual(two);
    app.clock.advance({ hours: 2 });
    await profileOf(app, withoutJwt(one ?? ['', ''])).expect(200);
  });
});

describe('POST /api/auth/logout', () => {
  it('ends the session, deletes the three cookies and tells Crossmint', async () => {
    const sub = someSubject();
    const jwt = crossmint.jwt({ sub });
    const more = { refreshToken: crossmint.secretOf(sub), email: someEmail() };
    const cookies = keptFrom(await exchange(app, jwt, more).expect(200));
    const answer = await app.http
      .post('/api/auth/logout')
      .set(...cookies)
      .expect(200);
    expect(answer.body).toEqual({ success: true });
    const deleted = Object.entries(cookiesOf(answer));
    expect(deleted.map(([name]) => name)).toEqual(['crossmint-jwt', 'crossmint-refresh-token', 'user-email']);
    for (const [, { value, attributes }] of deleted) {
      expect(value).toBe('');
      expect(attributes).toEqual([
        'Max-Age=0',
        'Path=/',
        'Expires=Thu, 01 Jan 1970 00:00:00 GMT',
        'HttpOnly',
        'SameSite=Lax',
      ]);
    }
    await profileOf(app, cookies).expect(401);
    await exchange(app, jwt).expect(401);
    const secret = /crossmint-refresh-token=([^;]+)/.exec(cookies[1])?.[1];
    await holds(() =>
      crossmint.asked.some(({ path, body }) => path === LOGOUT && body['refresh'] === secret),
    );
  });

  it('is for everybody, in every state', async () => {
    for (const cookies of [
      undefined,
      jwtCookie('rubbish'),
      jwtCookie(crossmint.jwt()),
      jwtCookie(crossmint.jwt(), 'rt_x'),
    ]) {
      const request = app.http.post('/api/auth/logout');
      const { body } = await (cookies ? request.set(...cookies) : request).expect(200);
      expect(body).toEqual({ success: true });
    }
    await app.http
      .post('/api/auth/logout')
      .set(...bearer('rubbish'))
      .expect(200);
    expect(crossmint.asked.some(({ path, body }) => path === LOGOUT && body['refresh'] === 'rt_x')).toBe(
      false,
    );
  });

  it.each([
    ['kept', (cookies: [string, string]) => cookies],
    ['forgotten', withoutJwt],
  ])('ends a session whose JWT has expired and is %s, while the issuer is away', async (_, late) => {
    const sub = someSubject();
    const refreshToken = crossmint.secretOf(sub);
    const cookies = keptFrom(await exchange(app, crossmint.jwt({ sub }), { refreshToken }).expect(200));
    const { userId } = (await profileOf(app, cookies).expect(200)).body;
    app.clock.advance({ hours: 2 });
    for (const path of [JWKS, REFRESH, LOGOUT])
      crossmint.wrong.set(path, misbehaviours['cuts the connection']);
    await app.http
      .post('/api/auth/logout')
      .set(...late(cookies))
      .expect(200);
    expect(await sessionsOf(app, userId)).toEqual([]);
    crossmint.wrong.clear();
    await profileOf(app, cookies).expect(401);
  });

  it('[B46] another site ends nothing', async () => {
    const cookies = keptFrom(await exchange(app, crossmint.jwt()).expect(200));
    const answer = await app.http
      .post('/api/auth/logout')
      .set(...cookies)
      .set('Sec-Fetch-Site', 'cross-site')
      .expect(200);
    expect([answer.body, answer.headers['set-cookie']]).toEqual([{ success: true }, undefined]);
    await profileOf(app, cookies).expect(200);
  });

  it('[B46] nor does it by a header that is no proof', async () => {
    const cookies = keptFrom(await exchange(app, crossmint.jwt()).expect(200));
    const answer = await app.http
      .post('/api/auth/logout')
      .set(...cookies)
      .set({ authorization: 'Basic eDp5', origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' })
      .expect(200);
    expect(answer.headers['set-cookie']).toBeUndefined();
    await profileOf(app, cookies).expect(200);
  });

  it('ends what cookies show beside a header too, and what comes twice', async () => {
    for (const header of ['Basic eDp5', `Bearer ${crossmint.jwt()}`]) {
      const cookies = keptFrom(await exchange(app, crossmint.jwt()).expect(200));
      await app.http
        .post('/api/auth/logout')
        .set(...cookies)
        .set('authorization', header)
        .expect(200);
      await profileOf(app, cookies).expect(401);
    }
    const sub = someSubject();
    const refreshToken = crossmint.secretOf(sub);
    const cookies = keptFrom(await exchange(app, crossmint.jwt({ sub }), { refreshToken }).expect(200));
    const junk = 'crossmint-jwt=junk; '.repeat(10);
    const answer = await app.http
      .post('/api/auth/logout')
      .set('Cookie', `${junk}${withoutJwt(cookies)[1]}; ${withoutJwt(cookies)[1]}`)
      .expect(200);
    expect(String(answer.headers['set-cookie'])).toMatch(/crossmint-refresh-token=;/);
    await profileOf(app, cookies).expect(401);
  });

  it('ends the session of a Bearer token, where one is shown', async () => {
    const { token } = await register(app);
    await app.http
      .post('/api/auth/logout')
      .set(...bearer(token))
      .expect(200);
    expect(await statusOf(app, token)).toBe(401);
  });
});

describe('the wallet', () => {
  beforeEach(() => void jest.spyOn(Logger.prototype, 'error').mockImplementation());
  afterEach(() => jest.restoreAllMocks());

  const signedIn = async () => {
    const sub = someSubject();
    const cookies = keptFrom(await exchange(app, crossmint.jwt({ sub })).expect(200));
    const status = async () => (await profileOf(app, cookies)).body.walletStatus;
    return { sub, cookies, status };
  };

  it('is created in the background, once', async () => {
    const { sub, cookies, status } = await signedIn();
    await holds(async () => (await status()) === 'active');
    const { body } = await profileOf(app, cookies).expect(200);
    expect(body.walletAddress).toBe(crossmint.wallets.get(`userId:${sub}`));
    expect(body.walletAddress).toMatch(/^0x[0-9a-f]{64}$/);
    for (let turn = 0; turn < 3; turn++) await exchange(app, crossmint.jwt({ sub, turn })).expect(200);
    const asked = crossmint.asked.filter(
      ({ path, body: { owner } }) => path === WALLETS && owner === `userId:${sub}`,
    );
    expect(asked).toHaveLength(1);
    expect(asked[0]?.body).toEqual({ chainType: 'sui', type: 'mpc', owner: `userId:${sub}` });
    expect(asked[0]?.headers).toMatchObject({ 'x-api-key': API_KEY, 'x-idempotency-key': body.userId });
  });

  it('of many first exchanges at once there is one', async () => {
    const sub = someSubject();
    await Promise.all(
      Array.from({ length: 20 }, (_, turn) => exchange(app, crossmint.jwt({ sub, turn })).expect(200)),
    );
    await holds(() => crossmint.wallets.has(`userId:${sub}`));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const keys = crossmint.asked
      .filter(({ path, body: { owner } }) => path === WALLETS && owner === `userId:${sub}`)
      .map(({ headers }) => headers['x-idempotency-key']);
    expect(keys).toHaveLength(1);
  });

  it('that is there already is found', async () => {
    const sub = someSubject();
    crossmint.wallets.set(`userId:${sub}`, `0x${'ab'.repeat(32)}`);
    const answer = await exchange(app, crossmint.jwt({ sub })).expect(200);
    await holds(
      async () => (await profileOf(app, keptFrom(answer))).body.walletAddress === `0x${'ab'.repeat(32)}`,
    );
    const other = someSubject();
    crossmint.wallets.set(`userId:${other}`, `0x${'cd'.repeat(32)}`);
    crossmint.wrong.set(WALLETS, (_, response) => void response.writeHead(409).end('{"error": true}'));
    const second = await exchange(app, crossmint.jwt({ sub: other })).expect(200);
    await holds(
      async () => (await profileOf(app, keptFrom(second))).body.walletAddress === `0x${'cd'.repeat(32)}`,
    );
  });

  it.each([400, 404, 422])('fails at once on %s', async (status) => {
    crossmint.wrong.set(WALLETS, (_, response) => void response.writeHead(status).end('{"error": true}'));
    const wallet = await signedIn();
    await holds(async () => (await wallet.status()) === 'failed');
  });

  it.each([
    'cuts the connection',
    'answers 500',
    'answers HTML',
    'answers an empty object',
    'redirects elsewhere',
    'hangs',
  ] as const)('is tried again when the issuer %s', async (name) => {
    crossmint.wrong.set(WALLETS, misbehaviours[name]);
    const { sub, status } = await signedIn();
    const other = await signedIn();
    await holds(
      () =>
        crossmint.asked.filter(({ path, body: { owner } }) => path === WALLETS && owner === `userId:${sub}`)
          .length > 0,
    );
    expect(await status()).toBe('pending');
    crossmint.wrong.clear();
    await holds(async () => (await status()) === 'active' && (await other.status()) === 'active');
  });

  it('is not lost for a key of ours that is refused, and a later sign-in begins again where it has failed', async () => {
    crossmint.wrong.set(WALLETS, (_, response) => void response.writeHead(401).end('{"error": true}'));
    const { sub, status } = await signedIn();
    await holds(() => crossmint.asked.some(({ body: { owner } }) => owner === `userId:${sub}`));
    expect(await status()).toBe('pending');
    await app.database.query(
      `UPDATE crossmint_profiles SET wallet_status = 'failed' WHERE wallet_status = 'pending'`,
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    crossmint.wrong.clear();
    const jwt = crossmint.jwt({ sub, later: true });
    await exchange(app, jwt).expect(200);
    await holds(async () => (await status()) === 'active');
  });

  it('is given up ten minutes after the first try', async () => {
    crossmint.wrong.set(WALLETS, misbehaviours['answers 500']);
    const { sub, status } = await signedIn();
    await holds(() => crossmint.asked.some(({ body: { owner } }) => owner === `userId:${sub}`));
    expect(await status()).toBe('pending');
    app.clock.advance({ minutes: 9 });
    await holds(() => crossmint.asked.filter(({ body: { owner } }) => owner === `userId:${sub}`).length > 1);
    expect(await status()).toBe('pending');
    app.clock.advance({ minutes: 1 });
    // The JWT lasts an hour.
    await holds(async () => (await status()) === 'failed');
  });
});
