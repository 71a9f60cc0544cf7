import { createHash, createHmac } from 'node:crypto';
import { decodeJwt } from 'jose';
import { OneTimeSweep } from '../src/platform/one-time/one-time-sweep';
import { MagicLinkService } from '../src/magic-link/magic-link.service';
import {
  bearer,
  givePin,
  GOOD_PASSWORD,
  register,
  someEmail,
  statusOf,
  verifyEmail,
} from './support/builders';
import { codeIn, linkIn, useMailbox } from './support/mailbox';
import { startApp, useApp, type TestApp } from './support/test-app';

const LINK = /^Your sign-in link/;
const INVALID = { code: 'INVALID_MAGIC_LINK', message: 'Magic link is expired or already used' };
const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0';

describe('a magic link', () => {
  const environment: Record<string, string> = {};
  const mailbox = useMailbox(environment);
  const app = useApp({ environment });
  const ask = (email: string) => app.http.post('/auth/magic-link').send({ email });
  const verify = (body: object) => app.http.post('/auth/verify-magic-link').send(body);
  const mailFor = async (email: string) => {
    await ask(email).expect(200);
    const mail = await mailbox.next(email, LINK);
    return { token: linkIn(mail).searchParams.get('token') ?? '', code: codeIn(mail), mail };
  };
  const wrong = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0');

  it('signs in to the account of the address, once', async () => {
    const { id, email } = await register(app, { name: 'Alice' });
    await verifyEmail(app, id);
    expect((await ask(email).expect(200)).body).toEqual({ message: `Magic link sent to ${email}` });
    const link = linkIn(await mailbox.next(email, LINK));
    expect(link.href).toMatch(/^http:\/\/localhost:3000\/magic-link\?token=ghm_[\w-]{43}$/);
    const token = link.searchParams.get('token');
    const answer = (await verify({ token }).expect(200)).body;
    expect(answer).toEqual({
      user: { _id: id, email, name: 'Alice' },
      token: expect.any(String),
      refreshToken: expect.stringMatching(/^ghr_/),
    });
    const sessions = (await app.http.get(`/auth/${id}/sessions`).set(...bearer(answer.token))).body.data;
    expect(sessions.find(({ current }: { current: boolean }) => current).method).toBe('magic-link');
    expect((await verify({ token }).expect(401)).body.error).toEqual(INVALID);
  });

  it('makes an account where there is none, with the address verified', async () => {
    const email = someEmail();
    const { token } = await mailFor(email);
    const { user, token: access } = (await verify({ token }).expect(200)).body;
    expect(user).toEqual({ _id: expect.any(String), email, name: null });
    expect(await statusOf(app, access)).toBe(200);
    const [row] = await app.database.query('SELECT email_verified_at FROM users WHERE id = $1', [user._id]);
    expect(row.email_verified_at).not.toBeNull();
  });

  it('[B18] lasts 15 minutes, is cancelled by a newer one and stored as a hash', async () => {
    const email = someEmail();
    const first = await mailFor(email);
    const second = await mailFor(email);
    const rows = JSON.stringify(await app.database.query('SELECT * FROM one_time_tokens'));
    for (const secret of [second.token, second.code]) expect(rows).not.toContain(`"${secret}"`);
    await verify({ token: first.token }).expect(401);
    await verify({ email, code: first.code === second.code ? wrong(first.code) : first.code }).expect(401);
    app.clock.advance({ minutes: 15 });
    await verify({ token: second.token }).expect(401);
    const third = await mailFor(email);
    app.clock.advance({ minutes: 14, seconds: 59 });
    await verify({ token: third.token }).expect(200);
  });

  it('says in which browser, when and from where it was asked for', async () => {
    const email = someEmail();
    await app.http.post('/auth/magic-link').set('User-Agent', FIREFOX).send({ email }).expect(200);
    const { text } = await mailbox.next(email, LINK);
    expect(text).toMatch(
      /Requested in: Firefox 128 on Windows\nIP address: 127\.0\.0\.1\nWhen: \d+ \w+ \d{4} at \d\d:\d\d UTC/,
    );
    const hostile = someEmail();
    const agent = 'Click http://evil.example/ (Macintosh) now';
    await app.http.post('/auth/magic-link').set('User-Agent', agent).send({ email: hostile }).expect(200);
    const mail = await mailbox.next(hostile, LINK);
    expect(`${mail.text}${String(mail.html)}`).not.toContain('evil');
  });

  it('[B16] the code signs in too, in ten minutes and five tries, and then the link does not', async () => {
    const email = someEmail();
    const { token, code } = await mailFor(email);
    expect(code).toMatch(/^\d{6}$/);
    for (let turn = 0; turn < 4; turn++) {
      expect((await verify({ email, code: wrong(code) }).expect(401)).body.error).toEqual(INVALID);
    }
    await verify({ email: email.toUpperCase(), code: ` ${code.slice(0, 3)} ${code.slice(3)}` }).expect(200);
    await verify({ email, code }).expect(401);
    await verify({ token }).expect(401);
    const late = await mailFor(email);
    app.clock.advance({ minutes: 10 });
    await verify({ email, code: late.code }).expect(401);
    await verify({ token: late.token }).expect(200);
  });

  it('[A2] after five wrong codes the right one is refused; the link still works', async () => {
    const email = someEmail();
    const { token, code } = await mailFor(email);
    for (let turn = 0; turn < 5; turn++) await verify({ email, code: wrong(code) }).expect(401);
    expect((await verify({ email, code }).expect(401)).body.error).toEqual(INVALID);
    await verify({ token }).expect(200);
  });

  it('[A2] a new mail brings no new tries without end: twenty wrong codes a day', async () => {
    const email = someEmail();
    for (let mails = 0; mails < 4; mails++) {
      const { code } = await mailFor(email);
      for (let turn = 0; turn < 5; turn++) await verify({ email, code: wrong(code) }).expect(401);
    }
    const { code, token } = await mailFor(email);
    const refused = await verify({ email, code }).expect(429);
    expect(refused.body.error.code).toBe('RATE_LIMITED');
    await verify({ token }).expect(200);
    app.clock.advance({ days: 1 });
    await verify({ email, code: (await mailFor(email)).code }).expect(200);
  });

  it('a new mail brings a new code with tries and time of its own', async () => {
    const email = someEmail();
    const first = await mailFor(email);
    for (let turn = 0; turn < 5; turn++) await verify({ email, code: wrong(first.code) }).expect(401);
    app.clock.advance({ minutes: 9 });
    const { code } = await mailFor(email);
    app.clock.advance({ minutes: 2 });
    await verify({ email, code }).expect(200);
  });

  it('[B18] the code can’t be found by who has the table: its hash is keyed by the server’s secret', async () => {
    const email = someEmail();
    const { code } = await mailFor(email);
    const [{ code_hash: stored }] = await app.database.query(
      'SELECT code_hash FROM one_time_tokens WHERE subject = $1',
      [email],
    );
    const text = `magic link\0${email}\0${code}`;
    const guesses = [
      createHash('sha256').update(text).digest(),
      createHash('sha256').update(code).digest(),
      ...['', 'one-time codes', 'gatehouse one-time codes'].map((key) =>
        createHmac('sha256', key).update(text).digest(),
      ),
    ];
    for (const guess of guesses) expect(stored.equals(guess)).toBe(false);
  });

  it('[A19] a wrong code is refused alike for an address that nobody asked for', async () => {
    const unknown = await verify({ email: someEmail(), code: '000000' }).expect(401);
    expect(unknown.body.error).toEqual(INVALID);
  });

  it('one person’s code is no other’s', async () => {
    const [one, other] = [someEmail(), someEmail()];
    const { code } = await mailFor(one);
    const { code: own } = await mailFor(other);
    if (code !== own) await verify({ email: other, code }).expect(401);
    await verify({ email: one, code }).expect(200);
  });

  it('[A5] of an account that nobody had proven, password, PIN and sessions from before go; the owner is told', async () => {
    const attacker = await register(app);
    const pin = await givePin(app, attacker.token);
    const { email, id } = attacker;
    const { token } = await mailFor(email);
    const victim = (await verify({ token }).expect(200)).body;
    expect(victim.user._id).toBe(id);
    expect(await statusOf(app, attacker.token)).toBe(401);
    await app.http.post('/auth/refresh').send({ refreshToken: attacker.refreshToken }).expect(401);
    await app.http.post('/auth/login').send({ email, password: GOOD_PASSWORD }).expect(401);
    await app.http.post('/auth/login').send(pin).expect(401);
    expect(await statusOf(app, victim.token)).toBe(200);
    await mailbox.next(email, /old credentials were removed/);
  });

  it('of an account whose address is proven, they stay', async () => {
    const person = await register(app);
    await verifyEmail(app, person.id);
    const { token } = await mailFor(person.email);
    await verify({ token }).expect(200);
    expect(await statusOf(app, person.token)).toBe(200);
    await app.http.post('/auth/login').send({ email: person.email, password: GOOD_PASSWORD }).expect(200);
  });

  it('that was asked for before somebody registered the address is for that account', async () => {
    const email = someEmail();
    const { token } = await mailFor(email);
    const { id, token: access } = await register(app, { email });
    expect((await verify({ token }).expect(200)).body.user._id).toBe(id);
    expect(await statusOf(app, access)).toBe(401);
  });

  it('of a disabled or deleted account is refused, also by the code, and a new one is not mailed', async () => {
    const [disabled, deleted] = [await register(app), await register(app)];
    const links = [await mailFor(disabled.email), await mailFor(deleted.email)];
    await app.database.query('UPDATE users SET disabled_at = now() WHERE id = $1', [disabled.id]);
    await app.database.query('DELETE FROM users WHERE id = $1', [deleted.id]);
    await verify({ email: disabled.email, code: links[0]?.code }).expect(401);
    for (const { token } of links)
      expect((await verify({ token }).expect(401)).body.error.code).toBe('INVALID_MAGIC_LINK');
    expect((await ask(disabled.email).expect(200)).body).toEqual({
      message: `Magic link sent to ${disabled.email}`,
    });
    await mailFor(someEmail());
    expect(
      mailbox.received.some((mail) => mail.address === disabled.email && LINK.test(mail.subject ?? '')),
    ).toBe(false);
  });

  it('of a verified account that is disabled while it is used is no magic link any more', async () => {
    const { id, email } = await register(app);
    await verifyEmail(app, id);
    const { token } = await mailFor(email);
    const holder = app.database.createQueryRunner();
    await holder.startTransaction();
    await holder.query('UPDATE users SET credential_version = credential_version + 1 WHERE id = $1', [id]);
    const redeeming = verify({ token }).then();
    await new Promise((resolve) => setTimeout(resolve, 300));
    await holder.commitTransaction();
    await holder.release();
    const { status, body } = await redeeming;
    expect([status, body.error]).toEqual([401, INVALID]);
  });

  it('of an account that was deleted is not for who registered the address after it', async () => {
    const { id, email } = await register(app);
    const { token } = await mailFor(email);
    await app.database.query('DELETE FROM users WHERE id = $1', [id]);
    await register(app, { email });
    await verify({ token }).expect(401);
  });

  it('of an address that somebody registers in that very moment signs in to that account', async () => {
    const email = someEmail();
    const { token } = await mailFor(email);
    const holder = app.database.createQueryRunner();
    await holder.startTransaction();
    const [{ id }] = await holder.query(
      'INSERT INTO users (email, created_at) VALUES ($1, now()) RETURNING id',
      [email],
    );
    const redeeming = verify({ token }).then();
    await new Promise((resolve) => setTimeout(resolve, 300));
    await holder.commitTransaction();
    await holder.release();
    const { status, body } = await redeeming;
    expect([status, body.user?._id]).toEqual([200, id]);
  });

  it('that nobody used is removed when its time is over, and others are not', async () => {
    const [old, young] = [someEmail(), someEmail()];
    await mailFor(old);
    app.clock.advance({ minutes: 15 });
    await mailFor(young);
    await app.nest.get(OneTimeSweep, { strict: false }).sweep();
    const left = await app.database.query(
      `SELECT subject FROM one_time_tokens WHERE purpose = 'magic link' AND subject = ANY($1)`,
      [[old, young]],
    );
    expect(left).toEqual([{ subject: young }]);
  });

  it('[B55] [A7] is no access token, no refresh token and nothing but a magic link', async () => {
    const { token } = await mailFor(someEmail());
    await app.http
      .get('/auth/me')
      .set(...bearer(token))
      .expect(401);
    await app.http.post('/auth/refresh').send({ refreshToken: token }).expect(401);
    await app.http.post('/auth/reset-password').send({ token, password: GOOD_PASSWORD }).expect(400);
    const { token: access, refreshToken } = await register(app);
    await verify({ token: access }).expect(401);
    await verify({ token: refreshToken }).expect(401);
    await verify({ token }).expect(200);
  });

  it('[B17] opens a session that says how, so that it never passes for more', async () => {
    const { token } = await mailFor(someEmail());
    const { token: access } = (await verify({ token }).expect(200)).body;
    const { sid } = decodeJwt(access);
    const [{ method }] = await app.database.query('SELECT method FROM sessions WHERE id = $1', [sid]);
    expect(method).toBe('magic-link');
  });

  it.each([
    [{}, ['token']],
    [{ token: 7 }, ['token']],
    [{ token: '' }, ['token']],
    [{ email: 'a@example.com' }, ['code']],
    [{ code: '123456' }, ['email']],
    [{ email: 'a@example.com', code: 123456 }, ['code']],
    [{ email: 'a@example.com', code: '12345' }, ['code']],
    [{ email: 'a@example.com', code: '١٢٣٤٥٦' }, ['code']],
  ])('names the field that is wrong in %j', async (body, fields) => {
    const { error } = (await verify(body).expect(400)).body;
    expect(error.details.map(({ field }: { field: string }) => field)).toEqual(fields);
    expect((await ask('no address').expect(400)).body.error.details[0].field).toBe('email');
  });
});

describe.each([
  ['MAGIC_LINK_SIGNUP=false', { MAGIC_LINK_SIGNUP: 'false' }],
  ['REGISTRATION=closed', { REGISTRATION: 'closed' }],
])('with %s', (_name, settings) => {
  const environment: Record<string, string> = { ...settings };
  const mailbox = useMailbox(environment);
  let app: TestApp;
  beforeAll(async () => (app = await startApp({ environment })));
  afterAll(() => app.nest.close());

  it('who has no account gets none, and the same answer', async () => {
    const [email, known] = [someEmail(), someEmail()];
    await app.database.query(
      `INSERT INTO users (email, email_verified_at, created_at) VALUES ($1, now(), now())`,
      [known],
    );
    for (const address of [email, known]) {
      const { body } = await app.http.post('/auth/magic-link').send({ email: address }).expect(200);
      expect(body).toEqual({ message: `Magic link sent to ${address}` });
    }
    const token = linkIn(await mailbox.next(known, LINK)).searchParams.get('token');
    await app.http.post('/auth/verify-magic-link').send({ token }).expect(200);
    expect(mailbox.received).toEqual([]);
  });

  it('a link from before is refused', async () => {
    const links = app.nest.get(MagicLinkService, { strict: false });
    const email = someEmail();
    Object.assign(links, { maySignUp: true });
    await app.http.post('/auth/magic-link').send({ email }).expect(200);
    Object.assign(links, { maySignUp: false });
    const token = linkIn(await mailbox.next(email, LINK)).searchParams.get('token');
    await app.http.post('/auth/verify-magic-link').send({ token }).expect(401);
  });
});
