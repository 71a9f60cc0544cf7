import {
  bearer,
  cookie,
  cookiesOf,
  givePin,
  GOOD_PASSWORD,
  someEmail,
  someName,
  verifyEmail,
} from './support/builders';
import { Mailer, type Mail } from '../src/platform/mail/mailer';
import { exchange, JWKS, jwtCookie, someSubject, useCrossmint } from './support/crossmint';
import { enrol, useProvider, type Person } from './support/provider';
import { useApp, type TestApp } from './support/test-app';
import { ACTIVE, signedPayload, someAccount, tokenCookie } from './support/wallets';
import { WebAgent } from './support/web-agent';

const environment: Record<string, string> = {};
const provider = useProvider(environment);
const crossmint = useCrossmint(environment);
const EXTERNAL = 'https://id.example.com';
beforeAll(() => {
  const issuer = { name: 'acme', issuer: EXTERNAL, audience: 'app', jwksUrl: `${crossmint.url}${JWKS}` };
  environment['EXTERNAL_ISSUERS'] = JSON.stringify([issuer]);
});
/** Filled by the provider as well. */
const verified: Record<string, string> = { REQUIRE_VERIFIED_EMAIL: 'true' };
beforeAll(() => Object.assign(verified, environment));
const PROVIDERS = ['google', 'github', 'oidc'];

/** Somebody with every way in and a session of every kind, all open. */
interface Everyone {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly wire: { token: string; refreshToken: string };
  readonly managed: { access_token: string; refresh_token: string; sessionId: string };
  readonly pin: { accessToken: string; refreshToken: string };
  /** What was mailed before the state came about. */
  readonly mailed: { verificationCode: string; resetToken: string; magicToken: string; code: string };
  readonly identityId: string;
  /** The same person at every provider. */
  readonly elsewhere: Person;
  readonly wallet: {
    readonly account: ReturnType<typeof someAccount>;
    readonly id: string;
    readonly token: string;
  };
  /** Who they are at Crossmint, and the JWT that has opened a session. */
  readonly foreign: { readonly sub: string; readonly jwt: string };
}

const PIN = '4711';
const WRONG = 'not-the-password';
const NEXT = 'another-good-password';

/** What a mail says, as soon as it is written: its delivery would take a second of each test. */
function mailedTo(app: TestApp): Record<string, string>[] {
  const written: Record<string, string>[] = [];
  const mailer = app.nest.get(Mailer);
  const send = mailer.send.bind(mailer);
  jest.spyOn(mailer, 'send').mockImplementation((mail: Mail, transaction) => {
    for (const part of mail.letter.parts) {
      if ('url' in part) written.push(Object.fromEntries(new URL(part.url).searchParams));
      if ('code' in part) written.push({ code: part.code });
    }
    return send(mail, transaction);
  });
  return written;
}

/** The paths that need a wallet: it takes a third of the time of everything else. */
const OF_WALLETS = /wallet|\/auth\/user|switch-account/;
const OF_CROSSMINT = /Crossmint|\/api\/auth|external/;
const NO_WALLET = { account: someAccount(), id: '', token: '' };

async function walletOf(app: TestApp, token: string): Promise<Everyone['wallet']> {
  const account = someAccount();
  const added = await app.http
    .post('/auth/wallets')
    .set(...bearer(token))
    .send(await signedPayload(app, account))
    .expect(201);
  const login = await app.http
    .post('/auth/login')
    .send(await signedPayload(app, account))
    .expect(200);
  return { account, id: added.body.wallet.id, token: login.body.token };
}

async function foreignOf(app: TestApp, userId: string): Promise<Everyone['foreign']> {
  const sub = someSubject();
  const issuers = { crossmint: crossmint.url, oidc: EXTERNAL };
  for (const [method, issuer] of Object.entries(issuers)) {
    await app.database.query(
      `INSERT INTO identities (user_id, method, issuer, subject, created_at) VALUES ($1, $2, $3, $4, now())`,
      [userId, method, issuer, sub],
    );
  }
  const jwt = crossmint.jwt({ sub });
  await exchange(app, jwt).expect(200);
  return { sub, jwt };
}

/** Only for the paths that need them. */
const costlyWaysIn = async (app: TestApp, path: string, id: string, token: string) => ({
  wallet: OF_WALLETS.test(path) ? await walletOf(app, token) : NO_WALLET,
  foreign: OF_CROSSMINT.test(path) ? await foreignOf(app, id) : { sub: '', jwt: '' },
});

async function someone(app: TestApp, path: string): Promise<Everyone> {
  const written = mailedTo(app);
  const [name, email] = [someName(), someEmail()];
  const registered = await app.http
    .post('/auth/register')
    .send({ email, password: GOOD_PASSWORD })
    .expect(201);
  const id = registered.body.user._id;
  await verifyEmail(app, id);
  const wire = (await app.http.post('/auth/login').send({ email, password: GOOD_PASSWORD }).expect(200)).body;
  await givePin(app, wire.token, { name, pin: PIN });
  const cookies = cookiesOf(await app.http.post('/auth/login').send({ name, pin: PIN }).expect(200));
  const valueOf = (cookie: string) => cookies[cookie]?.value ?? '';
  const pin = { accessToken: valueOf('accessToken'), refreshToken: valueOf('refreshToken') };
  const managed = (await app.http.post('/auth/signin').send({ email, password: GOOD_PASSWORD }).expect(200))
    .body;
  await app.http.post('/auth/forgot-password').send({ email }).expect(200);
  await app.http.post('/auth/magic-link').send({ email }).expect(200);
  jest.restoreAllMocks();
  const [verification, reset, magic, typed] = written;
  const mailed = {
    verificationCode: verification?.['verificationCode'] ?? '',
    resetToken: reset?.['token'] ?? '',
    magicToken: magic?.['token'] ?? '',
    code: typed?.['code'] ?? '',
  };
  const elsewhere = enrol(provider);
  const identityIds: string[] = [];
  for (const [method, issuer] of Object.entries(provider.issuers)) {
    const [row] = await app.database.query(
      `INSERT INTO identities (user_id, method, issuer, subject, created_at)
       VALUES ($1, $2, $3, $4, now()) RETURNING id`,
      [id, method, issuer, String(elsewhere.id)],
    );
    identityIds.push(row.id as string);
  }
  return {
    ...(await costlyWaysIn(app, path, id, wire.token)),
    id,
    email,
    name,
    wire,
    managed: managed.data,
    pin,
    mailed,
    identityId: identityIds[0] ?? '',
    elsewhere,
  };
}

type State = (app: TestApp, who: Everyone) => Promise<unknown>;

const STATES = {
  active: () => Promise.resolve(),
  locked: async (app, { email, name }) => {
    for (let turn = 0; turn < 10; turn++)
      await app.http.post('/auth/login').send({ email, password: WRONG }).expect(401);
    for (let turn = 0; turn < 5; turn++)
      await app.http.post('/auth/login').send({ name, pin: '0000' }).expect(401);
  },
  disabled: (app, { id }) => app.database.query('UPDATE users SET disabled_at = now() WHERE id = $1', [id]),
  deleted: (app, { id }) => app.database.query('DELETE FROM users WHERE id = $1', [id]),
  unverified: (app, { id }) =>
    app.database.query('UPDATE users SET email_verified_at = NULL WHERE id = $1', [id]),
  expired: (app, { id }) =>
    app.database.query(`UPDATE sessions SET expires_at = now() - interval '1 s' WHERE user_id = $1`, [id]),
  idle: (app, { id }) =>
    app.database.query(`UPDATE sessions SET idle_expires_at = now() - interval '1 s' WHERE user_id = $1`, [
      id,
    ]),
  revoked: (app, { id }) =>
    app.database.query(`UPDATE sessions SET revoked_at = now() WHERE user_id = $1`, [id]),
} satisfies Record<string, State>;

type Path = (app: TestApp, who: Everyone) => PromiseLike<{ status: number }>;

/** Every path that opens a session. */
const OPENING: Record<string, Path> = {
  'POST /auth/login by password': (app, { email }) =>
    app.http.post('/auth/login').send({ email, password: GOOD_PASSWORD }),
  'POST /auth/login by PIN': (app, { name }) => app.http.post('/auth/login').send({ name, pin: PIN }),
};
const OPENING_VERIFIED: Record<string, Path> = {
  'POST /auth/signin': (app, { email }) =>
    app.http.post('/auth/signin').send({ email, password: GOOD_PASSWORD }),
  'POST /v1/auth/signin': (app, { email }) =>
    app.http.post('/v1/auth/signin').send({ email, password: GOOD_PASSWORD }),
};
/** Those that prove the address on the way, so that nobody is unverified there. */
const OPENING_BY_MAIL: Record<string, Path> = {
  'POST /auth/verify-magic-link by token': (app, { mailed }) =>
    app.http.post('/auth/verify-magic-link').send({ token: mailed.magicToken }),
  'POST /auth/verify-magic-link by code': (app, { email, mailed }) =>
    app.http.post('/auth/verify-magic-link').send({ email, code: mailed.code }),
};
const OPENING_BY_PAGE: Record<string, Path> = {
  'POST /pages/magic-link by token': (app, { mailed }) =>
    app.http.post('/pages/magic-link').type('form').send(`token=${mailed.magicToken}`),
  'POST /pages/magic-link by code': (app, { email, mailed }) =>
    app.http.post('/pages/magic-link').type('form').send(`email=${email}&code=${mailed.code}`),
};
/** Who is not known there any more is somebody new. */
const OPENING_BY_PROVIDER: Record<string, Path> = Object.fromEntries(
  PROVIDERS.map((name) => [
    `GET /auth/${name}/callback`,
    async (app: TestApp, { elsewhere }: Everyone) => {
      const outcome = await new WebAgent(app, provider).signIn(`/auth/${name}`, elsewhere);
      return { status: outcome['token'] ? 200 : outcome['error'] === 'account_unavailable' ? 401 : 500 };
    },
  ]),
);
/** A wallet that is not known any more is somebody new. */
const OPENING_BY_WALLET: Record<string, Path> = {
  'POST /auth/login by wallet': async (app, { wallet }) =>
    app.http.post('/auth/login').send(await signedPayload(app, wallet.account)),
};
/** Somebody who is not known by it any more is somebody new. */
const OPENING_BY_JWT: Record<string, Path> = {
  'POST /api/auth/session': (app, { foreign: { sub } }) => exchange(app, crossmint.jwt({ sub, next: true })),
  'POST /auth/external/:name/session': (app, { foreign: { sub } }) =>
    app.http
      .post('/auth/external/acme/session')
      .send({ jwt: crossmint.jwt({ sub, iss: EXTERNAL, aud: 'app' }) }),
};
/** A JWT that has opened a session opens no other. */
const OPENING_ONCE_MORE: Record<string, Path> = {
  'POST /api/auth/session with the same JWT': (app, { foreign: { jwt } }) => exchange(app, jwt),
};
/** These say when nobody is known by a JWT that is good. */
const USING_BY_JWT: Record<string, Path> = {
  'GET /api/auth/profile': (app, { foreign: { jwt } }) =>
    app.http.get('/api/auth/profile').set(...jwtCookie(jwt)),
  'PATCH /api/auth/profile': (app, { foreign: { jwt } }) =>
    app.http
      .patch('/api/auth/profile')
      .set(...jwtCookie(jwt))
      .send({ onboardingStep: 1 }),
};
/** Whoever it is, and in whatever state. */
const FORGETTING: Record<string, Path> = {
  'POST /api/auth/logout': (app, { foreign: { jwt } }) =>
    app.http.post('/api/auth/logout').set(...jwtCookie(jwt)),
};
/** Without a session these answer 200, and say that there is nobody. */
const USING_OR_NOBODY: Record<string, Path> = {
  'GET /auth/user': async (app, { wallet }) => {
    const { body } = await app.http.get('/auth/user').set(...walletCookies(wallet));
    return { status: body === null ? 204 : 200 };
  },
};
const walletCookies = ({ account, token }: Everyone['wallet']): [string, string] =>
  cookie({ [tokenCookie(account.address)]: token, [ACTIVE]: account.address });
/** Without a good cookie of its own an account is not switched to. */
const SWITCHING: Record<string, Path> = {
  'POST /auth/switch-account': (app, { wallet }) =>
    app.http
      .post('/auth/switch-account')
      .set(...walletCookies(wallet))
      .send({ address: wallet.account.address }),
};
/** Those that set a new password by mail, and open nothing. */
const RESETTING: Record<string, Path> = {
  'POST /auth/reset-password by token': (app, { mailed }) =>
    app.http.post('/auth/reset-password').send({ token: mailed.resetToken, password: NEXT }),
  'POST /auth/password-reset/:email': (app, { email, mailed }) =>
    app.http.post(`/auth/password-reset/${email}`).send({ token: mailed.resetToken, password: NEXT }),
  'POST /v1/auth/password-reset/:email': (app, { email, mailed }) =>
    app.http.post(`/v1/auth/password-reset/${email}`).send({ token: mailed.resetToken, password: NEXT }),
  'POST /pages/reset-password': (app, { mailed }) =>
    app.http
      .post('/pages/reset-password')
      .type('form')
      .send(`token=${mailed.resetToken}&password=${NEXT}&repeat=${NEXT}`),
};
const VERIFYING: Record<string, Path> = {
  'POST /auth/verify': (app, { email, mailed: { verificationCode } }) =>
    app.http.post('/auth/verify').send({ email, verificationCode }),
  'POST /pages/verify': (app, { email, mailed: { verificationCode } }) =>
    app.http.post('/pages/verify').type('form').send(`email=${email}&verificationCode=${verificationCode}`),
};
/** Every path that keeps one going, or answers by one. */
const USING: Record<string, Path> = {
  'POST /auth/refresh by body': (app, { wire: { refreshToken } }) =>
    app.http.post('/auth/refresh').send({ refreshToken }),
  'POST /auth/refresh by cookie': (app, { pin: { refreshToken } }) =>
    app.http.post('/auth/refresh').set(...cookie({ refreshToken })),
  'POST /auth/refresh-token': (app, { managed }) =>
    app.http.post('/auth/refresh-token').send({ refreshToken: managed.refresh_token }),
  'POST /v1/auth/refresh-token': (app, { managed }) =>
    app.http.post('/v1/auth/refresh-token').send({ refreshToken: managed.refresh_token }),
  'GET /auth/me by Bearer': (app, { wire }) => app.http.get('/auth/me').set(...bearer(wire.token)),
  'GET /auth/me by cookie': (app, { pin: { accessToken } }) =>
    app.http.get('/auth/me').set(...cookie({ accessToken })),
  'GET /auth/:userId/sessions': (app, { id, managed }) =>
    app.http.get(`/auth/${id}/sessions`).set(...bearer(managed.access_token)),
  'GET /v1/auth/:userId/sessions by cookie': (app, { id, pin: { accessToken } }) =>
    app.http.get(`/v1/auth/${id}/sessions`).set(...cookie({ accessToken })),
  'DELETE /auth/:sessionId/sessions': (app, { wire, managed }) =>
    app.http.delete(`/auth/${managed.sessionId}/sessions`).set(...bearer(wire.token)),
  'POST /auth/signout': (app, { managed }) =>
    app.http.post('/auth/signout').set(...bearer(managed.access_token)),
  'GET /auth/identities': (app, { wire }) => app.http.get('/auth/identities').set(...bearer(wire.token)),
  ...Object.fromEntries(
    PROVIDERS.map((name) => [
      `GET /auth/link/${name}`,
      (app: TestApp, { wire }: Everyone) =>
        app.http
          .get(`/auth/link/${name}`)
          .set(...bearer(wire.token))
          .set('Accept', 'application/json'),
    ]),
  ),
  'GET /auth/me by the cookie of Crossmint': (app, { foreign: { jwt } }) =>
    app.http.get('/auth/me').set(...jwtCookie(jwt)),
  'GET /auth/me by the cookie of a wallet': (app, { wallet }) =>
    app.http.get('/auth/me').set(...walletCookies(wallet)),
  'GET /auth/wallets': (app, { wallet }) => app.http.get('/auth/wallets').set(...walletCookies(wallet)),
  'DELETE /auth/wallets/:id': (app, { wallet }) =>
    app.http.delete(`/auth/wallets/${wallet.id}`).set(...bearer(wallet.token)),
  'DELETE /auth/identities/:id': (app, { wire, identityId }) =>
    app.http.delete(`/auth/identities/${identityId}`).set(...bearer(wire.token)),
  'POST /auth/logout by Bearer': (app, { wire }) => app.http.post('/auth/logout').set(...bearer(wire.token)),
  'POST /auth/logout by cookie': (app, { pin: { accessToken } }) =>
    app.http.post('/auth/logout').set(...cookie({ accessToken })),
};
const ADDING: Record<string, Path> = {
  'POST /auth/wallets': async (app, { wire }) =>
    app.http
      .post('/auth/wallets')
      .set(...bearer(wire.token))
      .send(await signedPayload(app, someAccount())),
};
/** Every path that asks a signed-in user for the secret once more. */
const USING_SECRET: Record<string, Path> = {
  'POST /auth/change-password': (app, { wire }) =>
    app.http
      .post('/auth/change-password')
      .set(...bearer(wire.token))
      .send({ currentPassword: GOOD_PASSWORD, newPassword: NEXT }),
  'POST /auth/pin': (app, { wire }) =>
    app.http
      .post('/auth/pin')
      .set(...bearer(wire.token))
      .send({ name: someName(), pin: '1234', currentPassword: GOOD_PASSWORD }),
  'POST /auth/reset-password with a Bearer token': (app, { email, wire }) =>
    app.http
      .post('/auth/reset-password')
      .set(...bearer(wire.token))
      .send({ email, oldPassword: GOOD_PASSWORD, newPassword: NEXT }),
};
/** The one that asks for the secret alone, and opens nothing. */
const SECRET_ALONE: Record<string, Path> = {
  'POST /auth/reset-password': (app, { email }) =>
    app.http.post('/auth/reset-password').send({ email, oldPassword: GOOD_PASSWORD, newPassword: NEXT }),
};

type Expected = Record<keyof typeof STATES, number>;
const ended = { expired: 401, idle: 401, revoked: 401 };
const gone = { disabled: 401, deleted: 401 };
const open = { expired: 200, idle: 200, revoked: 200 };

const ROWS: [Record<string, Path>, Expected][] = [
  [OPENING, { active: 200, locked: 429, unverified: 200, ...gone, ...open }],
  [OPENING_VERIFIED, { active: 200, locked: 429, unverified: 401, ...gone, ...open }],
  [OPENING_BY_MAIL, { active: 200, locked: 200, unverified: 200, ...gone, ...open }],
  [
    OPENING_BY_PAGE,
    {
      ...{ active: 303, locked: 303, unverified: 303, disabled: 400, deleted: 400 },
      ...{ expired: 303, idle: 303, revoked: 303 },
    },
  ],
  [OPENING_BY_PROVIDER, { active: 200, locked: 200, unverified: 200, disabled: 401, deleted: 200, ...open }],
  [RESETTING, { active: 200, locked: 200, unverified: 200, disabled: 400, deleted: 400, ...open }],
  // Who is verified can't be once more.
  [
    VERIFYING,
    {
      ...{ active: 400, locked: 400, unverified: 200, disabled: 400, deleted: 400 },
      ...{ expired: 400, idle: 400, revoked: 400 },
    },
  ],
  [OPENING_BY_WALLET, { active: 200, locked: 200, unverified: 200, disabled: 401, deleted: 200, ...open }],
  [OPENING_BY_JWT, { active: 200, locked: 200, unverified: 200, disabled: 401, deleted: 200, ...open }],
  [OPENING_ONCE_MORE, { active: 200, locked: 200, unverified: 200, ...gone, ...ended }],
  [USING_BY_JWT, { active: 200, locked: 200, unverified: 200, disabled: 401, deleted: 404, ...ended }],
  [FORGETTING, { active: 200, locked: 200, unverified: 200, disabled: 200, deleted: 200, ...open }],
  [USING, { active: 200, locked: 200, unverified: 200, ...gone, ...ended }],
  [ADDING, { active: 201, locked: 201, unverified: 201, ...gone, ...ended }],
  [
    USING_OR_NOBODY,
    {
      ...{ active: 200, locked: 200, unverified: 200, disabled: 204, deleted: 204 },
      ...{ expired: 204, idle: 204, revoked: 204 },
    },
  ],
  [
    SWITCHING,
    {
      ...{ active: 200, locked: 200, unverified: 200, disabled: 400, deleted: 400 },
      ...{ expired: 400, idle: 400, revoked: 400 },
    },
  ],
  [USING_SECRET, { active: 200, locked: 429, unverified: 200, ...gone, ...ended }],
  [SECRET_ALONE, { active: 200, locked: 429, unverified: 200, ...gone, ...open }],
];

const cases = (states: (keyof typeof STATES)[]) =>
  ROWS.flatMap(([paths, expected]) =>
    Object.entries(paths).flatMap(([name, path]) =>
      states.map((state) => ({ name, state, path, status: expected[state] })),
    ),
  );

describe('[A3] the gate: every state on every path', () => {
  const app = useApp({ environment });

  it.each(cases(Object.keys(STATES) as (keyof typeof STATES)[]))(
    '$state: $name is $status',
    async ({ name, state, path, status }) => {
      const who = await someone(app, name);
      await STATES[state](app, who);
      expect((await path(app, who)).status).toBe(status);
    },
  );

  it('no route that asks for a session was left out', () => {
    const tried = ROWS.flatMap(([paths]) => Object.keys(paths)).map((name) => name.replace('/v1', ''));
    const open = [
      'GET /.well-known/jwks.json',
      'GET /auth/health',
      'GET /docs',
      'GET /openapi',
      'POST /auth/register',
      'POST /auth/forgot-password',
      'POST /auth/magic-link',
      'POST /auth/payload',
      'GET /auth/nonce',
      'POST /auth/verification-mail',
      'POST /v1/auth/forgot-password',
      'POST /v1/auth/verification-mail',
      'GET /auth/callback',
      'GET /auth/verify',
      'GET /v1/auth/verify',
      'GET /reset-password',
      'GET /magic-link',
      'GET /pages/',
    ];
    const starts = PROVIDERS.map((name) => `GET /auth/${name}`);
    for (const route of app.routes) {
      if (open.some((one) => route.startsWith(one)) || starts.includes(route)) continue;
      expect([route, tried.some((name) => `${name} `.startsWith(`${route.replace('/v1', '')} `))]).toEqual([
        route,
        true,
      ]);
    }
  });
});

describe('[A3] the gate where verified emails are demanded', () => {
  const app = useApp({ environment: verified });

  it.each(
    [
      ...[OPENING, OPENING_VERIFIED, OPENING_BY_PROVIDER, OPENING_BY_WALLET, OPENING_BY_JWT],
      ...[OPENING_ONCE_MORE, USING_BY_JWT, USING, ADDING],
    ].flatMap((paths) => Object.entries(paths).map(([name, path]) => ({ name, path }))),
  )('unverified: $name is 401', async ({ name, path }) => {
    const who = await someone(app, name);
    await STATES.unverified(app, who);
    expect((await path(app, who)).status).toBe(401);
  });
});

describe('[A3] the gate where verified emails are demanded, by mail', () => {
  const app = useApp({ environment: verified });

  it.each(Object.entries(OPENING_BY_MAIL))('unverified: %s verifies', async (name, path) => {
    const who = await someone(app, name);
    await STATES.unverified(app, who);
    expect((await path(app, who)).status).toBe(200);
  });
});
