import {
  bearer,
  cookie,
  givePin,
  lockUser,
  refresh,
  register,
  registerPin,
  someEmail,
  someName,
  statusOf,
  verifyEmail,
} from './support/builders';
import { linkIn, until, useMailbox } from './support/mailbox';
import { enrol, useProvider, type Person } from './support/provider';
import { useApp } from './support/test-app';
import { outcomeOf, PUBLIC_URL, WebAgent } from './support/web-agent';

const environment: Record<string, string> = {
  LIMIT_WRONG_PINS_IN_A_ROW: '2',
  ALLOWED_REDIRECT_ORIGINS: 'https://app.example',
  CORS_ORIGINS: 'https://app.example',
};
const mailbox = useMailbox(environment);
const provider = useProvider(environment);
const app = useApp({ environment });
const agent = () => new WebAgent(app, provider);
const by = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
const link = (name: string, person: Person, token: string) =>
  agent().signIn(`/auth/link/${name}`, person, by(token));
const signIn = async (name: string, person: Person) => {
  const { token = '', refreshToken = '' } = await agent().signIn(`/auth/${name}`, person);
  return { token, refreshToken };
};
const identitiesOf = async (token: string) =>
  (
    await app.http
      .get('/auth/identities')
      .set(...bearer(token))
      .expect(200)
  ).body.identities;
const me = async (token: string) => (await app.http.get('/auth/me').set(...bearer(token))).body.user;
const unlink = (id: string, token: string) => app.http.delete(`/auth/identities/${id}`).set(...bearer(token));

describe('linking', () => {
  // The first, because what the provider offers is remembered for an hour.
  it('a script is told when the provider can’t be asked', async () => {
    const { token } = await register(app);
    provider.wrong.set('/.well-known/openid-configuration', (_request, response) => void response.end('[]'));
    const sent = app.http.get('/auth/link/oidc').set(...bearer(token));
    const { headers, body } = await sent.set('Accept', 'application/json').expect(503);
    expect(body.error.code).toBe('ISSUER_UNAVAILABLE');
    expect(headers['retry-after']).toBe('10');
    // And a person is sent to where they were to end.
    expect(await agent().locationOf('/auth/oidc?redirect=https://app.example/account')).toBe(
      'https://app.example/account#error=provider_error',
    );
  });

  it.each(['google', 'github', 'oidc'])('%s: from then on the person signs in by it', async (name) => {
    const person = await register(app);
    const elsewhere = enrol(provider, { email: someEmail(), verified: true, name: 'Ada' });
    expect(await link(name, elsewhere, person.token)).toEqual({ linked: name });
    expect(await identitiesOf(person.token)).toEqual([
      expect.objectContaining({ provider: name, email: elsewhere.email }),
    ]);
    const { token } = await signIn(name, elsewhere);
    expect(await me(token)).toMatchObject({ _id: person.id, email: person.email, name: 'Ada' });
    expect(await statusOf(app, person.token)).toBe(200);
    expect((await mailbox.next(person.email, /was linked/)).text).toContain(elsewhere.email);
  });

  it('a script gets the address in place of a redirect', async () => {
    const { token } = await register(app);
    const one = agent();
    const headers = { ...by(token).headers, accept: 'application/json' };
    const answer = await one.open('/auth/link/google', { headers });
    expect(answer.status).toBe(200);
    const { url } = (await answer.json()) as { url: string };
    const callback = await one.answerAt(url, enrol(provider));
    expect(outcomeOf(await one.locationOf(callback))).toEqual({ linked: 'google' });
  });

  it('proves the address of the account where it is the same', async () => {
    const person = await register(app);
    await link('google', enrol(provider, { email: person.email, verified: true }), person.token);
    const { email, password } = person;
    await app.http.post('/auth/signin').send({ email, password }).expect(200);
    expect(await statusOf(app, person.token)).toBe(200);
  });

  it('ends where it was asked to', async () => {
    const { token } = await register(app);
    const start = '/auth/link/google?redirect=https://app.example/account';
    const one = agent();
    expect(await one.locationOf(await one.authorize(start, enrol(provider), by(token)))).toBe(
      'https://app.example/account#linked=google',
    );
    await app.http
      .get('/auth/link/google?redirect=https://evil.example')
      .set(...bearer(token))
      .expect(400);
  });

  it('asks for a session', async () => {
    for (const path of ['/auth/link/google', '/auth/identities']) await app.http.get(path).expect(401);
    await app.http.delete('/auth/identities/00000000-0000-4000-8000-000000000000').expect(401);
  });

  it('[B38] asks for a sign-in of the last ten minutes; a refresh is none', async () => {
    const person = await register(app);
    app.clock.advance({ minutes: 10 });
    app.clock.advance({ seconds: 1 });
    const { body } = await refresh(app, person.refreshToken).expect(200);
    const late = await app.http.get('/auth/link/google').set(...bearer(body.token));
    expect([late.status, late.body.error.code]).toEqual([403, 'FORBIDDEN']);
    expect(late.body.error.message).toMatch(/Sign in again/);
    const { email, password } = person;
    const again = await app.http.post('/auth/login').send({ email, password }).expect(200);
    expect(await link('google', enrol(provider), again.body.token)).toEqual({ linked: 'google' });
  });

  it('what is linked to it already stays as it is', async () => {
    const { id, token } = await register(app);
    const elsewhere = enrol(provider);
    await link('google', elsewhere, token);
    const versions = () => app.database.query('SELECT credential_version FROM users WHERE id = $1', [id]);
    const before = await versions();
    expect(await link('google', elsewhere, token)).toEqual({ linked: 'google' });
    expect(await identitiesOf(token)).toHaveLength(1);
    expect(await versions()).toEqual(before);
  });

  it('several of one provider are several ways in', async () => {
    const { id, token } = await register(app);
    for (const elsewhere of [enrol(provider), enrol(provider)]) {
      await link('google', elsewhere, token);
      expect((await me((await signIn('google', elsewhere)).token))._id).toBe(id);
    }
    expect(await identitiesOf(token)).toHaveLength(2);
  });

  it('what belongs to another is refused, and stays theirs', async () => {
    const elsewhere = enrol(provider, { email: someEmail(), verified: true });
    const { token: owner } = await signIn('google', elsewhere);
    const { id, token } = await register(app);
    expect(await link('google', elsewhere, token)).toEqual({ error: 'identity_taken' });
    expect(await identitiesOf(token)).toEqual([]);
    expect(await identitiesOf(owner)).toHaveLength(1);
    const [{ id: sessionId }] = await app.database.query('SELECT id FROM sessions WHERE user_id = $1', [id]);
    expect(
      await app.database.query(
        `SELECT user_id, session_id FROM audit_events
          WHERE action = 'identity_refused' AND details->>'reason' = 'identity_taken'`,
      ),
    ).toEqual([{ user_id: id, session_id: sessionId }]);
  });

  it('of many who link one identity at once, one has it', async () => {
    const people = await Promise.all(Array.from({ length: 5 }, () => register(app)));
    const elsewhere = enrol(provider);
    const callbacks = await Promise.all(
      people.map(async ({ token }) => {
        const one = agent();
        return { one, callback: await one.authorize('/auth/link/google', elsewhere, by(token)) };
      }),
    );
    const outcomes = await Promise.all(
      callbacks.map(async ({ one, callback }) => outcomeOf(await one.locationOf(callback))),
    );
    expect(outcomes.filter(({ linked }) => linked)).toHaveLength(1);
    expect(outcomes.filter(({ error }) => error === 'identity_taken')).toHaveLength(4);
  });

  it.each([
    ['the session was ended', 'UPDATE sessions SET revoked_at = now() WHERE user_id = $1'],
    ['the account was disabled', 'UPDATE users SET disabled_at = now() WHERE id = $1'],
    ['the account was deleted', 'DELETE FROM users WHERE id = $1'],
  ])('links nothing when %s meanwhile', async (_name, statement) => {
    const { id, token } = await register(app);
    const one = agent();
    const callback = await one.authorize('/auth/link/google', enrol(provider), by(token));
    await app.database.query(statement, [id]);
    expect(outcomeOf(await one.locationOf(callback))).toEqual({ error: 'invalid_state' });
    expect(await app.database.query('SELECT FROM identities WHERE user_id = $1', [id])).toEqual([]);
  });

  it('a person by PIN gets a way in more, and no address: who links for a moment would have one for good', async () => {
    const { id, name, accessToken } = await registerPin(app);
    const elsewhere = enrol(provider, { email: someEmail(), verified: true, name: 'Ada' });
    const one = agent();
    one.cookies.set('accessToken', accessToken);
    const callback = await one.authorize('/auth/link/google', elsewhere);
    expect(outcomeOf(await one.locationOf(callback))).toEqual({ linked: 'google' });
    for (let turn = 0; turn < 2; turn++) {
      const { token } = await signIn('google', elsewhere);
      expect(await me(token)).toMatchObject({ _id: id, name, email: null });
    }
  });

  it('cancels no link that was mailed: a thief could keep the owner out by it', async () => {
    const person = await register(app);
    await app.http.post('/auth/forgot-password').send({ email: person.email }).expect(200);
    const token = linkIn(await mailbox.next(person.email, /^Reset/)).searchParams.get('token');
    await link('google', enrol(provider), person.token);
    await app.http.post('/auth/reset-password').send({ token, password: 'of-the-owner-alone' }).expect(200);
  });

  it('[B46] by cookie only from here: another site must not link its own identity to a visitor’s account', async () => {
    const { accessToken } = await registerPin(app);
    const start = (headers: Record<string, string>) =>
      app.http
        .get('/auth/link/google')
        .set(...cookie({ accessToken }))
        .set(headers);
    const foreign: Record<string, string>[] = [
      { 'sec-fetch-site': 'cross-site' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
    ];
    for (const headers of foreign) {
      expect((await start(headers).expect(403)).body.error.code).toBe('CROSS_SITE_REQUEST');
    }
    for (const site of ['same-origin', 'none']) await start({ 'sec-fetch-site': site }).expect(302);
    await start({}).expect(302);
    await start({ origin: PUBLIC_URL }).expect(302);
    // A neighbour is none of ours, unless it is listed and says who it is.
    const neighbour = { 'sec-fetch-site': 'same-site' };
    await start(neighbour).expect(403);
    await start({ ...neighbour, referer: 'https://evil.example/' }).expect(403);
    await start({ referer: '//evil.example/' }).expect(403);
    // No browser sends a Bearer token by itself.
    await app.http
      .get('/auth/link/google')
      .set(...bearer(accessToken))
      .set({ 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' })
      .expect(302);
    await start({ ...neighbour, referer: 'https://app.example/account' }).expect(302);
  });
});

describe('[B38] a way in that asks for no secret', () => {
  it('a PIN is not set by an old session of an account without a password', async () => {
    const { token, refreshToken } = await signIn('google', enrol(provider));
    const set = (by: string) =>
      app.http
        .post('/auth/pin')
        .set(...bearer(by))
        .send({ name: someName(), pin: '4711' });
    await set(token).expect(200);
    app.clock.advance({ minutes: 11 });
    const renewed = (await refresh(app, refreshToken).expect(200)).body.token;
    expect((await set(renewed).expect(403)).body.error.message).toMatch(/Sign in again/);
    const person = await register(app);
    app.clock.advance({ minutes: 11 });
    await givePin(app, person.token);
  });
});

it('an identity is known by its issuer: another server’s is somebody else', async () => {
  const { id } = await register(app);
  const person = enrol(provider);
  await app.database.query(
    `INSERT INTO identities (user_id, method, issuer, subject, created_at)
     VALUES ($1, 'google', 'https://left.example', $2, now())`,
    [id, String(person.id)],
  );
  expect((await me((await signIn('google', person)).token))._id).not.toBe(id);
});

it('who claims an account is told once', async () => {
  const { email } = await register(app);
  await signIn('github', enrol(provider, { email, verified: true }));
  await mailbox.next(email, /old credentials were removed/);
  await app.http.post('/auth/magic-link').send({ email }).expect(200);
  await mailbox.next(email, /sign-in link/);
  expect(mailbox.waitingFor(email).filter((subject) => /linked/.test(subject ?? ''))).toEqual([]);
});

describe('who changes one account at once', () => {
  const waiting = (least: number) =>
    until(async () => {
      const [{ count }] = await app.database.query(
        `SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return count >= least ? true : undefined;
    });

  it('two first proofs of one address both get in', async () => {
    const person = await register(app);
    const flows = await Promise.all(
      ['google', 'github'].map(async (name) => {
        const one = agent();
        const elsewhere = enrol(provider, { email: person.email, verified: true });
        return { one, callback: await one.authorize(`/auth/${name}`, elsewhere) };
      }),
    );
    const release = await lockUser(app, person.id);
    const opening = flows.map(async ({ one, callback }) => outcomeOf(await one.locationOf(callback)));
    await waiting(2);
    await release();
    for (const outcome of await Promise.all(opening)) expect(outcome).toHaveProperty('token');
  });

  it('two who unlink both count for the sign-ins under way', async () => {
    const person = await register(app);
    for (const name of ['google', 'github']) await link(name, enrol(provider), person.token);
    const version = async () =>
      (await app.database.query('SELECT credential_version AS v FROM users WHERE id = $1', [person.id]))[0].v;
    const before = await version();
    const release = await lockUser(app, person.id);
    const going = (await identitiesOf(person.token)).map(({ id }: { id: string }) =>
      unlink(id, person.token).then(({ status }) => status),
    );
    await waiting(2);
    await release();
    expect(await Promise.all(going)).toEqual([200, 200]);
    expect(await version()).toBe(before + 2);
  });

  const outcomes = async (rounds: number, round: () => Promise<unknown[]>) => {
    const all = [];
    for (let turn = 0; turn < rounds; turn++) all.push(...(await round()));
    return all;
  };

  it('a sign-in that brings an identity up to date and its unlinking don’t wait for each other', async () => {
    const all = await outcomes(15, async () => {
      const elsewhere = enrol(provider);
      const { token } = await signIn('google', elsewhere);
      await link('github', enrol(provider), token);
      const [{ id }] = await identitiesOf(token);
      enrol(provider, { ...elsewhere, email: someEmail(), verified: true, name: 'New' });
      const flows = await Promise.all(
        Array.from({ length: 3 }, async () => {
          const one = agent();
          return { one, callback: await one.authorize('/auth/google', elsewhere) };
        }),
      );
      const [status, ...ends] = await Promise.all([
        unlink(id, token).then((answer) => answer.status),
        ...flows.map(
          async ({ one, callback }) => outcomeOf(await one.locationOf(callback))['error'] ?? 'tokens',
        ),
      ]);
      expect(status).toBe(200);
      return ends;
    });
    expect(all).not.toContain('provider_error');
  });

  it('a linking and a first sign-in by one identity don’t either', async () => {
    const all = await outcomes(15, async () => {
      const elsewhere = enrol(provider, { email: someEmail(), verified: true });
      const { accessToken } = await registerPin(app);
      const [linking, opening] = [agent(), agent()];
      const callbacks = [
        await linking.authorize('/auth/link/google', elsewhere, by(accessToken)),
        await opening.authorize('/auth/google', elsewhere),
      ];
      return Promise.all(
        [linking, opening].map(
          async (one, index) => outcomeOf(await one.locationOf(callbacks[index] ?? ''))['error'],
        ),
      );
    });
    expect(all).not.toContain('provider_error');
  });
});

describe('unlinking', () => {
  const idsOf = async (token: string): Promise<string[]> =>
    (await identitiesOf(token)).map(({ id }: { id: string }) => id);

  it('[B24] ends that way in and every other session, and tells the owner', async () => {
    const person = await register(app);
    const elsewhere = enrol(provider);
    await link('google', elsewhere, person.token);
    const other = await signIn('google', elsewhere);
    const [id = ''] = await idsOf(person.token);
    const { body } = await unlink(id, person.token).expect(200);
    expect(body).toEqual({ message: 'Identity unlinked' });
    expect(await identitiesOf(person.token)).toEqual([]);
    expect(await statusOf(app, other.token)).toBe(401);
    await refresh(app, other.refreshToken).expect(401);
    expect((await me((await signIn('google', elsewhere)).token))._id).not.toBe(person.id);
    await mailbox.next(person.email, /was unlinked/);
    const events = await app.database.query(
      `SELECT action, details FROM audit_events WHERE user_id = $1 AND action IN ('credential_changed', 'session_revoked')
       ORDER BY id`,
      [person.id],
    );
    expect(events).toMatchObject([
      { action: 'credential_changed', details: { credential: 'google', change: 'added' } },
      { action: 'credential_changed', details: { credential: 'google', change: 'removed' } },
      { action: 'session_revoked', details: { reason: 'identity_unlinked', method: 'google' } },
    ]);
  });

  it('lasts: it does not come back by its address, but by its owner’s linking it again', async () => {
    const email = someEmail();
    const elsewhere = enrol(provider, { email, verified: true });
    const { token } = await signIn('google', elsewhere);
    await link('github', enrol(provider), token);
    const [id = ''] = await idsOf(token);
    await unlink(id, token).expect(200);
    for (let turn = 0; turn < 2; turn++) {
      expect(await agent().signIn('/auth/google', elsewhere)).toEqual({ error: 'account_unavailable' });
    }
    expect(await idsOf(token)).toHaveLength(1);
    await unlink(id, token).expect(404);
    // Another identity of that address is another matter.
    expect((await me((await signIn('oidc', enrol(provider, { email, verified: true }))).token)).email).toBe(
      email,
    );
    expect(await link('google', elsewhere, token)).toEqual({ linked: 'google' });
    expect((await me((await signIn('google', elsewhere)).token)).email).toBe(email);
  });

  it('lasts also when somebody else has had it meanwhile', async () => {
    const email = someEmail();
    const stolen = enrol(provider, { email, verified: true });
    const { token } = await signIn('google', stolen);
    await link('github', enrol(provider), token);
    const victim = (await me(token))._id;
    await unlink((await idsOf(token))[0] ?? '', token).expect(200);
    const thief = await registerPin(app);
    expect(await link('google', stolen, thief.accessToken)).toEqual({ linked: 'google' });
    expect((await me((await signIn('google', stolen)).token))._id).toBe(thief.id);
    await unlink((await idsOf(thief.accessToken))[0] ?? '', thief.accessToken).expect(200);
    expect(await agent().signIn('/auth/google', stolen)).toEqual({ error: 'account_unavailable' });
    expect(await idsOf(token)).toHaveLength(1);
    expect((await me(token))._id).toBe(victim);
  });

  it('holds for the account that it was unlinked from, and no other', async () => {
    const first = await register(app);
    const elsewhere = enrol(provider, { email: someEmail(), verified: true });
    await link('google', elsewhere, first.token);
    await unlink((await idsOf(first.token))[0] ?? '', first.token).expect(200);
    const second = await register(app, { email: elsewhere.email });
    await verifyEmail(app, second.id);
    expect((await me((await signIn('google', elsewhere)).token))._id).toBe(second.id);
  });

  it('ends with the first proof of the address: the account begins anew', async () => {
    const person = await register(app);
    const elsewhere = enrol(provider);
    await link('google', elsewhere, person.token);
    await unlink((await idsOf(person.token))[0] ?? '', person.token).expect(200);
    await signIn('github', enrol(provider, { email: person.email, verified: true }));
    enrol(provider, { ...elsewhere, email: person.email, verified: true });
    expect((await me((await signIn('google', elsewhere)).token))._id).toBe(person.id);
  });

  describe('by a reset:', () => {
    const reset = async (email: string) => {
      await app.http.post('/auth/forgot-password').send({ email }).expect(200);
      const token = linkIn(await mailbox.next(email, /^Reset/)).searchParams.get('token');
      await app.http.post('/auth/reset-password').send({ token, password: 'of-the-owner-alone' }).expect(200);
      return (await mailbox.next(email, /was reset/)).text;
    };
    const linked = async (given: Partial<Person> = {}) => {
      const person = await register(app);
      await verifyEmail(app, person.id);
      const elsewhere = enrol(provider, given);
      await link('google', elsewhere, person.token);
      return { person, elsewhere };
    };

    it('an identity without an address goes', async () => {
      const { person, elsewhere } = await linked();
      expect(await reset(person.email)).toContain('were unlinked');
      expect((await me((await signIn('google', elsewhere)).token))._id).not.toBe(person.id);
    });

    it('one of the account’s address stays', async () => {
      const { person } = await linked();
      await unlink((await idsOf(person.token))[0] ?? '', person.token).expect(200);
      const own = enrol(provider, { email: person.email, verified: true });
      const before = await identitiesOf((await signIn('github', own)).token);
      expect(await reset(person.email)).not.toContain('were unlinked');
      expect(await identitiesOf((await signIn('github', own)).token)).toEqual(before);
    });

    it('one that was unlinked stays unlinked', async () => {
      const { person, elsewhere } = await linked();
      await unlink((await idsOf(person.token))[0] ?? '', person.token).expect(200);
      expect(await reset(person.email)).not.toContain('were unlinked');
      enrol(provider, { ...elsewhere, email: person.email, verified: true });
      expect(await agent().signIn('/auth/google', elsewhere)).toEqual({ error: 'account_unavailable' });
    });
  });

  it('names what is wrong with the id, and tells nobody of another’s', async () => {
    const { token } = await register(app);
    const stranger = await signIn('google', enrol(provider));
    const [foreign = ''] = await idsOf(stranger.token);
    const malformed = await unlink('1', token).expect(400);
    expect(malformed.body.error.details).toEqual([{ field: 'id', message: 'id must be a UUID' }]);
    const bodies = [];
    for (const id of [foreign, '00000000-0000-4000-8000-000000000000']) {
      bodies.push((await unlink(id, token).expect(404)).body);
    }
    expect(bodies[0]).toEqual(bodies[1]);
    expect(await idsOf(stranger.token)).toEqual([foreign]);
  });

  it('asks for a sign-in of the last ten minutes', async () => {
    const person = await register(app);
    await link('google', enrol(provider), person.token);
    const [id = ''] = await idsOf(person.token);
    app.clock.advance({ minutes: 11 });
    await unlink(id, person.token).expect(403);
    expect(await idsOf(person.token)).toEqual([id]);
  });

  it('[B46] by cookie not from another site', async () => {
    const { accessToken } = await registerPin(app);
    await link('google', enrol(provider), accessToken);
    const [id = ''] = await idsOf(accessToken);
    await app.http
      .delete(`/auth/identities/${id}`)
      .set(...cookie({ accessToken }))
      .set('sec-fetch-site', 'cross-site')
      .expect(403);
  });

  describe('never takes the last way in:', () => {
    const lastOf = async (token: string) => {
      const ids = await idsOf(token);
      const { status, body } = await unlink(ids.at(-1) ?? '', token);
      if (status === 403) expect(body.error.message).toMatch(/only way to sign in/);
      expect(await idsOf(token)).toHaveLength(status === 403 ? ids.length : ids.length - 1);
      return status;
    };

    it('an identity alone', async () => {
      expect(await lastOf((await signIn('google', enrol(provider))).token)).toBe(403);
    });

    it('one of two may go, and then no other', async () => {
      const { token } = await signIn('google', enrol(provider));
      await link('github', enrol(provider), token);
      expect(await lastOf(token)).toBe(200);
      expect(await lastOf(token)).toBe(403);
    });

    it('a verified address is a way in, by a link', async () => {
      const { token } = await signIn('google', enrol(provider, { email: someEmail(), verified: true }));
      expect(await lastOf(token)).toBe(200);
    });

    it('an address that was never verified is none', async () => {
      const { token } = await signIn('google', enrol(provider));
      await app.database.query('UPDATE users SET email = $1 WHERE id = $2', [
        someEmail(),
        (await me(token))._id,
      ]);
      expect(await lastOf(token)).toBe(403);
    });

    it('an identity of an issuer that the settings have left is none', async () => {
      const { token } = await signIn('google', enrol(provider));
      await app.database.query(
        `INSERT INTO identities (user_id, method, issuer, subject, created_at)
         VALUES ($1, 'google', 'https://left.example', '1', now() - interval '1 day'),
                ($1, 'github', 'https://left.example', '2', now() - interval '1 day')`,
        [(await me(token))._id],
      );
      expect(await lastOf(token)).toBe(403);
    });

    it('a password is one', async () => {
      const person = await register(app);
      await link('google', enrol(provider), person.token);
      expect(await lastOf(person.token)).toBe(200);
    });

    it('a PIN is one, unless it is off', async () => {
      const { name, accessToken } = await registerPin(app);
      await link('google', enrol(provider), accessToken);
      await link('github', enrol(provider), accessToken);
      expect(await lastOf(accessToken)).toBe(200);
      for (let turn = 0; turn < 2; turn++) {
        await app.http.post('/auth/login').send({ name, pin: '0000' }).expect(401);
      }
      expect(await lastOf(accessToken)).toBe(403);
    });

    it('two that go at once leave one', async () => {
      const { token } = await signIn('google', enrol(provider));
      await link('github', enrol(provider), token);
      const id = (await me(token))._id;
      const release = await lockUser(app, id);
      const going = (await idsOf(token)).map((one) => unlink(one, token).then(({ status }) => status));
      await until(async () => {
        const [{ count }] = await app.database.query(
          `SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        return count >= 2 ? true : undefined;
      });
      await release();
      expect((await Promise.all(going)).sort()).toEqual([200, 403]);
      expect(await idsOf(token)).toHaveLength(1);
    });
  });

  it('a sign-in under way by what is unlinked opens nothing', async () => {
    const person = await register(app);
    const elsewhere = enrol(provider);
    await link('google', elsewhere, person.token);
    const [id = ''] = await idsOf(person.token);
    const one = agent();
    const callback = await one.authorize('/auth/google', elsewhere);
    const release = await lockUser(app, person.id);
    // Both have read the identity, and wait for the account.
    const ending = unlink(id, person.token).then(({ status }) => status);
    const waiting = async () => {
      const [{ count }] = await app.database.query(
        `SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return count as number;
    };
    await until(async () => ((await waiting()) >= 1 ? true : undefined));
    const opening = one.locationOf(callback);
    await until(async () => ((await waiting()) >= 2 ? true : undefined));
    await release();
    expect(await ending).toBe(200);
    expect(outcomeOf(await opening)).toEqual({ error: 'account_unavailable' });
  });
});

describe('the mail that tells of a link', () => {
  const few: Record<string, string> = { LIMIT_MAILS_TO_ONE: '2' };
  beforeAll(() => Object.assign(few, environment, { LIMIT_MAILS_TO_ONE: '2' }));
  const strict = useApp({ environment: few });

  it('can’t be used up by what changes nothing', async () => {
    const person = await register(strict);
    const one = new WebAgent(strict, provider);
    const taken = enrol(provider);
    await one.signIn('/auth/google', taken);
    for (let turn = 0; turn < 3; turn++) {
      await strict.http
        .delete('/auth/identities/00000000-0000-4000-8000-000000000000')
        .set(...bearer(person.token))
        .expect(404);
      expect(
        await new WebAgent(strict, provider).signIn('/auth/link/google', taken, by(person.token)),
      ).toEqual({
        error: 'identity_taken',
      });
    }
    await new WebAgent(strict, provider).signIn('/auth/link/google', enrol(provider), by(person.token));
    await mailbox.next(person.email, /was linked/);
  });

  it('nor by who is refused at the door, or has but one way in', async () => {
    const email = someEmail();
    const stolen = enrol(provider, { email, verified: true });
    const visit = (start: string, person: Person, token?: string) =>
      new WebAgent(strict, provider).signIn(start, person, token === undefined ? undefined : by(token));
    const { token = '' } = await visit('/auth/google', stolen);
    await visit('/auth/link/github', enrol(provider), token);
    await mailbox.next(email, /GitHub was linked/);
    const { body } = await strict.http.get('/auth/identities').set(...bearer(token));
    await strict.http
      .delete(`/auth/identities/${body.identities[0].id}`)
      .set(...bearer(token))
      .expect(200);
    for (let turn = 0; turn < 3; turn++) {
      expect(await visit('/auth/google', stolen)).toEqual({ error: 'account_unavailable' });
    }
    expect(await visit('/auth/oidc', enrol(provider, { email, verified: true }))).toHaveProperty('token');
    await mailbox.next(email, /Example ID was linked/);
  });

  it('comes twice, where two are the most', async () => {
    const { email, token } = await register(strict);
    for (let turn = 0; turn < 4; turn++) {
      await new WebAgent(strict, provider).signIn('/auth/link/google', enrol(provider), by(token));
    }
    await strict.http.post('/auth/forgot-password').send({ email }).expect(200);
    await mailbox.next(email, /^Reset/);
    expect(mailbox.waitingFor(email).filter((subject) => /was linked/.test(subject ?? ''))).toHaveLength(2);
  });
});
