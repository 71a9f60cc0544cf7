import { bearer, cookiesOf, register, verifyEmail } from './support/builders';
import {
  exchange,
  jwtCookie,
  keptFrom,
  profileOf,
  REFRESH,
  sessionsOf,
  someSubject,
  useCrossmint,
  WALLETS,
  withoutJwt,
} from './support/crossmint';
import { useApp } from './support/test-app';

describe('CROSSMINT_JIT_USERS=false', () => {
  const environment: Record<string, string> = { CROSSMINT_JIT_USERS: 'false' };
  const crossmint = useCrossmint(environment);
  const app = useApp({ environment });

  it('somebody new keeps the JWT, and has no account', async () => {
    const sub = someSubject();
    const answer = await exchange(app, crossmint.jwt({ sub }), { refreshToken: crossmint.secretOf(sub) });
    expect(answer.status).toBe(200);
    const { body } = await profileOf(app, keptFrom(answer)).expect(404);
    expect(body.code).toBe('USER_NOT_FOUND');
    await profileOf(app, withoutJwt(keptFrom(answer))).expect(401);
    const [{ count }] = await app.database.query('SELECT count(*)::int FROM users');
    expect(count).toBe(0);
  });

  it('who has one signs in, by the identity or by an address that is vouched for', async () => {
    const { id, email } = await register(app);
    await verifyEmail(app, id);
    const sub = someSubject();
    for (const claims of [{ sub, email, email_verified: true }, { sub }]) {
      const answer = await exchange(app, crossmint.jwt(claims)).expect(200);
      expect((await profileOf(app, keptFrom(answer)).expect(200)).body.userId).toBe(id);
    }
  });
});

describe('REGISTRATION=closed', () => {
  const environment: Record<string, string> = { REGISTRATION: 'closed' };
  const crossmint = useCrossmint(environment);
  const app = useApp({ environment });

  it('says so to somebody new', async () => {
    const { body } = await exchange(app, crossmint.jwt()).expect(403);
    expect(body).toEqual({ error: 'Registration is closed on this server', code: 'FORBIDDEN' });
  });
});

describe('without a project', () => {
  const environment: Record<string, string> = { CROSSMINT_PROJECT_ID: '' };
  const crossmint = useCrossmint(environment);
  const app = useApp({ environment });

  it('[A5] JWTs of every project are taken, and their word for an address is not', async () => {
    const { id, email } = await register(app);
    await verifyEmail(app, id);
    const answer = await exchange(app, crossmint.jwt({ aud: 'any', email, email_verified: true })).expect(
      200,
    );
    const { body } = await profileOf(app, keptFrom(answer)).expect(200);
    expect(body.userId).not.toBe(id);
  });

  it('without a key for servers there is no wallet', async () => {
    const answer = await exchange(app, crossmint.jwt()).expect(200);
    const { body } = await profileOf(app, keptFrom(answer)).expect(200);
    expect(body).toMatchObject({ walletStatus: 'none', walletAddress: null });
    expect(crossmint.timesAsked(WALLETS)).toBe(0);
  });
});

describe('LIMIT_EXCHANGES', () => {
  const environment: Record<string, string> = { LIMIT_EXCHANGES: '5' };
  const crossmint = useCrossmint(environment);
  const app = useApp({ environment });

  it('bounds what one person may have us ask, and nobody else', async () => {
    const sub = someSubject();
    const jwt = crossmint.jwt({ sub });
    const ask = () => exchange(app, jwt, { refreshToken: `rt_${Math.random()}` });
    const answers = await Promise.all(Array.from({ length: 20 }, ask));
    const taken = answers.filter(({ status }) => status === 200);
    const refused = answers.filter(({ status }) => status === 429);
    expect([taken.length, refused.length].every((count) => count > 0)).toBe(true);
    expect(taken.length + refused.length).toBe(20);
    expect(crossmint.timesAsked(REFRESH)).toBeLessThanOrEqual(5);
    expect(refused[0]?.body).toEqual({
      error: expect.stringMatching(/^Too many attempts; try again in \d+ seconds$/),
      code: 'RATE_LIMITED',
    });
    expect(Number(refused[0]?.headers['retry-after'])).toBeGreaterThan(0);
    await exchange(app, crossmint.jwt()).expect(200);
    // The session is not in its way.
    await profileOf(app, jwtCookie(jwt)).expect(200);
  });
});

describe('[A13] a JWT that comes again', () => {
  const environment: Record<string, string> = {};
  const crossmint = useCrossmint(environment);
  const app = useApp({ environment });

  it('after its session has ended is told to the audit', async () => {
    const jwt = crossmint.jwt();
    await exchange(app, jwt).expect(200);
    const { userId } = (await profileOf(app, jwtCookie(jwt)).expect(200)).body;
    await app.http
      .post('/api/auth/logout')
      .set(...jwtCookie(jwt))
      .expect(200);
    await exchange(app, jwt).expect(401);
    expect(await sessionsOf(app, userId)).toEqual([]);
    const events = await app.database.query(
      `SELECT action, user_id, details FROM audit_events ORDER BY id DESC LIMIT 2`,
    );
    expect(events).toEqual([
      {
        action: 'sign_in_failed',
        user_id: null,
        details: {
          method: 'crossmint',
          contract: 'crossmint',
          issuer: crossmint.url,
          reason: 'its session has ended',
        },
      },
      expect.objectContaining({ action: 'session_revoked', user_id: userId }),
    ]);
  });
});

const PRODUCTION = {
  NODE_ENV: 'production',
  PUBLIC_URL: 'https://auth.example.com',
  BCRYPT_COST: '10',
  SMTP_URL: 'smtp://127.0.0.1:1',
  MAIL_FROM: 'no-reply@example.com',
};

describe('in production', () => {
  const environment: Record<string, string> = { ...PRODUCTION };
  const crossmint = useCrossmint(environment);
  const app = useApp({ environment });

  it('cookies are sent by https alone', async () => {
    const sub = someSubject();
    const more = { refreshToken: crossmint.secretOf(sub), email: 'user@example.com' };
    const answer = await exchange(app, crossmint.jwt({ sub }), more).expect(200);
    for (const { attributes } of Object.values(cookiesOf(answer))) expect(attributes).toContain('Secure');
    const { body } = await app.http.get('/auth/health').expect(200);
    expect(body.providers).toContain('crossmint');
  });
});

describe('in production without a project', () => {
  const environment: Record<string, string> = {
    ...PRODUCTION,
    CROSSMINT_PROJECT_ID: '',
  };
  const crossmint = useCrossmint(environment);
  const app = useApp({ environment });

  it('it is off, says so, and is not named', async () => {
    const off = {
      error: 'This way to sign in is not configured on this server (CROSSMINT_PROJECT_ID)',
      code: 'PROVIDER_NOT_CONFIGURED',
    };
    const jwt = crossmint.jwt();
    expect((await exchange(app, jwt).expect(404)).body).toEqual(off);
    expect((await profileOf(app, jwtCookie(jwt)).expect(404)).body).toEqual(off);
    expect((await app.http.get('/api/auth/profile').expect(404)).body).toEqual(off);
    expect((await app.http.patch('/api/auth/profile').send({ onboardingStep: 1 }).expect(404)).body).toEqual(
      off,
    );
    const { body } = await app.http.get('/auth/health').expect(200);
    expect(body.providers).not.toContain('crossmint');
    await app.http
      .get('/auth/me')
      .set(...jwtCookie(jwt))
      .expect(401);
    // What a browser has left is deleted even so.
    const answer = await app.http
      .post('/api/auth/logout')
      .set(...jwtCookie(jwt))
      .expect(200);
    expect(cookiesOf(answer)['crossmint-jwt']?.value).toBe('');
    await app.http
      .get('/api/auth/profile')
      .set(...bearer('rubbish'))
      .expect(404);
    expect(crossmint.asked).toEqual([]);
  });
});
