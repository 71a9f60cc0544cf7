import { generateKeyPairSync } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { ExchangedTokens, storedForm } from '../src/sessions/exchanged-tokens';
import { ExchangedTokenSweep } from '../src/sessions/exchanged-token-sweep';
import { LiveSessions } from '../src/sessions/live-sessions';
import { SessionsService } from '../src/sessions/sessions.service';
import { Jobs } from '../src/platform/jobs/jobs';
import { bearer, cookie, cookiesOf, register, statusOf } from './support/builders';
import {
  API_KEY,
  exchange,
  jwkOf,
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
import type { Misbehaviour } from './support/provider';
import { useApp } from './support/test-app';

const environment: Record<string, string> = {
  CROSSMINT_SERVER_API_KEY: API_KEY,
  CROSSMINT_ISSUER: 'https://www.crossmint.com',
  ISSUER_TIMEOUT: '500ms',
};
const crossmint = useCrossmint(environment);
const app = useApp({ environment });
beforeAll(() => void (crossmint.now = () => app.clock.now()));

const answers =
  (status: number, body: object): Misbehaviour =>
  (_request, response) =>
    void response.writeHead(status).end(JSON.stringify(body));
const rows = async (statement: string, ...values: unknown[]): Promise<number> =>
  (await app.database.query(`SELECT count(*)::int FROM ${statement}`, values))[0].count;
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function signedIn() {
  const sub = someSubject();
  const jwt = crossmint.jwt({ sub });
  const more = { refreshToken: crossmint.secretOf(sub), email: 'user@example.com' };
  const cookies = keptFrom(await exchange(app, jwt, more).expect(200));
  const { userId } = (await profileOf(app, cookies).expect(200)).body;
  return { sub, jwt, cookies, userId };
}

describe('keys', () => {
  const statusOfJwt = async (jwt: string) => (await exchange(app, jwt)).status;

  it('that are known serve on for a day, and no longer', async () => {
    await exchange(app, crossmint.jwt()).expect(200);
    app.clock.advance({ minutes: 1 });
    await exchange(app, crossmint.jwt({}, someKey('made up'))).expect(401);
    crossmint.wrong.set(JWKS, answers(500, { keys: crossmint.keys.map(jwkOf) }));
    app.clock.advance({ hours: 23 });
    await exchange(app, crossmint.jwt()).expect(200);
    app.clock.advance({ hours: 1 });
    await exchange(app, crossmint.jwt()).expect(503);
    crossmint.wrong.clear();
    app.clock.advance({ minutes: 1 });
    await exchange(app, crossmint.jwt()).expect(200);
  });

  it('are not asked for again within nine minutes, and not waited for within an hour', async () => {
    const before = crossmint.timesAsked(JWKS);
    app.clock.advance({ minutes: 9 });
    await exchange(app, crossmint.jwt()).expect(200);
    expect(crossmint.timesAsked(JWKS)).toBe(before);
    crossmint.slow.set(JWKS, 300);
    const [withdrawn] = crossmint.keys;
    crossmint.keys = crossmint.keys.slice(1);
    app.clock.advance({ minutes: 40 });
    expect(await statusOfJwt(crossmint.jwt({}, withdrawn))).toBe(200);
    await pause(400);
    expect(await statusOfJwt(crossmint.jwt({}, withdrawn))).toBe(401);
    crossmint.keys = withdrawn ? [withdrawn, ...crossmint.keys] : crossmint.keys;
    app.clock.advance({ minutes: 1 });
  });

  it('that are too short, or the hundred and first, are not taken', async () => {
    const short = {
      kid: 'short',
      alg: 'RS256',
      ...generateKeyPairSync('rsa', { modulusLength: 1024 }),
    } as const;
    const many = Array.from({ length: 100 }, (_, turn) => ({
      ...jwkOf(crossmint.keys[1] ?? short),
      kid: `many ${turn}`,
    }));
    const [first, second] = crossmint.keys;
    const keys = [jwkOf(short), ...many.slice(0, 99), jwkOf(first ?? short), jwkOf(second ?? short)];
    crossmint.wrong.set(JWKS, answers(200, { keys }));
    expect(await statusOfJwt(crossmint.jwt({}, someKey('made up')))).toBe(401);
    expect(await statusOfJwt(crossmint.jwt({}, short))).toBe(401);
    expect(await statusOfJwt(crossmint.jwt({}, first))).toBe(200);
    expect(await statusOfJwt(crossmint.jwt({}, second))).toBe(401);
    crossmint.wrong.clear();
    app.clock.advance({ minutes: 1 });
  });

  it('of a JWT without a kid are not guessed, whichever of two it is', async () => {
    const other = someKey('other', 'ES256');
    crossmint.keys.push(other);
    expect(await statusOfJwt(crossmint.jwt({}, other))).toBe(200);
    for (const key of [crossmint.keys[1], other]) {
      if (key) expect(await statusOfJwt(crossmint.jwt({}, { ...key, kid: undefined }))).toBe(401);
    }
    crossmint.keys.pop();
    app.clock.advance({ minutes: 1 });
  });

  it('that are new are waited for by all who need one', async () => {
    const key = someKey('new one', 'ES256');
    crossmint.keys.push(key);
    app.clock.advance({ minutes: 1 });
    crossmint.slow.set(JWKS, 100);
    const all = await Promise.all(Array.from({ length: 20 }, () => statusOfJwt(crossmint.jwt({}, key))));
    expect(all).toEqual(Array(20).fill(200));
    crossmint.keys.pop();
  });

  it('of one name that are replaced leave nothing of the old one', async () => {
    const old = someKey('same', 'ES256');
    crossmint.keys.push(old);
    app.clock.advance({ minutes: 1 });
    const jwt = crossmint.jwt({}, old);
    expect(await statusOfJwt(jwt)).toBe(200);
    crossmint.keys.splice(-1, 1, someKey('same', 'ES256'));
    app.clock.advance({ minutes: 1 });
    await exchange(app, crossmint.jwt({}, someKey('made up'))).expect(401);
    expect(await statusOfJwt(jwt)).toBe(401);
    crossmint.keys.pop();
  });

  it('are not asked for by what could never be good', async () => {
    app.clock.advance({ minutes: 1 });
    const before = crossmint.timesAsked(JWKS);
    const [, claims, signature] = crossmint.jwt().split('.');
    const header = Buffer.from('{"alg":"HS256","kid":"made up"}').toString('base64url');
    await exchange(app, `${header}.${claims}.${signature}`).expect(401);
    await exchange(app, crossmint.jwt({ padding: 'x'.repeat(8_192) })).expect(401);
    expect(crossmint.timesAsked(JWKS)).toBe(before);
  });
});

describe('claims', () => {
  it('of odd times are no 500, and nbf may be a little late', async () => {
    await exchange(app, crossmint.jwt({ auth_time: -1e300 })).expect(200);
    await exchange(app, crossmint.jwt({ nbf: Math.floor(app.clock.now().getTime() / 1_000) + 4 })).expect(
      200,
    );
  });

  it('the issuer is a part of what is remembered of a JWT', () => {
    const of = (issuer: string) => storedForm({ issuer, jwt: 'a.b.c', expiresAt: new Date() })[0];
    expect(of('one')).not.toEqual(of('two'));
  });

  it('a JWT whose user is gone makes no new one', async () => {
    const { jwt, userId } = await signedIn();
    await app.database.query('DELETE FROM users WHERE id = $1', [userId]);
    const before = await rows('users');
    await exchange(app, jwt).expect(401);
    expect(await rows('users')).toBe(before);
  });

  it('a disabled user is told as this contract says', async () => {
    const { sub, userId } = await signedIn();
    await app.database.query('UPDATE users SET disabled_at = now() WHERE id = $1', [userId]);
    const { body } = await exchange(app, crossmint.jwt({ sub, n: 1 })).expect(401);
    expect(body).toEqual({ error: 'This account can’t be signed in to', code: 'UNAUTHORIZED' });
  });
});

describe('cookies', () => {
  it('of several contracts: on the routes of Crossmint its own goes first, elsewhere a PIN’s', async () => {
    const { jwt, userId } = await signedIn();
    const { id, token } = await register(app);
    const both = cookie({ 'crossmint-jwt': jwt, accessToken: token });
    expect((await profileOf(app, both).expect(200)).body.userId).toBe(userId);
    const me = await app.http
      .get('/auth/me')
      .set(...both)
      .expect(200);
    expect(me.body.user._id).toBe(id);
    await app.http
      .get('/auth/me')
      .set(...cookie({ 'crossmint-jwt': jwt, refreshToken: 'of-a-pin' }))
      .expect(401);
  });

  it('that are written oddly are read, or refused', async () => {
    const sub = someSubject();
    const refresh = { secret: 'rt =;%', expiresAt: '2100-01-01T00:00:00Z' };
    crossmint.wrong.set(REFRESH, answers(200, { jwt: crossmint.jwt({ sub }), refresh }));
    const answer = await exchange(app, crossmint.jwt({ sub, n: 1 }), { refreshToken: 'rt_0' }).expect(200);
    expect(cookiesOf(answer)['crossmint-refresh-token']?.attributes[0]).toBe(`Max-Age=${400 * 86_400}`);
    crossmint.wrong.clear();
    crossmint.secrets.set('rt =;%', { sub });
    app.clock.advance({ hours: 2 });
    await profileOf(app, withoutJwt(keptFrom(answer))).expect(200);
    await profileOf(app, ['Cookie', 'crossmint-refresh-token=%E0%A4%A']).expect(401);
  });

  it.each([
    ['an end that is past', { secret: 'rt_past', expiresAt: '2000-01-01T00:00:00Z' }, true],
    ['letters that are no ASCII', { secret: 'rt_ä', expiresAt: '' }, false],
    ['half a character', { secret: 'rt_\ud800', expiresAt: '' }, false],
  ])('of an answer with %s', async (_, refresh, taken) => {
    const sub = someSubject();
    crossmint.wrong.set(REFRESH, answers(200, { jwt: crossmint.jwt({ sub }), refresh }));
    const answer = await exchange(app, crossmint.jwt({ sub, n: 1 }), { refreshToken: `rt_${sub}` }).expect(
      200,
    );
    const [life] = cookiesOf(answer)['crossmint-refresh-token']?.attributes ?? [];
    expect(Number(life?.slice('Max-Age='.length) ?? 0) > 29 * 86_400).toBe(taken);
  });

  it('a new JWT that is too large for one is not taken', async () => {
    const sub = someSubject();
    const body = { jwt: crossmint.jwt({ sub, padding: 'x'.repeat(4_000) }), refresh: { secret: 'rt_f' } };
    crossmint.wrong.set(REFRESH, answers(200, body));
    const answer = await exchange(app, crossmint.jwt({ sub }), { refreshToken: 'rt_f0' }).expect(200);
    expect(Object.keys(cookiesOf(answer))).toEqual(['crossmint-jwt']);
  });
});

describe('addresses', () => {
  it('of the JWT go before that of the answer, and those before the account’s own, and that before the client’s', async () => {
    const sub = someSubject();
    const emailAfter = async (claims: object, more: object) => {
      const answer = await exchange(app, crossmint.jwt({ sub, n: Math.random(), ...claims }), more).expect(
        200,
      );
      return (await profileOf(app, keptFrom(answer)).expect(200)).body;
    };
    const { email, userId } = await emailAfter({}, { email: 'given@example.com' });
    expect(email).toBe('given@example.com');
    await app.database.query('UPDATE users SET email = $2 WHERE id = $1', [
      userId,
      `own-${userId}@example.com`,
    ]);
    expect((await emailAfter({}, { email: 'ceo@example.com' })).email).toBe(`own-${userId}@example.com`);
    const refreshToken = crossmint.secretOf(sub, 'named@example.com');
    expect((await emailAfter({}, { refreshToken })).email).toBe('named@example.com');
    const both = crossmint.secretOf(sub, 'named@example.com');
    expect((await emailAfter({ email: 'told@example.com' }, { refreshToken: both })).email).toBe(
      'told@example.com',
    );
  });

  it('stay when a step is made, which anybody may', async () => {
    const { cookies } = await signedIn();
    const step = (headers: [string, string]) =>
      app.http
        .patch('/api/auth/profile')
        .set(...headers)
        .send({ onboardingStep: 1 })
        .expect(200);
    expect((await step(cookies)).body).toMatchObject({ email: 'user@example.com', onboardingStep: 1 });
    const { token } = await register(app);
    expect((await step(bearer(token))).body.onboardingStep).toBe(1);
  });
});

describe('sessions', () => {
  it('of a Bearer token end whoever’s page asks, because only its holder can', async () => {
    const { token } = await register(app);
    await app.http
      .post('/api/auth/logout')
      .set(...bearer(token))
      .set('Origin', 'https://evil.example')
      .expect(200);
    expect(await statusOf(app, token)).toBe(401);
  });

  it('of somebody new do not take over the refresh token that the browser has', async () => {
    const { cookies } = await signedIn();
    const jwt = crossmint.jwt();
    await exchange(app, jwt)
      .set(...cookies)
      .expect(200);
    const { userId } = (await profileOf(app, jwtCookie(jwt)).expect(200)).body;
    const [row] = await app.database.query('SELECT idle_ttl_ms FROM sessions WHERE user_id = $1', [userId]);
    expect(Number(row.idle_ttl_ms)).toBeLessThanOrEqual(3_600_000);
  });

  it('all end that a browser shows, and by an old JWT of theirs too', async () => {
    const [one, two] = [await signedIn(), await signedIn()];
    const twice = `${one.cookies[1]}; ${two.cookies[1]}`;
    await app.http.post('/api/auth/logout').set('Cookie', twice).expect(200);
    for (const { userId } of [one, two]) expect(await sessionsOf(app, userId)).toEqual([]);
    const { cookies, jwt, userId } = await signedIn();
    app.clock.advance({ hours: 2 });
    await profileOf(app, withoutJwt(cookies)).expect(200);
    await app.http
      .post('/api/auth/logout')
      .set(...jwtCookie(jwt))
      .expect(200);
    expect(await sessionsOf(app, userId)).toEqual([]);
  });

  it('keep the JWTs of a day', async () => {
    const { userId, ...first } = await signedIn();
    let { cookies } = first;
    for (let day = 0; day < 5; day++) {
      app.clock.advance({ hours: 25 });
      cookies = keptFrom(await profileOf(app, withoutJwt(cookies)).expect(200));
    }
    const of = 'exchanged_tokens WHERE session_id IN (SELECT id FROM sessions WHERE user_id = $1)';
    expect(await rows(of, userId)).toBeLessThanOrEqual(3);
    const held = 'crossmint_refresh_tokens WHERE session_id IN (SELECT id FROM sessions WHERE user_id = $1)';
    expect(await rows(held, userId)).toBeLessThanOrEqual(3);
  });

  it('are seen when they are used, and not revived by a longer life', async () => {
    const { cookies, userId } = await signedIn();
    const seen = async () =>
      (await app.database.query('SELECT last_seen_at FROM sessions WHERE user_id = $1', [userId]))[0]
        .last_seen_at;
    const before = await seen();
    app.clock.advance({ minutes: 2 });
    await profileOf(app, cookies).expect(200);
    await holds(async () => (await seen()) > before);
    const jwt = crossmint.jwt();
    await exchange(app, jwt).expect(200);
    const other = (await profileOf(app, jwtCookie(jwt)).expect(200)).body.userId;
    const [{ id } = { id: '' }] = await sessionsOf(app, other);
    app.clock.advance({ hours: 3 });
    await app.nest.get(SessionsService).lengthenIdle(id, Infinity);
    expect(await app.nest.get(LiveSessions).find(id, app.clock.now())).toBeNull();
  });

  it('that were revoked take no more JWTs, and grow no more tokens', async () => {
    const { jwt, userId } = await signedIn();
    const token = { issuer: crossmint.url, jwt: `${jwt}x`, expiresAt: new Date(), authenticatedAt: null };
    const [{ id } = { id: '' }] = await sessionsOf(app, userId);
    await app.database.query('UPDATE sessions SET revoked_at = now() WHERE id = $1', [id]);
    await app.nest.get(ExchangedTokens).bind(id, { ...token, jwt: 'another.jwt.x' });
    expect(await rows('exchanged_tokens WHERE session_id = $1', id)).toBe(1);
    expect(await app.nest.get(SessionsService).grow({ id, userId, expiresAt: new Date() })).toBeNull();
  });

  it('leave their JWTs behind for as long as these are good', async () => {
    const sweep = () => app.nest.get(ExchangedTokenSweep).sweep();
    const { jwt, userId } = await signedIn();
    await sweep();
    const before = await rows('exchanged_tokens');
    await app.database.query('DELETE FROM sessions WHERE user_id = $1', [userId]);
    await sweep();
    expect(await rows('exchanged_tokens')).toBe(before);
    await exchange(app, jwt).expect(401);
    const other = await signedIn();
    app.clock.advance({ minutes: 62 });
    await sweep();
    expect(await rows('exchanged_tokens')).toBe(before);
    await app.http
      .post('/api/auth/logout')
      .set(...jwtCookie(other.jwt))
      .expect(200);
    expect(await sessionsOf(app, other.userId)).toEqual([]);
  });
});

describe("the issuer's words", () => {
  beforeEach(() => void jest.spyOn(Logger.prototype, 'error').mockImplementation());
  afterEach(() => jest.restoreAllMocks());
  const begin = async () => {
    const sub = someSubject();
    const jwt = crossmint.jwt({ sub });
    const asked = () => crossmint.asked.filter(({ body }) => body['owner'] === `userId:${sub}`).length;
    await exchange(app, jwt).expect(200);
    const profile = async () => (await profileOf(app, jwtCookie(jwt)).expect(200)).body;
    return { sub, jwt, asked, profile, status: async () => (await profile()).walletStatus };
  };

  it.each([403, 429, 500])(
    '%s to a refresh token sign nobody out, and are not asked for by everybody',
    async (status) => {
      const { cookies } = await signedIn();
      app.clock.advance({ hours: 2 });
      crossmint.wrong.set(REFRESH, answers(status, {}));
      const before = crossmint.timesAsked(REFRESH);
      for (let turn = 0; turn < 3; turn++) await profileOf(app, withoutJwt(cookies)).expect(503);
      expect(crossmint.timesAsked(REFRESH) - before).toBe(1);
      crossmint.wrong.clear();
      app.clock.advance({ seconds: 11 });
      await profileOf(app, withoutJwt(cookies)).expect(200);
    },
  );

  it.each([403, 409, 429])('%s to a wallet is no refusal', async (status) => {
    crossmint.wrong.set(WALLETS, answers(status, {}));
    const { asked, status: walletStatus } = await begin();
    await holds(() => asked() > 0);
    await pause(150);
    expect(await walletStatus()).toBe('pending');
  });

  it('an address that is none is not taken for one', async () => {
    crossmint.wrong.set(WALLETS, answers(200, { address: '0x1' }));
    const { asked, profile } = await begin();
    await holds(() => asked() > 0);
    await pause(150);
    expect(await profile()).toMatchObject({ walletStatus: 'pending', walletAddress: null });
  });

  it('a refusal stays until the next sign-in, and then there are ten minutes again', async () => {
    crossmint.wrong.set(WALLETS, answers(400, {}));
    const { sub, jwt, asked, status } = await begin();
    await holds(async () => (await status()) === 'failed');
    await exchange(app, jwt).expect(200);
    await pause(300);
    expect(await status()).toBe('failed');
    app.clock.advance({ minutes: 11 });
    crossmint.wrong.set(WALLETS, answers(500, {}));
    const before = asked();
    await exchange(app, crossmint.jwt({ sub, n: 1 })).expect(200);
    await holds(() => asked() > before);
    await pause(150);
    expect(await status()).toBe('pending');
  });

  it('a wallet that is there is not asked for again', async () => {
    const { sub, asked, profile, status } = await begin();
    await holds(async () => (await status()) === 'active');
    const before = asked();
    const wanted = { userId: (await profile()).userId, subject: sub };
    await app.nest.get(Jobs).add('create-sui-wallet', wanted, app.database.manager);
    await pause(1_300);
    expect(asked()).toBe(before);
  });

  it('a sign-out that it does not hear is said again', async () => {
    const { cookies } = await signedIn();
    crossmint.wrong.set(LOGOUT, answers(500, {}));
    const before = crossmint.timesAsked(LOGOUT);
    await app.http
      .post('/api/auth/logout')
      .set(...cookies)
      .expect(200);
    await holds(() => crossmint.timesAsked(LOGOUT) > before + 1);
  });
});
