import { bearer, GOOD_PASSWORD, register, someEmail } from './support/builders';
import { linkIn, useMailbox } from './support/mailbox';
import { useApp } from './support/test-app';

const CONFIRM = /Confirm your email/;
const SENT = {
  statusCode: 200,
  message: 'If that email is registered and not verified yet, a verification link has been sent',
};

describe('email verification', () => {
  const environment: Record<string, string> = {
    CLIENTS: '{"VERIFIER": "https://verifier.example/app/"}',
    ALLOWED_LOGO_ORIGINS: 'https://cdn.example',
  };
  const mailbox = useMailbox(environment);
  const app = useApp({ environment });
  const verify = (body: object) => app.http.post('/auth/verify').send(body);
  const signIn = (email: string) => app.http.post('/auth/signin').send({ email, password: GOOD_PASSWORD });
  const codeOf = async (email: string) => {
    const { searchParams } = linkIn(await mailbox.next(email, CONFIRM));
    return { email, verificationCode: searchParams.get('verificationCode') ?? '' };
  };

  it('is asked for at the registration, and its link opens the way to the managed contract', async () => {
    const { email } = await register(app);
    await signIn(email).expect(401);
    const link = linkIn(await mailbox.next(email, CONFIRM));
    expect(link.origin + link.pathname).toBe('http://localhost:3000/auth/verify');
    expect(Object.fromEntries(link.searchParams)).toEqual({
      email,
      verificationCode: expect.stringMatching(/^ghv_[\w-]{43}$/),
    });
    const given = { email, verificationCode: link.searchParams.get('verificationCode') };
    const done = { statusCode: 200, message: 'Email verified successfully' };
    expect((await verify(given).expect(200)).body).toEqual(done);
    await signIn(email).expect(200);
  });

  it('[B18] is spent by one use, and stored as a hash', async () => {
    const { email } = await register(app);
    const given = await codeOf(email);
    const rows = JSON.stringify(await app.database.query('SELECT * FROM one_time_tokens'));
    expect(rows).not.toContain(given.verificationCode);
    await verify(given).expect(200);
    const again = await verify(given).expect(400);
    expect(again.body).toMatchObject({ statusCode: 400, error: 'Bad Request' });
  });

  it('under /v1 too, and with the address in any case', async () => {
    const { email } = await register(app);
    const { verificationCode } = await codeOf(email);
    const body = { email: ` ${email.toUpperCase()} `, verificationCode };
    await app.http.post('/v1/auth/verify').send(body).expect(200);
  });

  it('[B55] refuses a code for another address, a wrong one and one of another kind, and spends nothing', async () => {
    const [{ email }, other] = [await register(app), await register(app)];
    const given = await codeOf(email);
    await verify({ ...given, email: other.email }).expect(400);
    await verify({ ...given, email: someEmail() }).expect(400);
    await verify({ ...given, verificationCode: `${given.verificationCode}x` }).expect(400);
    await app.http.post('/auth/forgot-password').send({ email }).expect(200);
    const reset = linkIn(await mailbox.next(email, /Reset/)).searchParams.get('token');
    await verify({ ...given, verificationCode: reset }).expect(400);
    await app.http
      .post('/auth/reset-password')
      .send({ token: given.verificationCode, password: 'another-good-one' })
      .expect(400);
    await app.http.post('/auth/verify-magic-link').send({ token: given.verificationCode }).expect(401);
    await app.http
      .get('/auth/me')
      .set(...bearer(given.verificationCode))
      .expect(401);
    await app.http.post('/auth/refresh').send({ refreshToken: given.verificationCode }).expect(401);
    await verify(given).expect(200);
  });

  it('lasts 24 hours, and a newer mail cancels the older', async () => {
    const { email } = await register(app);
    const first = await codeOf(email);
    expect((await app.http.post('/auth/verification-mail').send({ email }).expect(200)).body).toEqual(SENT);
    const second = await codeOf(email);
    await verify(first).expect(400);
    app.clock.advance({ hours: 24 });
    await verify(second).expect(400);
    await app.http.post('/auth/verification-mail').send({ email }).expect(200);
    const third = await codeOf(email);
    app.clock.advance({ hours: 23, minutes: 59 });
    await verify(third).expect(200);
  });

  it('[A19] [B15] answers the same for an address that is known, unknown, verified or disabled, and mails only the first', async () => {
    const [known, verified, disabled] = [await register(app), await register(app), await register(app)];
    for (const { email } of [known, disabled]) await mailbox.next(email, CONFIRM);
    await verify(await codeOf(verified.email)).expect(200);
    await app.database.query('UPDATE users SET disabled_at = now() WHERE id = $1', [disabled.id]);
    const unknown = someEmail();
    for (const email of [unknown, verified.email, disabled.email, known.email]) {
      expect((await app.http.post('/v1/auth/verification-mail').send({ email }).expect(200)).body).toEqual(
        SENT,
      );
    }
    await mailbox.next(known.email, CONFIRM);
    for (const email of [unknown, verified.email, disabled.email])
      expect(mailbox.waitingFor(email)).toEqual([]);
  });

  it('a disabled account is not verified', async () => {
    const { email, id } = await register(app);
    const given = await codeOf(email);
    await app.database.query('UPDATE users SET disabled_at = now() WHERE id = $1', [id]);
    await verify(given).expect(400);
  });

  it('links to the front end that a client names, with its name and logo', async () => {
    const { email } = await register(app);
    await mailbox.next(email, CONFIRM);
    const options = {
      clientAlias: 'VERIFIER',
      platformName: 'Ærø & Co',
      brandLogoUrl: 'https://cdn.example/l.png',
    };
    await app.http
      .post('/auth/verification-mail')
      .send({ email, ...options })
      .expect(200);
    const mail = await mailbox.next(email, CONFIRM);
    expect(linkIn(mail).href).toMatch(/^https:\/\/verifier\.example\/app\/auth\/verify\?email=/);
    expect(mail.html).toContain('Ærø &amp; Co');
    expect(mail.html).toContain('src="https://cdn.example/l.png"');
    await verify({ email, verificationCode: linkIn(mail).searchParams.get('verificationCode') }).expect(200);
  });

  it.each([
    [{}, ['email']],
    [{ email: 'no address', verificationCode: '' }, ['email', 'verificationCode']],
    [{ email: 'a@example.com', verificationCode: 7 }, ['verificationCode']],
    [{ email: 'a@example.com', verificationCode: 'x'.repeat(513) }, ['verificationCode']],
  ])('names the field that is wrong in %j', async (body, fields) => {
    const { message } = (await verify(body).expect(400)).body as { message: string[] };
    for (const field of fields) expect(message.some((text) => text.startsWith(field))).toBe(true);
  });

  it('is written in the language of who registers', async () => {
    const email = someEmail();
    const body = { email, password: GOOD_PASSWORD };
    await app.http.post('/auth/register').set('Accept-Language', 'de-AT, en;q=0.5').send(body).expect(201);
    const mail = await mailbox.next(email, /Bestätigen Sie/);
    expect(mail.html).toContain('lang="de"');
  });

  it('is not sent again to who was made by a link', async () => {
    const email = someEmail();
    await app.http.post('/auth/magic-link').send({ email }).expect(200);
    const token = linkIn(await mailbox.next(email, /sign-in link/)).searchParams.get('token');
    await app.http.post('/auth/verify-magic-link').send({ token }).expect(200);
    await app.http.post('/auth/verification-mail').send({ email }).expect(200);
    const { email: last } = await register(app);
    await mailbox.next(last, CONFIRM);
    expect(mailbox.waitingFor(email)).toEqual([]);
  });

  it('is told to the audit, and to nobody’s log in the clear', async () => {
    const { id, email } = await register(app);
    await verify(await codeOf(email)).expect(200);
    const events = await app.database.query(
      'SELECT action FROM audit_events WHERE user_id = $1 ORDER BY id',
      [id],
    );
    expect(events.map(({ action }: { action: string }) => action)).toEqual([
      'registered',
      'signed_in',
      'email_verified',
    ]);
  });
});

describe('where a verified email is demanded', () => {
  const environment: Record<string, string> = { REQUIRE_VERIFIED_EMAIL: 'true' };
  const mailbox = useMailbox(environment);
  const app = useApp({ environment });

  it('the link is the way in', async () => {
    const { email, token } = await register(app);
    expect(token).toBeNull();
    const login = () => app.http.post('/auth/login').send({ email, password: GOOD_PASSWORD });
    expect((await login().expect(401)).body.error.code).toBe('EMAIL_NOT_VERIFIED');
    const { searchParams } = linkIn(await mailbox.next(email, CONFIRM));
    await app.http.post('/auth/verify').send(Object.fromEntries(searchParams)).expect(200);
    await login().expect(200);
  });
});
