import { createHash } from 'node:crypto';
import { bearer, register, someEmail, verifyEmail } from './support/builders';
import { linkIn, useMailbox } from './support/mailbox';
import { enrol, useProvider, type Person } from './support/provider';
import { useApp, type TestApp } from './support/test-app';
import { outcomeOf, PUBLIC_URL, WebAgent } from './support/web-agent';

const TOKENS = { token: expect.any(String), refreshToken: expect.any(String) };
const NAMES = ['google', 'github', 'oidc'];

const me = async (app: TestApp, token = '') =>
  (
    await app.http
      .get('/auth/me')
      .set(...bearer(token))
      .expect(200)
  ).body.user;

const identitiesOf = async (app: TestApp, token = '') =>
  (
    await app.http
      .get('/auth/identities')
      .set(...bearer(token))
      .expect(200)
  ).body.identities;

describe('sign-in by a provider', () => {
  const environment: Record<string, string> = {};
  const provider = useProvider(environment);
  const app = useApp({ environment });
  const agent = () => new WebAgent(app, provider);
  const signIn = async (name: string, person: Person) => {
    const outcome = await agent().signIn(`/auth/${name}`, person);
    expect(outcome).toEqual(TOKENS);
    return outcome as { token: string; refreshToken: string };
  };

  describe.each(NAMES)('%s', (name) => {
    it('a person gets an account, and the same one again', async () => {
      const person = enrol(provider, { email: someEmail(), verified: true, name: 'Ada Lovelace' });
      const [first, second] = [await signIn(name, person), await signIn(name, person)];
      const user = await me(app, first.token);
      expect(user).toMatchObject({ email: person.email, name: 'Ada Lovelace' });
      expect(await me(app, second.token)).toEqual(user);
      const { body } = await app.http.get(`/auth/${user._id}/sessions`).set(...bearer(first.token));
      expect(body.data).toHaveLength(2);
      expect(body.data[0]).toMatchObject({ method: name, sessionType: 'user-session' });
      await app.http.post('/auth/refresh').send({ refreshToken: first.refreshToken }).expect(200);
      expect(await identitiesOf(app, first.token)).toEqual([
        {
          id: expect.any(String),
          provider: name,
          email: person.email,
          name: name === 'github' ? `login-${person.id}` : 'Ada Lovelace',
          createdAt: expect.any(String),
        },
      ]);
    });

    it('[B58][B59][B60] asks with a state, with PKCE by S256, and with a redirect URI of its own', async () => {
      const person = enrol(provider);
      const one = agent();
      const url = new URL(await one.locationOf(`/auth/${name}`));
      const other = new URL(await agent().locationOf(`/auth/${name}`));
      expect(Object.fromEntries(url.searchParams)).toMatchObject({
        response_type: 'code',
        client_id: `${name}-client`,
        redirect_uri: `${PUBLIC_URL}/auth/${name}/callback`,
        state: expect.stringMatching(/^gha_[\w-]{43}$/),
        code_challenge: expect.stringMatching(/^[\w-]{43}$/),
        code_challenge_method: 'S256',
      });
      for (const field of ['state', 'code_challenge', ...(name === 'oidc' ? ['nonce'] : [])]) {
        expect(url.searchParams.get(field)).toMatch(/.{43}/);
        expect(url.searchParams.get(field)).not.toBe(other.searchParams.get(field));
      }
      provider.tokenRequests.splice(0);
      await one.open(await one.answerAt(url.href, person));
      if (name === 'oidc') return;
      const [{ code_verifier: verifier = '' } = {}] = provider.tokenRequests;
      expect(createHash('sha256').update(verifier).digest('base64url')).toBe(
        url.searchParams.get('code_challenge'),
      );
    });

    it('puts no secret into a URL at the provider', async () => {
      provider.requests.splice(0);
      await signIn(name, enrol(provider, { email: someEmail(), verified: true }));
      const lines = provider.requests.map(({ line }) => line).join('\n');
      expect(lines).not.toMatch(/access_token=|client_secret=|code_verifier=/);
      const told = provider.requests.filter(({ headers }) => headers.authorization?.startsWith('Bearer '));
      expect(told).toHaveLength(name === 'github' ? 2 : 1);
    });

    it('someone whose address is not verified gets an account without one', async () => {
      const email = someEmail();
      const owner = await register(app, { email });
      await verifyEmail(app, owner.id);
      const { token } = await signIn(name, enrol(provider, { email, verified: false, name: 'Bob' }));
      const user = await me(app, token);
      expect(user).toMatchObject({ email: null, name: 'Bob' });
      expect(user._id).not.toBe(owner.id);
    });

    it('someone without an address gets an account without one', async () => {
      expect(await me(app, (await signIn(name, enrol(provider, { name: 'Carol' }))).token)).toMatchObject({
        email: null,
        name: 'Carol',
      });
    });

    it('[B62] someone whose address changes there stays who they are, with the address that they have here', async () => {
      const person = enrol(provider, { email: someEmail(), verified: true });
      const { token } = await signIn(name, person);
      const user = await me(app, token);
      const next = someEmail();
      enrol(provider, { ...person, email: next });
      expect(await me(app, (await signIn(name, person)).token)).toEqual(user);
      expect(await identitiesOf(app, token)).toMatchObject([{ email: next }]);
      // Who has the old address there now is somebody else, and joins by the address that is vouched for.
      const heir = enrol(provider, { email: next, verified: true });
      expect((await me(app, (await signIn(name, heir)).token))._id).not.toBe(user._id);
    });

    it('someone without a name', async () => {
      const { token } = await signIn(name, enrol(provider, { email: someEmail(), verified: true }));
      expect((await me(app, token)).name).toBeNull();
    });

    it('a name that is told later fills an empty one, and no other', async () => {
      const person = enrol(provider, { email: someEmail(), verified: true, name: '' });
      const { token } = await signIn(name, person);
      expect((await me(app, token)).name).toBeNull();
      enrol(provider, { ...person, name: 'Erin' });
      await signIn(name, person);
      expect((await me(app, token)).name).toBe('Erin');
      enrol(provider, { ...person, name: 'Somebody Else' });
      await signIn(name, person);
      expect((await me(app, token)).name).toBe('Erin');
    });

    it('an address that is verified there later is not taken over by an account that has none', async () => {
      const person = enrol(provider, { email: someEmail(), verified: false });
      const { token } = await signIn(name, person);
      enrol(provider, { ...person, verified: true });
      expect((await me(app, (await signIn(name, person)).token))._id).toBe((await me(app, token))._id);
      expect((await me(app, token)).email).toBeNull();
      expect(await identitiesOf(app, token)).toMatchObject([{ email: person.email }]);
    });

    it('access_denied: who cancels there is told so here', async () => {
      expect(await agent().signIn(`/auth/${name}`, null)).toEqual({ error: 'access_denied' });
    });

    it('a disabled account is not signed in to', async () => {
      const person = enrol(provider, { email: someEmail(), verified: true });
      const { _id: id } = await me(app, (await signIn(name, person)).token);
      await app.database.query('UPDATE users SET disabled_at = now() WHERE id = $1', [id]);
      expect(await agent().signIn(`/auth/${name}`, person)).toEqual({ error: 'account_unavailable' });
      const other = NAMES.find((one) => one !== name) ?? '';
      expect(await agent().signIn(`/auth/${other}`, person)).toEqual({ error: 'account_unavailable' });
    });
  });

  it('[B62] one address at several providers is one user with several identities', async () => {
    const email = someEmail();
    const tokens = [];
    for (const name of NAMES) {
      tokens.push(
        (await signIn(name, enrol(provider, { email: email.toUpperCase(), verified: true }))).token,
      );
    }
    const [user, ...others] = await Promise.all(tokens.map((token) => me(app, token)));
    expect(user.email).toBe(email);
    for (const other of others) expect(other).toEqual(user);
    expect((await identitiesOf(app, tokens[0])).map((one: { provider: string }) => one.provider)).toEqual(
      NAMES,
    );
  });

  it('[B62] the same number at two providers is two people', async () => {
    const person = enrol(provider);
    const [one, other] = [await signIn('google', person), await signIn('github', person)];
    expect((await me(app, one.token))._id).not.toBe((await me(app, other.token))._id);
  });

  it.each([
    'jürgen@example.com',
    '"a@evil"@example.com',
    'nobody',
    'a@example.com\r\nBcc: b@example.com',
    'ａ@example.com',
  ])('[A17] an address that we would not take from its owner is not taken over: %j', async (email) => {
    const { token } = await signIn('google', enrol(provider, { email, verified: true }));
    expect((await me(app, token)).email).toBeNull();
  });

  it('a name of any length and kind is cut to one that we would take', async () => {
    const name = `\u0000A\u202ElĂ${'😀'.repeat(200)}`;
    const { token } = await signIn('google', enrol(provider, { email: someEmail(), verified: true, name }));
    const told = (await me(app, token)).name as string;
    expect(told.length).toBeLessThanOrEqual(100);
    expect(told).toMatch(/^A.*lĂ(😀)+$/u);
  });

  it('the audit tells of the registration, the identity and the session, and of refusals', async () => {
    const person = enrol(provider, { email: someEmail(), verified: true });
    const { token } = await signIn('google', person);
    const { _id: id } = await me(app, token);
    const events = await app.database.query(
      'SELECT action, details FROM audit_events WHERE user_id = $1 ORDER BY id',
      [id],
    );
    expect(events).toEqual([
      { action: 'registered', details: {} },
      {
        action: 'credential_changed',
        details: { credential: 'google', issuer: provider.issuers.google, change: 'added' },
      },
      { action: 'signed_in', details: { method: 'google', contract: 'wire' } },
    ]);
    await agent().signIn('/auth/github', null);
    const [last] = await app.database.query(
      'SELECT action, details FROM audit_events ORDER BY id DESC LIMIT 1',
    );
    expect(last).toEqual({
      action: 'sign_in_failed',
      details: { method: 'github', contract: 'wire', reason: 'access_denied' },
    });
  });

  it('fifty first sign-ins of one person at once make one account', async () => {
    const person = enrol(provider, { email: someEmail(), verified: true });
    const callbacks = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const one = agent();
        return { one, callback: await one.authorize('/auth/google', person) };
      }),
    );
    const outcomes = await Promise.all(
      callbacks.map(async ({ one, callback }) => outcomeOf(await one.locationOf(callback))),
    );
    for (const outcome of outcomes) expect(outcome).toEqual(TOKENS);
    const [{ users }] = await app.database.query(
      'SELECT count(DISTINCT user_id)::int AS users FROM identities WHERE subject = $1',
      [String(person.id)],
    );
    expect(users).toBe(1);
  });
});

describe('[A5] an account that was there before', () => {
  const environment: Record<string, string> = {};
  const mailbox = useMailbox(environment);
  const provider = useProvider(environment);
  const app = useApp({ environment });
  const agent = () => new WebAgent(app, provider);
  const password = 'the-attacker-knows-this';

  it.each(NAMES)(
    'whoever registered the address before its owner came by %s has nothing left',
    async (name) => {
      const email = someEmail();
      const attacker = await register(app, { email, password });
      await app.http
        .post('/auth/pin')
        .set(...bearer(attacker.token))
        .send({ name: `attacker-${email}`.slice(0, 60), pin: '4711', currentPassword: password })
        .expect(200);
      const accomplice = enrol(provider, { email: someEmail(), verified: true });
      const linking = await agent().signIn('/auth/link/google', accomplice, {
        headers: { authorization: `Bearer ${attacker.token}` },
      });
      expect(linking).toEqual({ linked: 'google' });

      const victim = enrol(provider, { email, verified: true, name: 'Victim' });
      const outcome = await agent().signIn(`/auth/${name}`, victim);
      expect(await me(app, outcome['token'])).toMatchObject({ _id: attacker.id, email });
      await app.http
        .get('/auth/me')
        .set(...bearer(attacker.token))
        .expect(401);
      await app.http.post('/auth/refresh').send({ refreshToken: attacker.refreshToken }).expect(401);
      await app.http.post('/auth/login').send({ email, password }).expect(401);
      await app.http
        .post('/auth/login')
        .send({ name: `attacker-${email}`.slice(0, 60), pin: '4711' })
        .expect(401);
      const back = await agent().signIn('/auth/google', accomplice);
      expect((await me(app, back['token']))._id).not.toBe(attacker.id);
      expect(await identitiesOf(app, outcome['token'])).toMatchObject([{ provider: name, email }]);
      await mailbox.next(email, /old credentials were removed/);
    },
  );

  it('what a squatter has linked goes with the reset, also where the owner has confirmed the address', async () => {
    const email = someEmail();
    const attacker = await register(app, { email, password });
    const accomplice = enrol(provider, { email: someEmail(), verified: true });
    const own = enrol(provider, { email, verified: true });
    const by = { headers: { authorization: `Bearer ${attacker.token}` } };
    expect(await agent().signIn('/auth/link/google', accomplice, by)).toEqual({ linked: 'google' });
    const confirming = linkIn(await mailbox.next(email, /Confirm/)).searchParams;
    await app.http
      .post('/auth/verify')
      .send({ email, verificationCode: confirming.get('verificationCode') })
      .expect(200);
    // The owner's own is of the address that the reset proves.
    expect(await agent().signIn('/auth/github', own)).toEqual(TOKENS);
    await app.http.post('/auth/forgot-password').send({ email }).expect(200);
    const token = linkIn(await mailbox.next(email, /^Reset/)).searchParams.get('token');
    await app.http.post('/auth/reset-password').send({ token, password: 'of-the-owner-alone' }).expect(200);
    expect((await mailbox.next(email, /was reset/)).text).toContain('were unlinked');
    const back = await agent().signIn('/auth/google', accomplice);
    expect((await me(app, back['token']))._id).not.toBe(attacker.id);
    const again = await agent().signIn('/auth/github', own);
    expect((await me(app, again['token']))._id).toBe(attacker.id);
  });

  it('the reverse: who comes by Google first can’t be registered over, nor joined by an unverified address', async () => {
    const email = someEmail();
    const victim = await agent().signIn('/auth/google', enrol(provider, { email, verified: true }));
    const { _id: id } = await me(app, victim['token']);
    await app.http.post('/auth/register').send({ email, password }).expect(409);
    for (const name of NAMES) {
      const outcome = await agent().signIn(`/auth/${name}`, enrol(provider, { email, verified: false }));
      expect((await me(app, outcome['token']))._id).not.toBe(id);
    }
    await app.http
      .get('/auth/me')
      .set(...bearer(victim['token'] ?? ''))
      .expect(200);
  });

  it('[B24] of somebody who has proven the address is joined, keeps its password, and its owner is told', async () => {
    const owner = await register(app);
    await verifyEmail(app, owner.id);
    const outcome = await agent().signIn(
      '/auth/github',
      enrol(provider, { email: owner.email, verified: true, name: 'Grace' }),
    );
    expect(await me(app, outcome['token'])).toMatchObject({ _id: owner.id, name: 'Grace' });
    await app.http
      .get('/auth/me')
      .set(...bearer(owner.token))
      .expect(200);
    await app.http.post('/auth/login').send({ email: owner.email, password: owner.password }).expect(200);
    const mail = await mailbox.next(owner.email, /GitHub was linked/);
    expect(mail.text).toContain('Account there');
  });

  it('who came by a provider may sign in by a link, and the other way round', async () => {
    const email = someEmail();
    const first = await agent().signIn('/auth/oidc', enrol(provider, { email, verified: true }));
    await app.http.post('/auth/magic-link').send({ email }).expect(200);
    const token = linkIn(await mailbox.next(email, /sign-in link/)).searchParams.get('token');
    const { body } = await app.http.post('/auth/verify-magic-link').send({ token }).expect(200);
    expect(body.user._id).toBe((await me(app, first['token']))._id);
  });
});

describe('who may have an account', () => {
  const environment: Record<string, string> = { REGISTRATION: 'closed', REQUIRE_VERIFIED_EMAIL: 'true' };
  const provider = useProvider(environment);
  const app = useApp({ environment });
  const agent = () => new WebAgent(app, provider);
  const user = async (email: string, verified: boolean) => {
    const [{ id }] = await app.database.query(
      'INSERT INTO users (email, email_verified_at, created_at) VALUES ($1, $2, now()) RETURNING id',
      [email, verified ? new Date() : null],
    );
    return id as string;
  };

  it('where registration is closed nobody new comes by a provider', async () => {
    const person = enrol(provider, { email: someEmail(), verified: true });
    expect(await agent().signIn('/auth/google', person)).toEqual({ error: 'account_unavailable' });
    expect(await app.database.query('SELECT FROM users WHERE email = $1', [person.email])).toEqual([]);
    await user(person.email ?? '', true);
    expect(await agent().signIn('/auth/google', person)).toEqual(TOKENS);
  });

  it('where addresses must be verified, the provider’s word is enough', async () => {
    const person = enrol(provider, { email: someEmail(), verified: true });
    await user(person.email ?? '', false);
    expect(await agent().signIn('/auth/google', person)).toEqual(TOKENS);
  });

  it('where addresses must be verified, the word for the very address of the account is enough, also later', async () => {
    const id = await user(someEmail(), false);
    const person = enrol(provider);
    await app.database.query(
      `INSERT INTO identities (user_id, method, issuer, subject, created_at) VALUES ($1, 'google', $2, $3, now())`,
      [id, provider.issuers.google, String(person.id)],
    );
    const [{ email }] = await app.database.query('SELECT email FROM users WHERE id = $1', [id]);
    expect(await agent().signIn('/auth/google', person)).toEqual({ error: 'account_unavailable' });
    enrol(provider, { ...person, email, verified: true });
    expect(await agent().signIn('/auth/google', person)).toEqual(TOKENS);
  });

  it('where addresses must be verified, an identity is no way around', async () => {
    const id = await user(someEmail(), false);
    const person = enrol(provider);
    await app.database.query(
      `INSERT INTO identities (user_id, method, issuer, subject, created_at) VALUES ($1, 'google', $2, $3, now())`,
      [id, provider.issuers.google, String(person.id)],
    );
    expect(await agent().signIn('/auth/google', person)).toEqual({ error: 'account_unavailable' });
    // The gate has told the audit, and nobody else.
    const told = await app.database.query(
      `SELECT user_id AS "userId", details->>'reason' AS reason FROM audit_events ORDER BY id DESC LIMIT 2`,
    );
    expect(told[0]).toEqual({ userId: id, reason: 'email not verified' });
    expect(told[1].userId).not.toBe(id);
  });
});

describe('how many', () => {
  const environment: Record<string, string> = { LIMIT_OAUTH_STARTS: '4', LIMIT_REGISTRATIONS: '1' };
  const provider = useProvider(environment);
  const app = useApp({ environment });

  it('sign-ins one address may begin, of all providers together, and accounts it may make', async () => {
    const agent = () => new WebAgent(app, provider);
    expect(await agent().signIn('/auth/google', enrol(provider))).toEqual(TOKENS);
    const known = enrol(provider);
    expect(await agent().signIn('/auth/github', known)).toEqual({ error: 'account_unavailable' });
    expect(await agent().signIn('/auth/oidc', null)).toEqual({ error: 'access_denied' });
    await app.http.get('/auth/google').expect(302);
    const { headers, body } = await app.http.get('/auth/github').expect(429);
    expect(body.error.code).toBe('RATE_LIMITED');
    expect(Number(headers['retry-after'])).toBeGreaterThan(500);
  });
});

describe('providers that are not configured', () => {
  const app = useApp();

  it('answer 404 on all their paths, and health does not name them', async () => {
    const { token } = await register(app);
    for (const name of NAMES) {
      for (const path of [`/auth/${name}`, `/auth/${name}/callback?code=1&state=2`, `/auth/link/${name}`]) {
        const { body } = await app.http
          .get(path)
          .set(...bearer(token))
          .expect(404);
        expect(body.error.code).toBe('PROVIDER_NOT_CONFIGURED');
      }
    }
    expect((await app.http.get('/auth/health')).body.providers).toEqual([
      'local',
      'magic-link',
      'pin',
      'wallet',
      'crossmint',
    ]);
  });
});

describe('providers that are', () => {
  const environment: Record<string, string> = {
    PUBLIC_URL: 'https://auth.example.com',
    COOKIE_DOMAIN: 'example.com',
  };
  useProvider(environment);
  const app = useApp({ environment });

  it('stand in health, in the order of the contract', async () => {
    expect((await app.http.get('/auth/health')).body.providers).toEqual([
      ...['local', 'google', 'github', 'magic-link', 'pin', 'wallet', 'crossmint', 'oidc'],
    ]);
  });

  it('[B43] keep a sign-in under way in a cookie that is this host’s alone', async () => {
    const { headers } = await app.http.get('/auth/google').expect(302);
    const [cookie = ''] = headers['set-cookie'] as unknown as string[];
    expect(cookie).toMatch(/^__Host-gatehouse-oauth-[\w-]+=[\w-]+; /);
    expect(cookie.split('; ').slice(1).sort()).toEqual([
      ...['HttpOnly', 'Max-Age=600', 'Path=/', 'SameSite=Lax', 'Secure'],
    ]);
  });
});
