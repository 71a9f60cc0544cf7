import { bearer, GOOD_PASSWORD, lockUser, register, someEmail, someName } from './support/builders';
import { linkIn, useMailbox } from './support/mailbox';
import { useApp } from './support/test-app';

const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0';
const NEWER_FIREFOX = FIREFOX.replaceAll('128', '131');
const SAFARI =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1';
const NEW = /^New sign-in/;

describe('a sign-in from a new device', () => {
  const environment: Record<string, string> = { LIMIT_MAILS_TO_ONE: '5' };
  const mailbox = useMailbox(environment);
  const app = useApp({ environment });
  const login = (email: string, agent: string) =>
    app.http.post('/auth/login').set('User-Agent', agent).send({ email, password: GOOD_PASSWORD });
  const noticesTo = async (email: string) => {
    const { email: last } = await register(app);
    await mailbox.next(last, /Confirm/);
    return mailbox.received.filter((mail) => mail.address === email && NEW.test(mail.subject ?? '')).length;
  };
  const from = async (agent: string) => {
    const email = someEmail();
    const body = { email, password: GOOD_PASSWORD };
    await app.http.post('/auth/register').set('User-Agent', agent).send(body).expect(201);
    return email;
  };

  it('is told to the owner, with device, address and time; the first one and those that are known are not', async () => {
    const email = await from(FIREFOX);
    await login(email, FIREFOX).expect(200);
    await login(email, NEWER_FIREFOX).expect(200);
    expect(await noticesTo(email)).toBe(0);
    await login(email, SAFARI).expect(200);
    const { text } = await mailbox.next(email, NEW);
    expect(text).toMatch(
      /Device: Safari 17 on iOS\nIP address: 127\.0\.0\.1\nWhen: \d+ \w+ \d{4} at \d\d:\d\d UTC/,
    );
    await login(email, SAFARI).expect(200);
    expect(await noticesTo(email)).toBe(0);
  });

  it('of fifty at once from one device one is told of, and all of them sign in', async () => {
    const email = await from(FIREFOX);
    const answers = await Promise.all(Array.from({ length: 50 }, () => login(email, SAFARI)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(50);
    await mailbox.next(email, NEW);
    expect(await noticesTo(email)).toBe(0);
  });

  it('is told of whatever the method', async () => {
    const email = await from(FIREFOX);
    await app.database.query('UPDATE users SET email_verified_at = now() WHERE email = $1', [email]);
    await app.http.post('/auth/magic-link').send({ email }).expect(200);
    const token = linkIn(await mailbox.next(email, /sign-in link/)).searchParams.get('token');
    await app.http.post('/auth/verify-magic-link').set('User-Agent', SAFARI).send({ token }).expect(200);
    await mailbox.next(email, NEW);
  });

  it('is not told of when it failed', async () => {
    const email = await from(FIREFOX);
    await app.http
      .post('/auth/login')
      .set('User-Agent', SAFARI)
      .send({ email, password: 'not-the-password' })
      .expect(401);
    expect(await noticesTo(email)).toBe(0);
  });

  it('of devices without end five are told of in an hour; what a device calls itself is not repeated', async () => {
    const email = await from('first/1');
    for (let turn = 0; turn < 8; turn++) await login(email, `evil.example-${turn}/1.0`).expect(200);
    const mails = [];
    for (let turn = 0; turn < 5; turn++) mails.push(await mailbox.next(email, NEW));
    expect(await noticesTo(email)).toBe(0);
    for (const { text, html } of mails) {
      expect(text).toContain('Device: an unknown program');
      expect(`${text}${String(html)}`).not.toContain('evil');
    }
  });

  it('can’t be silenced by sign-ins that are refused', async () => {
    const email = await from(FIREFOX);
    for (let turn = 0; turn < 6; turn++) {
      const refused = app.http.post('/auth/signin').set('User-Agent', `thief-${turn}/1`);
      await refused.send({ email, password: GOOD_PASSWORD }).expect(401);
    }
    await login(email, SAFARI).expect(200);
    await mailbox.next(email, NEW);
  });

  it('of many at once from as many devices no more are told of', async () => {
    const email = await from(FIREFOX);
    await Promise.all(Array.from({ length: 20 }, (_, turn) => login(email, `thief-${turn}/1`)));
    for (let turn = 0; turn < 5; turn++) await mailbox.next(email, NEW);
    expect(await noticesTo(email)).toBe(0);
    app.clock.advance({ hours: 1 });
    await login(email, SAFARI).expect(200);
    await mailbox.next(email, NEW);
  });

  it('[A2] is counted one after the other, however close they come', async () => {
    const email = await from(FIREFOX);
    const [{ id }] = await app.database.query('SELECT id FROM users WHERE email = $1', [email]);
    const release = await lockUser(app, id);
    const answers = Array.from({ length: 8 }, (_, turn) => login(email, `thief-${turn}/1`).then());
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await release();
    for (const answer of answers) expect((await answer).status).toBe(200);
    const told = 'SELECT count(*)::int AS n FROM devices WHERE user_id = $1 AND told';
    expect(await app.database.query(told, [id])).toEqual([{ n: 5 }]);
  });

  it('[A5] is what it is called by an owner who has just proven the address, whoever signed in before', async () => {
    const email = await from(SAFARI);
    await app.http.post('/auth/magic-link').send({ email }).expect(200);
    const token = linkIn(await mailbox.next(email, /sign-in link/)).searchParams.get('token');
    await app.http.post('/auth/verify-magic-link').set('User-Agent', FIREFOX).send({ token }).expect(200);
    expect(await noticesTo(email)).toBe(0);
    await app.http.post('/auth/magic-link').send({ email }).expect(200);
    const next = linkIn(await mailbox.next(email, /sign-in link/)).searchParams.get('token');
    await app.http
      .post('/auth/verify-magic-link')
      .set('User-Agent', SAFARI)
      .send({ token: next })
      .expect(200);
    await mailbox.next(email, NEW);
  });

  it('is told in the language of the owner, whatever the thief reads', async () => {
    const email = someEmail();
    const body = { email, password: GOOD_PASSWORD };
    const german = { 'Accept-Language': 'de', 'User-Agent': FIREFOX };
    const { token } = (await app.http.post('/auth/register').set(german).send(body).expect(201)).body;
    await login(email, SAFARI).set('Accept-Language', 'en').expect(200);
    expect((await mailbox.next(email, /^Neue Anmeldung/)).text).toContain('Gerät: Safari 17 unter iOS');
    await app.http
      .post('/auth/pin')
      .set(...bearer(token))
      .send({ name: someName(), pin: '4711', currentPassword: GOOD_PASSWORD })
      .expect(200);
    await mailbox.next(email, /PIN gesetzt/);
    await app.http
      .post('/auth/change-password')
      .set(...bearer(token))
      .send({ currentPassword: GOOD_PASSWORD, newPassword: 'another-good-password' })
      .expect(200);
    await mailbox.next(email, /Passwort wurde geändert/);
  });
});
