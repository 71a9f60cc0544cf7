import {
  bearer,
  cookie,
  cookiesOf,
  givePin,
  GOOD_PASSWORD,
  lockUser,
  register,
  registerPin,
  someEmail,
  statusOf,
  verifyEmail,
  refresh,
} from './support/builders';
import { linkIn, useMailbox } from './support/mailbox';
import { useApp } from './support/test-app';

const RESET = /^Reset your password/;
const NEXT = 'another-good-password';
const SENT = { statusCode: 200, message: 'If that email exists, a reset link has been sent' };

describe('a forgotten password', () => {
  const environment: Record<string, string> = {
    CLIENTS: '{"VERIFIER": "https://verifier.example/app/"}',
    ALLOWED_REDIRECT_ORIGINS: 'https://app.example',
    ALLOWED_LOGO_ORIGINS: 'https://cdn.example',
  };
  const mailbox = useMailbox(environment);
  const app = useApp({ environment });
  const forgot = (body: object, path = '/auth/forgot-password') => app.http.post(path).send(body);
  const login = (email: string, password: string) => app.http.post('/auth/login').send({ email, password });
  const linkFor = async (email: string) => linkIn(await mailbox.next(email, RESET));
  const tokenFor = async (email: string) => {
    await forgot({ email }).expect(200);
    return (await linkFor(email)).searchParams.get('token') ?? '';
  };
  const reset = (token: string, password = NEXT) =>
    app.http.post('/auth/reset-password').send({ token, password });

  it('[B18] [B21] wire: is set anew by the mailed token, once; ends every session, signs nobody in, tells the owner', async () => {
    const person = await register(app);
    const { email } = person;
    expect((await forgot({ email }).expect(200)).body).toEqual(SENT);
    const link = await linkFor(email);
    expect(link.href).toMatch(/^http:\/\/localhost:3000\/reset-password\?token=ghw_[\w-]{43}$/);
    const token = link.searchParams.get('token') ?? '';
    const answer = await reset(token).expect(200);
    expect(answer.body).toEqual({ message: 'Password reset successfully' });
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect(await statusOf(app, person.token)).toBe(401);
    await refresh(app, person.refreshToken).expect(401);
    await login(email, GOOD_PASSWORD).expect(401);
    await login(email, NEXT).expect(200);
    expect((await reset(token, 'yet-another-good-one').expect(400)).body.error.code).toBe(
      'INVALID_RESET_TOKEN',
    );
    expect((await mailbox.next(email, /Your password was reset/)).text).not.toContain(NEXT);
  });

  it('managed: the link bears code, email and alias; the token completes at its own path', async () => {
    const { id, email } = await register(app);
    const options = {
      clientAlias: 'VERIFIER',
      platformName: 'Ærø & Co',
      brandLogoUrl: 'https://cdn.example/l.png',
    };
    expect((await forgot({ email, ...options }).expect(200)).body).toEqual(SENT);
    const mail = await mailbox.next(email, RESET);
    const link = linkIn(mail);
    expect(link.origin + link.pathname).toBe('https://verifier.example/app/reset-password');
    const { verificationCode: token, ...rest } = Object.fromEntries(link.searchParams);
    expect(rest).toEqual({ email, clientAlias: 'VERIFIER' });
    expect(mail.html).toContain('Ærø &amp; Co');
    expect(mail.html).toContain('src="https://cdn.example/l.png"');
    const path = `/auth/password-reset/${encodeURIComponent(email.toUpperCase())}`;
    const answer = await app.http.post(path).send({ token, password: NEXT }).expect(200);
    expect(answer.body).toEqual({
      statusCode: 200,
      message: 'Password reset successfully',
      data: { id, email },
    });
    const again = await app.http.post(path).send({ token, password: NEXT }).expect(400);
    expect(again.body).toEqual({
      statusCode: 400,
      message: 'Invalid or expired reset password link',
      error: 'Bad Request',
    });
    await login(email, NEXT).expect(200);
  });

  it('managed: under /v1 the link is of its form, and an endpoint is its base', async () => {
    const { email } = await register(app);
    await forgot({ email }, '/v1/auth/forgot-password').expect(200);
    expect((await linkFor(email)).href).toMatch(
      /^http:\/\/localhost:3000\/reset-password\?verificationCode=ghw_[\w-]+&email=/,
    );
    await forgot({ email, endpoint: 'https://app.example/sub/' }).expect(200);
    const link = await linkFor(email);
    expect(link.origin + link.pathname).toBe('https://app.example/sub/reset-password');
    await forgot({ email, endpoint: 'https://app.example', clientAlias: 'VERIFIER' }).expect(200);
    const both = await linkFor(email);
    expect([both.origin, both.searchParams.get('clientAlias')]).toEqual(['https://app.example', 'VERIFIER']);
  });

  it('one token works in both completions: wire’s at the managed path, managed’s at wire’s', async () => {
    const { email } = await register(app);
    const token = await tokenFor(email);
    await app.http.post(`/v1/auth/password-reset/${email}`).send({ token, password: NEXT }).expect(200);
    await forgot({ email, platformName: 'x' }).expect(200);
    const code = (await linkFor(email)).searchParams.get('verificationCode') ?? '';
    await reset(code, GOOD_PASSWORD).expect(200);
    await login(email, GOOD_PASSWORD).expect(200);
  });

  it('[A19] [B15] answers the same for an unknown address, and for a disabled account; mails neither', async () => {
    const { email, id } = await register(app);
    await app.database.query('UPDATE users SET disabled_at = now() WHERE id = $1', [id]);
    for (const address of [email, someEmail()]) {
      expect((await forgot({ email: address }).expect(200)).body).toEqual(SENT);
      expect((await forgot({ email: address }, '/v1/auth/forgot-password').expect(200)).body).toEqual(SENT);
    }
    const { email: last } = await register(app);
    await forgot({ email: last }).expect(200);
    await linkFor(last);
    expect(mailbox.received.filter(({ subject }) => RESET.test(subject ?? ''))).toEqual([]);
  });

  it('[B19] asking for it changes nothing and locks nothing', async () => {
    const { email, token } = await register(app);
    for (let turn = 0; turn < 20; turn++) await forgot({ email }).expect(200);
    expect(await statusOf(app, token)).toBe(200);
    await login(email, GOOD_PASSWORD).expect(200);
  });

  it('lasts an hour, and a newer link cancels the older', async () => {
    const { email } = await register(app);
    const first = await tokenFor(email);
    const second = await tokenFor(email);
    await reset(first).expect(400);
    app.clock.advance({ minutes: 60 });
    await reset(second).expect(400);
    const third = await tokenFor(email);
    app.clock.advance({ minutes: 59 });
    await reset(third).expect(200);
  });

  it('a weak password, a wrong address or a wrong token spends nothing', async () => {
    const [{ email }, other] = [await register(app), await register(app)];
    const token = await tokenFor(email);
    const weak = await reset(token, 'short').expect(400);
    expect(weak.body.error).toMatchObject({ code: 'VALIDATION_ERROR', details: [{ field: 'password' }] });
    await app.http.post(`/auth/password-reset/${other.email}`).send({ token, password: NEXT }).expect(400);
    await app.http.post(`/auth/password-reset/${someEmail()}`).send({ token, password: NEXT }).expect(400);
    await reset(`${token}x`).expect(400);
    await login(other.email, GOOD_PASSWORD).expect(200);
    await reset(token).expect(200);
  });

  it('is cancelled by the end of its account, and of no use to who has only the database', async () => {
    const [deleted, disabled] = [await register(app), await register(app)];
    const tokens = [await tokenFor(deleted.email), await tokenFor(disabled.email)];
    const rows = JSON.stringify(await app.database.query('SELECT * FROM one_time_tokens'));
    for (const token of tokens) expect(rows).not.toContain(token);
    await app.database.query('DELETE FROM users WHERE id = $1', [deleted.id]);
    await app.database.query('UPDATE users SET disabled_at = now() WHERE id = $1', [disabled.id]);
    for (const token of tokens) await reset(token).expect(400);
    await app.http.post('/auth/register').send({ email: deleted.email, password: GOOD_PASSWORD }).expect(201);
    await reset(tokens[0] ?? '').expect(400);
  });

  it('ends the lock of wrong passwords', async () => {
    const { email } = await register(app);
    for (let turn = 0; turn < 10; turn++) await login(email, 'not-the-password').expect(401);
    await login(email, GOOD_PASSWORD).expect(429);
    await reset(await tokenFor(email)).expect(200);
    await login(email, NEXT).expect(200);
  });

  it('a sign-in that began with the old password opens no session after it', async () => {
    const { id, email } = await register(app);
    const token = await tokenFor(email);
    const release = await lockUser(app, id);
    const resetting = reset(token).then(({ status }) => status);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const signingIn = login(email, GOOD_PASSWORD).then(({ status }) => status);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await release();
    expect(await Promise.all([resetting, signingIn])).toEqual([200, 401]);
  });

  it('gives an account without a password one', async () => {
    const email = someEmail();
    await app.http.post('/auth/magic-link').send({ email }).expect(200);
    const token = linkIn(await mailbox.next(email, /sign-in link/)).searchParams.get('token');
    await app.http.post('/auth/verify-magic-link').send({ token }).expect(200);
    await reset(await tokenFor(email)).expect(200);
    await login(email, NEXT).expect(200);
  });

  it('[A5] proves the address: of one that nobody had proven, all that was set before goes', async () => {
    const person = await register(app);
    const pin = await givePin(app, person.token);
    const signedIn = await app.http.post('/auth/login').send(pin).expect(200);
    expect(signedIn.status).toBe(200);
    await reset(await tokenFor(person.email)).expect(200);
    await app.http.post('/auth/login').send(pin).expect(401);
    expect(await statusOf(app, person.token)).toBe(401);
    expect((await mailbox.next(person.email, /was reset/)).text).toContain('Your PIN was removed, too');
    await app.http.post('/auth/signin').send({ email: person.email, password: NEXT }).expect(200);
  });

  it('[A5] removes a PIN too, ends its sessions and says so: somebody who knew the password may have set it', async () => {
    const person = await register(app);
    await verifyEmail(app, person.id);
    const pin = await givePin(app, person.token);
    const { refreshToken } = cookiesOf(await app.http.post('/auth/login').send(pin).expect(200));
    await reset(await tokenFor(person.email)).expect(200);
    await app.http
      .post('/auth/refresh')
      .set(...cookie({ refreshToken: refreshToken?.value ?? '' }))
      .expect(401);
    await app.http.post('/auth/login').send(pin).expect(401);
    expect((await mailbox.next(person.email, /was reset/)).text).toContain('Your PIN was removed, too');
    const { email } = await register(app);
    await reset(await tokenFor(email)).expect(200);
    expect((await mailbox.next(email, /was reset/)).text).not.toContain('PIN');
  });

  it('a link from before a change of credentials is not good after it', async () => {
    const person = await register(app);
    await verifyEmail(app, person.id);
    const magic = async () => {
      await app.http.post('/auth/magic-link').send({ email: person.email }).expect(200);
      return linkIn(await mailbox.next(person.email, /sign-in link/)).searchParams.get('token');
    };
    const signIn = async (token: string | null) =>
      (await app.http.post('/auth/verify-magic-link').send({ token })).status;
    const [stale, early] = [await tokenFor(person.email), await magic()];
    const change = { currentPassword: GOOD_PASSWORD, newPassword: NEXT };
    await app.http
      .post('/auth/change-password')
      .set(...bearer(person.token))
      .send(change)
      .expect(200);
    await reset(stale, 'a-thief-s-password').expect(400);
    expect(await signIn(early)).toBe(401);
    const before = await magic();
    await reset(await tokenFor(person.email), 'yet-another-good-one').expect(200);
    expect(await signIn(before)).toBe(401);
    expect(await signIn(await magic())).toBe(200);
  });

  it('is set anew for an address as long as they come, and written as a path writes it', async () => {
    const email = `${'a'.repeat(55)}+/%?#@${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(50)}.example`;
    await app.http.post('/auth/register').send({ email, password: GOOD_PASSWORD }).expect(201);
    const token = await tokenFor(email);
    const encoded = [...email].map((sign) => `%${sign.charCodeAt(0).toString(16)}`).join('');
    await app.http.post(`/auth/password-reset/${encoded}`).send({ token, password: NEXT }).expect(200);
    const broken = await app.http.post('/auth/password-reset/%zz').send({}).expect(400);
    expect(broken.body).toMatchObject({ statusCode: 400, error: 'Bad Request' });
  });

  it('needs no valid Bearer token, and takes no account of one', async () => {
    const [{ email }, other] = [await register(app), await register(app)];
    const token = await tokenFor(email);
    const answer = app.http.post('/auth/reset-password').set(...bearer('stale'));
    await answer.send({ token, password: NEXT }).expect(200);
    const next = await tokenFor(email);
    await app.http
      .post('/auth/reset-password')
      .set(...bearer(other.token))
      .send({ token: next, password: GOOD_PASSWORD })
      .expect(200);
    expect(await statusOf(app, other.token)).toBe(200);
  });

  it('of people without an address there is none to reset', async () => {
    const { name } = await registerPin(app);
    await forgot({ email: name }).expect(400);
  });

  it.each([
    ['/auth/forgot-password', {}, 'wire', ['email']],
    ['/auth/forgot-password', { email: 'no address' }, 'wire', ['email']],
    ['/auth/forgot-password', { email: 7, platformName: 7 }, 'managed', ['email', 'platformName']],
    ['/v1/auth/forgot-password', {}, 'managed', ['email']],
    ['/auth/reset-password', { token: 'x' }, 'wire', ['password']],
    ['/auth/reset-password', { token: '', password: NEXT }, 'wire', ['token']],
    ['/auth/reset-password', {}, 'wire', ['token', 'password']],
    ['/auth/password-reset/a@example.com', {}, 'managed', ['token', 'password']],
    ['/auth/password-reset/nobody', { token: 'x', password: NEXT }, 'managed', ['email']],
    ['/auth/password-reset/a@example.com', { token: 'x', password: 'password' }, 'managed', ['password']],
  ])('%s %j is refused in the form of %s, naming %j', async (path, body, form, fields) => {
    const answer = await app.http.post(path).send(body).expect(400);
    const said: string[] =
      form === 'wire'
        ? answer.body.error.details.map(({ field }: { field: string }) => field)
        : answer.body.message.map((text: string) => text.split(' ')[0]);
    expect(said).toEqual(fields);
    const texts: string[] =
      form === 'wire'
        ? answer.body.error.details.map(({ message }: { message: string }) => message)
        : answer.body.message;
    if (Object.keys(body).length === 0) {
      for (const text of texts.filter((one) => one.startsWith('token')))
        expect(text).toBe('token is missing');
    }
  });

  it('is told to the audit', async () => {
    const { id, email } = await register(app);
    await reset(await tokenFor(email)).expect(200);
    const events = await app.database.query(
      `SELECT action, details FROM audit_events WHERE user_id = $1 AND action <> 'session_revoked' ORDER BY id`,
      [id],
    );
    expect(events.slice(2)).toEqual([
      { action: 'mail_requested', details: { mail: 'password reset' } },
      { action: 'credential_changed', details: { credential: 'password', change: 'removed' } },
      { action: 'email_verified', details: {} },
      { action: 'credential_changed', details: { credential: 'password', by: 'mailed link' } },
    ]);
  });
});
