import { importJWK, SignJWT, UnsecuredJWT, type JWK, type JWTPayload } from 'jose';
import { AuditTrail } from '../src/platform/audit/audit-trail';
import { bearer, cookie, someEmail } from './support/builders';
import { until } from './support/mailbox';
import { HOSTILE_URLS } from './support/hostile-urls';
import { enrol, misbehaviours, useProvider, type Misbehaviour, type Person } from './support/provider';
import { useApp } from './support/test-app';
import { outcomeOf, PUBLIC_URL, WebAgent } from './support/web-agent';

const NAMES = ['google', 'github', 'oidc'];
const TOKENS = { token: expect.any(String), refreshToken: expect.any(String) };
const INVALID = { error: 'invalid_state' };
const FAILED = { error: 'provider_error' };

const environment: Record<string, string> = {
  OAUTH_TIMEOUT: '600ms',
  ALLOWED_REDIRECT_ORIGINS: 'https://app.example,https://other.example:8443',
};
const provider = useProvider(environment);
const app = useApp({ environment });
const agent = () => new WebAgent(app, provider);
const someone = () => enrol(provider, { email: someEmail(), verified: true });
const end = async (one: WebAgent, callback: string) => outcomeOf(await one.locationOf(callback));
const replaced = (callback: string, given: Record<string, string | null>): string => {
  const url = new URL(callback);
  for (const [name, value] of Object.entries(given)) {
    if (value === null) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  return url.href;
};
const countSessions = async () =>
  (await app.database.query('SELECT count(*)::int AS count FROM sessions'))[0].count as number;

describe.each(NAMES)('[A7] the callback of %s', (name) => {
  const start = `/auth/${name}`;
  let before: number;
  beforeEach(async () => (before = await countSessions()));
  const nothingOpened = async () => expect(await countSessions()).toBe(before);

  it('refuses a forged state', async () => {
    const one = agent();
    const callback = await one.authorize(start, someone());
    for (const state of ['', 'x', `gha_${'A'.repeat(43)}`, null, 'x'.repeat(4_000)]) {
      expect(await end(one, replaced(callback, { state }))).toEqual(INVALID);
    }
    expect(await end(one, `${callback}&state=twice`)).toEqual(INVALID);
    await nothingOpened();
  });

  it('refuses a state that was used, also when the cookie is kept', async () => {
    const one = agent();
    const callback = await one.authorize(start, someone());
    const kept = new Map(one.cookies);
    expect(await end(one, callback)).toEqual(TOKENS);
    expect(one.cookies.size).toBe(0);
    expect(await end(one, callback)).toEqual(INVALID);
    for (const [key, value] of kept) one.cookies.set(key, value);
    expect(await end(one, callback)).toEqual(INVALID);
  });

  it('spends a state also where the sign-in fails', async () => {
    const one = agent();
    const callback = await one.authorize(start, someone());
    const kept = new Map(one.cookies);
    expect(await end(one, replaced(callback, { code: 'wrong' }))).toEqual(FAILED);
    for (const [key, value] of kept) one.cookies.set(key, value);
    expect(await end(one, callback)).toEqual(INVALID);
    await nothingOpened();
  });

  it('refuses the state of another provider, and that one stays good where it belongs', async () => {
    const other = NAMES.find((one) => one !== name) ?? '';
    const one = agent();
    const person = someone();
    const [own, foreign] = [
      await one.authorize(start, person),
      await one.authorize(`/auth/${other}`, person),
    ];
    const state = new URL(foreign).searchParams.get('state');
    const kept = new Map(one.cookies);
    expect(await end(one, replaced(own, { state }))).toEqual(INVALID);
    await nothingOpened();
    for (const [key, value] of kept) one.cookies.set(key, value);
    expect(await end(one, foreign)).toEqual(TOKENS);
  });

  it('refuses a state from another browser, which can still go on itself', async () => {
    const [attacker, victim] = [agent(), agent()];
    const callback = await attacker.authorize(start, someone());
    await victim.open(start);
    expect(await end(victim, callback)).toEqual(INVALID);
    await nothingOpened();
    expect(await end(attacker, callback)).toEqual(TOKENS);
  });

  it('refuses without the cookie, with a changed one, and with one that comes twice', async () => {
    const one = agent();
    const callback = await one.authorize(start, someone());
    const [[key = '', value = ''] = []] = one.cookies;
    const changed = `${value.slice(0, -2)}${value.endsWith('A') ? 'B' : 'A'}A`;
    for (const given of [{}, { [key]: changed }, { [key]: '' }, { [key]: 'x' }, { [`${key}x`]: value }]) {
      const answer = await app.http.get(callback.slice(PUBLIC_URL.length)).set(...cookie(given));
      expect(outcomeOf(answer.headers['location'] ?? '')).toEqual(INVALID);
    }
    const twice = await app.http
      .get(callback.slice(PUBLIC_URL.length))
      .set('Cookie', `${key}=${value}; ${key}=x`);
    expect(outcomeOf(twice.headers['location'] ?? '')).toEqual(INVALID);
    await nothingOpened();
    expect(await end(one, callback)).toEqual(TOKENS);
  });

  it('refuses a state that is older than ten minutes', async () => {
    const one = agent();
    const callback = await one.authorize(start, someone());
    app.clock.advance({ minutes: 10 });
    expect(await end(one, callback)).toEqual(INVALID);
    await nothingOpened();
  });

  it('refuses a code that was used, and one of another flow', async () => {
    const person = someone();
    const [one, other] = [agent(), agent()];
    const callback = await one.authorize(start, person);
    const code = new URL(callback).searchParams.get('code');
    // The code of one browser in the flow of another: PKCE binds it to the first.
    const injected = replaced(await other.authorize(start, person), { code });
    expect(await end(other, injected)).toEqual(FAILED);
    const third = agent();
    const spent = await third.authorize(start, person);
    await end(third, spent);
    before = await countSessions();
    const fourth = replaced(await third.authorize(start, person), {
      code: new URL(spent).searchParams.get('code'),
    });
    expect(await end(third, fourth)).toEqual(FAILED);
    await nothingOpened();
  });

  it('refuses when PKCE was stripped from the request on its way', async () => {
    const one = agent();
    const url = replaced(await one.locationOf(start), { code_challenge: null, code_challenge_method: null });
    expect(await end(one, await one.answerAt(url, someone()))).toEqual(FAILED);
    await nothingOpened();
  });

  it('tells of an error only after it has seen a good state', async () => {
    const one = agent();
    for (const error of ['access_denied', 'server_error']) {
      expect(await end(one, `${start}/callback?error=${error}&state=x`)).toEqual(INVALID);
      const state = new URL(await one.locationOf(start)).searchParams.get('state') ?? '';
      const outcome = await end(
        one,
        `${start}/callback?error=${error}&state=${state}&error_description=%0d%0a`,
      );
      expect(outcome).toEqual(error === 'access_denied' ? { error } : FAILED);
      expect(await end(one, `${start}/callback?error=${error}&state=${state}`)).toEqual(INVALID);
    }
  });

  it.each(['', 'code=', 'code=a&code=b', 'code[]=x', 'error=a&error=b', 'error='])(
    'a good state with %j ends as an error',
    async (query) => {
      const one = agent();
      const state = new URL(await one.locationOf(start)).searchParams.get('state') ?? '';
      expect(await end(one, `${start}/callback?state=${state}&${query}`)).toEqual(FAILED);
      await nothingOpened();
    },
  );

  it('takes cookies of any name, and writes none of them back', async () => {
    const one = agent();
    const callback = new URL(await one.authorize(start, someone()));
    const id = [...one.cookies.keys()][0]?.split('-').at(-1) ?? '';
    const names = ['', ' ', '\t', '0 0', '\u00e9', '__proto__', 'x;', '0-0', `a b-${id}`, `\u00e9-${id}`];
    const header = names.map((name) => `gatehouse-oauth-${name}=v`).join('; ');
    const twice = `gatehouse-oauth-abc-${'0'.repeat(12)}=v; `.repeat(6);
    for (const sent of [header, twice]) {
      const first = await app.http.get(start).set('Cookie', sent).expect(302);
      expect(first.headers['set-cookie']).toHaveLength(1);
    }
    const answer = await app.http
      .get(callback.pathname + callback.search)
      .set('Cookie', header)
      .expect(303);
    expect(outcomeOf(answer.headers['location'] ?? '')).toEqual(INVALID);
    expect(await end(one, callback.href)).toEqual(TOKENS);
  });

  it('refuses a cookie under the name of another, of the same browser', async () => {
    const one = agent();
    const callbacks: string[] = [];
    for (let turn = 0; turn < 2; turn++) callbacks.push(await one.authorize(start, someone()));
    const [[first = '', a = ''] = [], [second = '', b = ''] = []] = one.cookies;
    one.cookies.set(first, b).set(second, a);
    for (const callback of callbacks) expect(await end(one, callback)).toEqual(INVALID);
    await nothingOpened();
  });

  it('who only looks (HEAD) begins nothing, and spends nothing', async () => {
    const one = agent();
    const callback = await one.authorize(start, someone());
    for (const path of [start, callback]) {
      const answer = await one.open(path, { method: 'HEAD' });
      expect([answer.status, answer.headers.getSetCookie()]).toEqual([404, []]);
    }
    expect(await end(one, callback)).toEqual(TOKENS);
  });

  it('a code or an error at the start begins a sign-in all the same', async () => {
    for (const query of ['code=x&state=y', 'error=access_denied']) {
      expect(await agent().locationOf(`${start}?${query}`)).toMatch(
        /^http:\/\/[\w.]+:\d+\/[\w/]+\?.*code_challenge=/,
      );
    }
  });

  it('five sign-ins may be under way in one browser; a sixth takes the place of the oldest', async () => {
    const one = agent();
    const person = someone();
    const callbacks: string[] = [];
    for (let turn = 0; turn < 6; turn++) {
      app.clock.advance({ seconds: 1 });
      callbacks.push(await one.authorize(start, person));
    }
    expect(one.cookies.size).toBe(5);
    const outcomes = [];
    for (const callback of callbacks) outcomes.push(await end(one, callback));
    expect(outcomes).toEqual([INVALID, TOKENS, TOKENS, TOKENS, TOKENS, TOKENS]);
  });
});

it('[A7][B55] what a sign-in is made of opens nothing', async () => {
  const one = agent();
  const callback = new URL(await one.authorize('/auth/google', someone()));
  const [[, sealed = ''] = []] = one.cookies;
  const { refreshToken = '' } = await end(one, callback.href);
  const [state, code] = ['state', 'code'].map((name) => callback.searchParams.get(name) ?? '');
  for (const value of [state, code, sealed, refreshToken]) {
    await app.http
      .get('/auth/me')
      .set(...bearer(value ?? ''))
      .expect(401);
    await app.http
      .get('/auth/me')
      .set(...cookie({ accessToken: value ?? '' }))
      .expect(401);
    if (value !== refreshToken) {
      await app.http.post('/auth/refresh').send({ refreshToken: value }).expect(401);
    }
    await app.http.post('/auth/verify-magic-link').send({ token: value }).expect(401);
    await app.http
      .post('/auth/reset-password')
      .send({ token: value, password: 'a-new-password' })
      .expect(400);
  }
});

describe('[A8][B63] ?redirect=', () => {
  it.each(HOSTILE_URLS.map((url) => [JSON.stringify(url), url]))(
    '%s never leads elsewhere',
    async (_shown, url) => {
      for (const path of ['/auth/google', '/auth/github']) {
        const answer = await app.http.get(path).query({ redirect: url });
        if (answer.status === 302) {
          expect(url).toMatch(/^https:\/\/app\.example\/?\?/);
          continue;
        }
        expect(answer.status).toBe(400);
        expect(answer.body.error.details).toEqual([{ field: 'redirect', message: expect.any(String) }]);
        expect(answer.headers['set-cookie']).toBeUndefined();
      }
    },
  );

  it('has enough of them', () => expect(HOSTILE_URLS.length).toBeGreaterThanOrEqual(60));

  it('takes 512 characters, and no more', async () => {
    const address = `https://app.example/${'x'.repeat(492)}`;
    await app.http.get('/auth/google').query({ redirect: address }).expect(302);
    await app.http
      .get('/auth/google')
      .query({ redirect: `${address}x` })
      .expect(400);
  });

  it('refuses one that comes twice, is too long, or has a fragment', async () => {
    const long = `https://app.example/${'x'.repeat(500)}`;
    for (const query of [
      'redirect=https://app.example&redirect=https://app.example',
      `redirect=${long}`,
      'redirect=https://app.example/%23x',
    ]) {
      await app.http.get(`/auth/google?${query}`).expect(400);
    }
  });

  it('ends at a listed address, with the tokens or the error in its fragment', async () => {
    const address = 'https://app.example/welcome?from=here';
    const start = `/auth/google?redirect=${encodeURIComponent(address)}`;
    const one = agent();
    const location = await one.locationOf(await one.authorize(start, someone()));
    expect(location.split('#')[0]).toBe(address);
    expect(outcomeOf(location)).toEqual(TOKENS);
    const other = agent();
    const callback = await other.authorize(start, null);
    const kept = new Map(other.cookies);
    const refused = await other.locationOf(callback);
    expect(refused).toBe(`${address}#error=access_denied`);
    // Also a second time, as long as the browser knows what it was about.
    for (const [key, value] of kept) other.cookies.set(key, value);
    expect(await other.locationOf(callback)).toBe(`${address}#error=invalid_state`);
    expect(await other.locationOf(callback)).toBe(`${PUBLIC_URL}/auth/callback#error=invalid_state`);
  });

  it('a callback has none: it ends where the sign-in was begun for', async () => {
    const one = agent();
    const callback = await one.authorize('/auth/google', someone());
    const location = await one.locationOf(`${callback}&redirect=https://app.example`);
    expect(location.split('#')[0]).toBe(`${PUBLIC_URL}/auth/callback`);
  });

  it('[A9] headers don’t change where it goes', async () => {
    const headers = {
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      forwarded: 'host=evil.example',
      referer: 'https://evil.example/',
    };
    const one = agent();
    const url = new URL(await one.locationOf('/auth/google', { headers }));
    expect(url.searchParams.get('redirect_uri')).toBe(`${PUBLIC_URL}/auth/google/callback`);
    const callback = await one.answerAt(url.href, someone());
    expect((await one.open(callback, { headers })).headers.get('location')).toMatch(
      new RegExp(`^${PUBLIC_URL}/auth/callback#token=`),
    );
  });

  it('sends the browser on by 303, so that nothing goes with it', async () => {
    const one = agent();
    expect((await one.open(await one.authorize('/auth/google', someone()))).status).toBe(303);
  });
});

describe('a provider that goes wrong', () => {
  const ENDPOINTS: [string, string, string][] = [
    ['google', 'token', '/oauth2/token'],
    ['google', 'userinfo', '/v1/userinfo'],
    ['github', 'token', '/login/oauth/access_token'],
    ['github', 'userinfo', '/api/v3/user'],
    ['github', 'emails', '/api/v3/user/emails'],
    ['oidc', 'discovery', '/.well-known/openid-configuration'],
    ['oidc', 'token', '/token'],
    ['oidc', 'keys', '/jwks'],
    ['oidc', 'userinfo', '/me'],
  ];
  const cases = ENDPOINTS.flatMap(([name, endpoint, path]) =>
    Object.entries(misbehaviours).map(([how, misbehave]) => ({ name, endpoint, path, how, misbehave })),
  )
    // A list is what emails come in, and an empty one means that there is none.
    .filter(({ endpoint, how }) => !(endpoint === 'emails' && how === 'answers a list'));

  it.each(cases)('$name: the $endpoint $how', async ({ name, path, misbehave }) => {
    const one = agent();
    const person = someone();
    // Metadata and keys are asked for afresh.
    app.clock.advance({ hours: 1 });
    const before = await countSessions();
    const inTime = performance.now() + 2_500;
    if (path.startsWith('/.well-known')) {
      provider.wrong.set(path, misbehave);
      expect(outcomeOf(await one.locationOf(`/auth/${name}`))).toEqual(FAILED);
    } else {
      const callback = await one.authorize(`/auth/${name}`, person);
      provider.wrong.set(path, misbehave);
      expect(await end(one, callback)).toEqual(FAILED);
    }
    expect(performance.now()).toBeLessThan(inTime);
    expect(await countSessions()).toBe(before);
    expect(await app.database.query('SELECT FROM users WHERE email = $1', [person.email])).toEqual([]);
    provider.wrong.clear();
    expect(await agent().signIn(`/auth/${name}`, person)).toEqual(TOKENS);
  });

  it.each([
    ['google', '/oauth2/token', '/token'],
    ['google', '/v1/userinfo', '/me'],
    ['github', '/api/v3/user', '/api/v3/user/emails'],
  ])('[A20] %s: nothing is sent on to where %s redirects', async (name, path, elsewhere) => {
    const one = agent();
    const callback = await one.authorize(`/auth/${name}`, someone());
    provider.wrong.set(
      path,
      (_request, response) => void response.writeHead(307, { location: `${provider.url}${elsewhere}` }).end(),
    );
    provider.requests.splice(0);
    expect(await end(one, callback)).toEqual(FAILED);
    expect(provider.requests.filter(({ line }) => line.endsWith(` ${elsewhere}`))).toEqual([]);
  });

  it('that hangs is hung up on', async () => {
    const one = agent();
    const callback = await one.authorize('/auth/google', someone());
    let closed = false;
    provider.wrong.set(
      '/v1/userinfo',
      (_request, response) => void response.on('close', () => (closed = true)),
    );
    expect(await end(one, callback)).toEqual(FAILED);
    await until(() => (closed ? true : undefined), 2);
  });

  it('whose answers are each in time, and late together, is late', async () => {
    const slowly =
      (body: unknown): Misbehaviour =>
      (_request, response) =>
        void setTimeout(() => response.end(JSON.stringify(body)), 400);
    const one = agent();
    const person = someone();
    const callback = await one.authorize('/auth/github', person);
    provider.wrong.set('/api/v3/user', slowly({ id: person.id }));
    provider.wrong.set('/api/v3/user/emails', slowly([]));
    expect(await end(one, callback)).toEqual(FAILED);
  });

  it('leaves a person with an answer also when the audit can’t be told', async () => {
    const one = agent();
    const callback = await one.authorize('/auth/google', null);
    const broken = jest.spyOn(app.nest.get(AuditTrail), 'record').mockRejectedValueOnce(new Error('full'));
    const outcome = await end(one, callback).finally(() => broken.mockRestore());
    expect(outcome).toEqual({ error: 'access_denied' });
  });

  it('that hangs keeps nobody else waiting', async () => {
    provider.wrong.set('/oauth2/token', misbehaviours.hangs);
    const waiting = await Promise.all(
      Array.from({ length: 40 }, async () => {
        const one = agent();
        return { one, callback: await one.authorize('/auth/google', someone()) };
      }),
    );
    const ends = waiting.map(({ one, callback }) => end(one, callback));
    expect(await agent().signIn('/auth/github', someone())).toEqual(TOKENS);
    await app.http.get('/auth/health').expect(200);
    for (const outcome of await Promise.all(ends)) expect(outcome).toEqual(FAILED);
  });

  it.each([
    ['google', '/v1/userinfo', (sub: unknown) => ({ sub })],
    ['github', '/api/v3/user', (id: unknown) => ({ id })],
  ] as const)('[A6] %s without a subject is nobody', async (name, path, body) => {
    for (const subject of [
      undefined,
      null,
      '',
      ' ',
      0.5,
      true,
      [],
      {},
      'x'.repeat(256),
      'zz\ud800',
      'a\u0000',
      'ä',
    ]) {
      if (name === 'github' && typeof subject === 'string') continue;
      provider.wrong.set(path, (_request, response) => void response.end(JSON.stringify(body(subject))));
      expect(await agent().signIn(`/auth/${name}`, someone())).toEqual(FAILED);
    }
  });

  it('[A5] github: an address counts only where it is the primary one, and is verified', async () => {
    const owner = someone();
    const first = await agent().signIn('/auth/google', owner);
    const lists: unknown[] = [
      [{ email: owner.email, primary: false, verified: true }],
      [{ email: owner.email, primary: true, verified: false }],
      [{ email: owner.email, primary: true }],
      [{ email: owner.email, primary: true, verified: 1 }],
      [{ email: owner.email, verified: true }],
    ];
    for (const list of lists) {
      provider.wrong.set(
        '/api/v3/user/emails',
        (_request, response) => void response.end(JSON.stringify(list)),
      );
      const outcome = await agent().signIn('/auth/github', enrol(provider));
      const ids = await Promise.all(
        [first, outcome].map(
          async ({ token = '' }) => (await app.http.get('/auth/me').set(...bearer(token))).body.user._id,
        ),
      );
      expect(ids[0]).not.toBe(ids[1]);
    }
  });

  it('google: a subject of 255 characters, and a verified that is written as a text', async () => {
    const email = someEmail().toUpperCase();
    const claims = { sub: 's'.repeat(255), email, email_verified: 'true' };
    provider.wrong.set('/v1/userinfo', (_request, response) => void response.end(JSON.stringify(claims)));
    const { token = '' } = await agent().signIn('/auth/google', someone());
    expect((await app.http.get('/auth/me').set(...bearer(token))).body.user.email).toBe(email.toLowerCase());
  });

  it('[A5] google: email_verified must say so', async () => {
    const owner = someone();
    const first = await agent().signIn('/auth/google', owner);
    for (const verified of [undefined, null, false, 'false', 1, 'yes', {}]) {
      const stranger = enrol(provider);
      const claims = { sub: String(stranger.id), email: owner.email, email_verified: verified };
      provider.wrong.set('/v1/userinfo', (_request, response) => void response.end(JSON.stringify(claims)));
      const { token = '' } = await agent().signIn('/auth/google', stranger);
      expect((await app.http.get('/auth/me').set(...bearer(token))).body.user.email).toBeNull();
    }
    expect(first).toEqual(TOKENS);
  });
});

describe('[A6][B61] an ID token', () => {
  /** The token endpoint answers with a token of ours. */
  async function signInWith(
    make: (claims: JWTPayload, person: Person) => Promise<string> | string,
    change: (callback: string) => string = (callback) => callback,
  ) {
    const one = agent();
    const person = someone();
    const url = await one.locationOf('/auth/oidc');
    const callback = await one.answerAt(url, person);
    const now = Math.floor(Date.now() / 1_000);
    const claims = {
      iss: provider.url,
      aud: 'oidc-client',
      sub: String(person.id),
      nonce: new URL(url).searchParams.get('nonce') ?? '',
      iat: now,
      exp: now + 60,
    };
    const idToken = await make(claims, person);
    const body = JSON.stringify({
      access_token: 'userinfo is made up too',
      token_type: 'Bearer',
      id_token: idToken,
    });
    const answer: Misbehaviour = (_request, response) =>
      void response.writeHead(200, { 'content-type': 'application/json' }).end(body);
    provider.wrong.set('/token', answer);
    return end(one, change(callback));
  }
  beforeEach(() => {
    provider.wrong.set('/me', (_request, response) => {
      const subject = String([...provider.people.keys()].at(-1));
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ sub: subject }));
    });
  });
  interface Signing {
    readonly key?: object;
    readonly alg?: string;
    readonly kid?: string;
  }
  const sign = async (
    claims: JWTPayload,
    { key = provider.key, alg = 'RS256', kid = 'of the tests' }: Signing = {},
  ) => new SignJWT(claims).setProtectedHeader({ alg, kid }).sign(await importJWK(key as JWK, alg));

  it('that is good signs in', async () => {
    expect(await signInWith((claims) => sign(claims))).toEqual(TOKENS);
  });

  it.each<[string, (claims: JWTPayload) => JWTPayload]>([
    ['of another issuer', (claims) => ({ ...claims, iss: 'https://evil.example' })],
    ['without an issuer', (claims) => ({ ...claims, iss: undefined })],
    ['for another client', (claims) => ({ ...claims, aud: 'google-client' })],
    ['without an audience', (claims) => ({ ...claims, aud: undefined })],
    ['for several, of whom another asked', (claims) => ({ ...claims, aud: ['oidc-client', 'x'], azp: 'x' })],
    ['with another nonce', (claims) => ({ ...claims, nonce: 'x' })],
    ['without a nonce', (claims) => ({ ...claims, nonce: undefined })],
    ['that has expired', (claims) => ({ ...claims, exp: (claims.iat ?? 0) - 3_600 })],
    ['without an end', (claims) => ({ ...claims, exp: undefined })],
    ['without a subject', (claims) => ({ ...claims, sub: undefined })],
    ['with an empty subject', (claims) => ({ ...claims, sub: '' })],
    ['of another person than userinfo tells of', (claims) => ({ ...claims, sub: '1' })],
  ])('%s is refused', async (_name, change) => {
    expect(await signInWith((claims) => sign(change(claims)))).toEqual(FAILED);
  });

  const offering = async (change: object) => {
    app.clock.advance({ hours: 1 });
    const path = '/.well-known/openid-configuration';
    const metadata = (await (await fetch(`${provider.url}${path}`)).json()) as object;
    provider.wrong.set(path, (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ ...metadata, ...change }));
    });
  };

  it('is enough where there is no userinfo', async () => {
    await offering({ userinfo_endpoint: undefined });
    const email = someEmail();
    const { token = '' } = await signInWith((claims) => sign({ ...claims, email, email_verified: true }));
    expect((await app.http.get('/auth/me').set(...bearer(token))).body.user.email).toBe(email);
  });

  it('is asked for in the way that the provider knows', async () => {
    for (const [methods, authorization] of [
      [['client_secret_post'], undefined],
      [['client_secret_post', 'client_secret_basic'], expect.stringMatching(/^Basic /)],
      [undefined, expect.stringMatching(/^Basic /)],
    ]) {
      await offering({ token_endpoint_auth_methods_supported: methods });
      provider.requests.splice(0);
      expect(await signInWith((claims) => sign(claims))).toEqual(TOKENS);
      const asked = provider.requests.filter(({ line }) => line === 'POST /token');
      expect(asked.map(({ headers }) => headers.authorization)).toEqual([authorization]);
      provider.wrong.delete('/.well-known/openid-configuration');
    }
  });

  it('and userinfo don’t mix: the word for one address is none for another', async () => {
    const owner = someone();
    await agent().signIn('/auth/google', owner);
    const told = async (inToken: object, inUserinfo: object) => {
      provider.wrong.set('/me', (_request, response) => {
        const sub = String([...provider.people.keys()].at(-1));
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ sub, ...inUserinfo }));
      });
      const { token = '' } = await signInWith((claims) => sign({ ...claims, ...inToken }));
      provider.wrong.clear();
      const { body } = await app.http.get('/auth/me').set(...bearer(token));
      return body.user.email as string | null;
    };
    const mine = someEmail();
    expect(await told({ email: mine, email_verified: true }, { email: owner.email })).toBeNull();
    expect(await told({ email_verified: true }, { email: owner.email })).toBeNull();
    expect(await told({ email: owner.email }, { email_verified: true })).toBeNull();
    expect(await told({ email: mine, email_verified: true }, {})).toBe(mine);
  });

  it('that is not signed, or by another key, or by the client secret, is refused', async () => {
    const { generateKeyPairSync } = await import('node:crypto');
    const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });
    expect(await signInWith((claims) => new UnsecuredJWT(claims).encode())).toEqual(FAILED);
    expect(await signInWith((claims) => sign(claims, { key: foreign }))).toEqual(FAILED);
    expect(await signInWith((claims) => sign(claims, { key: foreign, kid: 'unknown' }))).toEqual(FAILED);
    const secret = Buffer.from(environment['OIDC_CLIENT_SECRET'] ?? '').toString('base64url');
    expect(
      await signInWith((claims) => sign(claims, { key: { kty: 'oct', k: secret }, alg: 'HS256' })),
    ).toEqual(FAILED);
  });

  it('[B60] does not help where the answer names another issuer, or none', async () => {
    const good = (claims: JWTPayload) => sign(claims);
    expect(await signInWith(good, (url) => replaced(url, { iss: 'https://evil.example' }))).toEqual(FAILED);
    expect(await signInWith(good, (url) => replaced(url, { iss: null }))).toEqual(FAILED);
  });

  it('[B61] of a provider that calls itself otherwise is never asked for', async () => {
    app.clock.advance({ hours: 1 });
    const metadata = (await (
      await fetch(`${provider.url}/.well-known/openid-configuration`)
    ).json()) as object;
    provider.wrong.set('/.well-known/openid-configuration', (_request, response) => {
      const other = { ...metadata, issuer: `${provider.url}/` };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(other));
    });
    expect(outcomeOf(await agent().locationOf('/auth/oidc'))).toEqual(FAILED);
  });
});
