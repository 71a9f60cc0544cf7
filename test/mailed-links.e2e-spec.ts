import { request as rawRequest } from 'node:http';
import { unlinkable } from '../src/platform/mail/letter-words';
import { register, someEmail } from './support/builders';
import { HOSTILE_URLS } from './support/hostile-urls';
import { linkIn, useMailbox } from './support/mailbox';
import { useApp } from './support/test-app';

const RESET = /^Reset your password/;

describe('links that are mailed', () => {
  const environment: Record<string, string> = {
    PUBLIC_URL: 'https://auth.example/base',
    FRONTEND_URL: 'https://www.example/front/',
    ALLOWED_REDIRECT_ORIGINS: 'https://app.example',
    ALLOWED_LOGO_ORIGINS: 'https://app.example',
    TRUST_PROXY: '1',
  };
  const mailbox = useMailbox(environment);
  const app = useApp({ environment });
  const forgot = (body: object) => app.http.post('/auth/forgot-password').send(body);
  const idle = async () => {
    const { email } = await register(app);
    await forgot({ email }).expect(200);
    await mailbox.next(email, RESET);
  };

  /** With headers as an attacker sends them: no client library lets one set Host twice. */
  const sendRaw = (path: string, body: object, headers: Record<string, string | string[]>): Promise<number> =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(app.url);
      const all = { 'content-type': 'application/json', ...headers };
      const sent = rawRequest(
        { host: hostname, port, path, method: 'POST', headers: all, setHost: false },
        (answer) => {
          answer.resume();
          resolve(answer.statusCode ?? 0);
        },
      );
      sent.on('error', reject);
      sent.end(JSON.stringify(body));
    });

  it.each<Record<string, string | string[]>>([
    { host: 'evil.example' },
    { host: 'evil.example:443' },
    { host: 'auth.example@evil.example' },
    { host: 'localhost', 'x-forwarded-host': 'evil.example' },
    { host: 'localhost', 'x-forwarded-host': ['evil.example', 'auth.example'] },
    {
      host: 'localhost',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'http',
      'x-forwarded-port': '80',
    },
    { host: 'localhost', 'x-forwarded-server': 'evil.example', 'x-original-host': 'evil.example' },
    { host: 'localhost', forwarded: 'for=127.0.0.1;host=evil.example;proto=http' },
    { host: 'localhost', 'x-host': 'evil.example', 'x-http-host-override': 'evil.example' },
    { host: 'localhost', origin: 'https://evil.example', referer: 'https://evil.example/' },
    { host: 'localhost', 'x-original-url': '//evil.example/', 'x-rewrite-url': '//evil.example/' },
  ])('[A9] [B20] are not changed by %j', async (headers) => {
    const { email } = await register(app);
    const magic = someEmail();
    await sendRaw('/auth/forgot-password', { email }, headers);
    await sendRaw('/auth/verification-mail', { email }, headers);
    await sendRaw('/auth/magic-link', { email: magic }, headers);
    await mailbox.next(email, /Confirm/);
    const mails = [
      await mailbox.next(email, RESET),
      await mailbox.next(email, /Confirm/),
      await mailbox.next(magic, /sign-in/),
    ];
    for (const mail of mails) {
      expect(linkIn(mail).href).toMatch(
        /^https:\/\/www\.example\/front\/(reset-password|auth\/verify|magic-link)\?/,
      );
      expect(mail.raw).not.toContain('evil.example');
    }
  });

  it(`[A8] go to no endpoint of ${HOSTILE_URLS.length} that only look like a listed one, and mail nothing`, async () => {
    const { email } = await register(app);
    await mailbox.next(email, /Confirm/);
    for (const endpoint of HOSTILE_URLS) {
      const { status, body } = await forgot({ email, endpoint });
      expect([endpoint, status, body.message]).toEqual([
        endpoint,
        endpoint.trim() === 'https://app.example' ? 200 : 400,
        endpoint.trim() === 'https://app.example'
          ? expect.any(String)
          : [expect.stringMatching(/^endpoint /)],
      ]);
    }
    expect(linkIn(await mailbox.next(email, RESET)).origin).toBe('https://app.example');
    await idle();
    expect(mailbox.received.filter((mail) => mail.address === email)).toEqual([]);
  });

  it.each([
    ['https://app.example', 'https://app.example/reset-password'],
    ['https://app.example/', 'https://app.example/reset-password'],
    ['https://app.example/a/b//', 'https://app.example/a/b/reset-password'],
    ['https://APP.example/x/../y', 'https://app.example/y/reset-password'],
    ['https://app.example:443/z', 'https://app.example/z/reset-password'],
    ['https://app.example//evil.example', 'https://app.example//evil.example/reset-password'],
  ])('go to %s as %s', async (endpoint, expected) => {
    const { email } = await register(app);
    await forgot({ email, endpoint }).expect(200);
    const { origin, pathname } = linkIn(await mailbox.next(email, RESET));
    expect(origin + pathname).toBe(expected);
  });

  it(`show no logo of ${HOSTILE_URLS.length} that only look like one of a listed place`, async () => {
    const { email } = await register(app);
    for (const brandLogoUrl of HOSTILE_URLS) {
      const harmless = [
        'https://app.example',
        'https://app.example?next=https://evil.example',
        'https://app.example/?',
      ];
      const { status, body } = await forgot({ email, brandLogoUrl });
      const fine = harmless.includes(brandLogoUrl.trim());
      expect([brandLogoUrl, status]).toEqual([brandLogoUrl, fine ? 200 : 400]);
      if (!fine) expect(body.message).toEqual([expect.stringMatching(/^brandLogoUrl /)]);
    }
  });

  it('a name of a platform that is a URL or markup is harmless; one with tricks of control is refused', async () => {
    const { email } = await register(app);
    await mailbox.next(email, /Confirm/);
    const names = [
      ...HOSTILE_URLS.map((url) => url.trim()),
      'AC/DC',
      'Ærø & Søn',
      'Booking.com',
      '<b>Acme</b>',
    ];
    const tricks = ['A\u202eB', 'A\u2066B', 'A\r\nBcc: x', 'A\u2028B', 'A\0B', 'x'.repeat(61), 7, {}];
    for (const platformName of tricks) await forgot({ email, platformName }).expect(400);
    for (const platformName of names.filter((name) => name !== '')) {
      const { status } = await forgot({ email, platformName });
      const allowed = /^\P{Cc}{0,60}$/u.test(platformName);
      expect([platformName, status]).toEqual([platformName, allowed ? 200 : 400]);
      if (!allowed) continue;
      const { html, text, subject } = await mailbox.next(email, RESET);
      expect(subject).toBe('Reset your password');
      expect(String(html).replaceAll('&amp;', '&')).toContain(
        unlinkable(platformName).replaceAll('<', '&lt;').replaceAll('"', '&quot;'),
      );
      // Nothing that a mail program makes a link of, but for our own.
      for (const said of [text ?? '', String(html).replace(/<[^>]*>/g, ' ')]) {
        const own = said.replaceAll(/https:\/\/www\.example\/\S+/g, '').replaceAll(email, '');
        expect([platformName, own.match(/[\w-]+\.[\w-]{2,}|:\/\//)]).toEqual([platformName, null]);
      }
    }
  }, 120_000);

  it('every option that is not listed is named at once', async () => {
    const options = { endpoint: 'https://evil.example', clientAlias: 'NO', brandLogoUrl: 'http://x.example' };
    const { body } = await forgot({ email: someEmail(), ...options }).expect(400);
    expect(body.message.map((text: string) => text.split(' ')[0])).toEqual(Object.keys(options));
  });

  it('an alias is looked up by its own name alone', async () => {
    const { email } = await register(app);
    for (const clientAlias of ['nobody', '__proto__', 'constructor', 'toString', 'VERIFIER', 7, {}, ['x']]) {
      const { body } = await forgot({ email, clientAlias }).expect(400);
      expect(body.message).toEqual([expect.stringMatching(/^clientAlias /)]);
      await app.http.post('/auth/verification-mail').send({ email, clientAlias }).expect(400);
    }
  });

  it('a refused option is refused alike for an address that nobody has', async () => {
    await forgot({ email: someEmail(), endpoint: 'https://evil.example' }).expect(400);
    await forgot({ email: someEmail(), endpoint: null, platformName: null, clientAlias: null }).expect(200);
  });
});

describe('limits on mail', () => {
  const environment: Record<string, string> = {
    LIMIT_MAILS_TO_ONE: '5',
    LIMIT_MAILS_FROM_ADDRESS: '12',
    TRUST_PROXY: '1',
  };
  const mailbox = useMailbox(environment);
  const app = useApp({ environment });
  const KINDS = [
    ['/auth/forgot-password', RESET],
    ['/auth/magic-link', /^Your sign-in link/],
    ['/auth/verification-mail', /^Confirm/],
  ] as const;
  let asked = 0;
  const ask = (path: string, email: string, ip = `198.51.100.${++asked % 250}`) =>
    app.http.post(path).set('X-Forwarded-For', ip).send({ email });
  const drained = async (email: string, subject: RegExp) => {
    let count = 0;
    for (;;) {
      const mail = await mailbox.next(email, subject, 3).catch(() => undefined);
      if (!mail) return count;
      count++;
    }
  };

  it.each(KINDS)(
    '[A10] %s: five to one person in an hour, the rest is answered the same',
    async (path, subject) => {
      const { email } = await register(app);
      if (path === '/auth/verification-mail') await mailbox.next(email, subject);
      const answers = [];
      for (let turn = 0; turn < 8; turn++) {
        const { body } = await ask(path, turn % 2 === 0 ? email : ` ${email.toUpperCase()}`).expect(200);
        answers.push(JSON.stringify(body));
      }
      expect(new Set(answers).size).toBe(1);
      expect(await drained(email, subject)).toBe(5);
      await ask('/v1/auth/forgot-password', email).expect(200);
      expect(await drained(email, subject)).toBe(path === '/auth/forgot-password' ? 0 : 0);
    },
    40_000,
  );

  it('[A10] twelve of a kind asked for from one address, of one IPv6 network too', async () => {
    const people = await Promise.all(Array.from({ length: 14 }, () => register(app)));
    for (const { email } of people) await mailbox.next(email, /^Confirm/);
    for (const [turn, { email }] of people.entries()) {
      await ask('/auth/forgot-password', email, `2001:db8::${turn + 1}`).expect(200);
    }
    let got = 0;
    for (const { email } of people)
      got += (await mailbox.next(email, RESET, 2).catch(() => undefined)) ? 1 : 0;
    expect(got).toBe(12);
    // Those who got none have lost nothing of their own share.
    const last = people[13]?.email ?? '';
    for (let turn = 0; turn < 5; turn++) await ask('/auth/forgot-password', last).expect(200);
    for (let turn = 0; turn < 5; turn++) await mailbox.next(last, RESET);
    // Another kind has a share of its own.
    await ask('/auth/magic-link', last, '2001:db8::1').expect(200);
    await mailbox.next(last, /^Your sign-in link/);
  }, 40_000);
});
