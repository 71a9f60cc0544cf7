import { bearer, register, someEmail, statusOf } from './support/builders';
import { codeIn, linkIn, useMailbox } from './support/mailbox';
import { useApp } from './support/test-app';

const HTML = 'text/html; charset=utf-8';
const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0';
const CHROME =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36';
const NEXT = 'another-good-password';

/** What a browser without JavaScript would send when its person presses the button. */
function pressed(html: string, typed: Record<string, string> = {}): { action: string; body: string } {
  const action = /<form method="post" action="([^"]+)"/.exec(html)?.[1] ?? '';
  const inputs = [...html.matchAll(/<input([^>]*)>/g)].map(([, attributes = '']) => {
    const value = (name: string) =>
      new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1]?.replaceAll('&amp;', '&');
    return [value('name') ?? '', value('value') ?? ''];
  });
  const fields = { ...(Object.fromEntries(inputs) as Record<string, string>), ...typed };
  return { action, body: new URLSearchParams(fields).toString() };
}

describe('the built-in pages', () => {
  const environment: Record<string, string> = {
    PLATFORM_NAME: 'Acme <b>',
    CORS_ORIGINS: 'https://app.example',
  };
  const mailbox = useMailbox(environment);
  const app = useApp({ environment });
  const open = (path: string, agent = FIREFOX) => app.http.get(path).set('User-Agent', agent);
  const press = (html: string, typed?: Record<string, string>, agent = FIREFOX) => {
    const { action, body } = pressed(html, typed);
    const type = 'application/x-www-form-urlencoded';
    return app.http.post(action).set('User-Agent', agent).set('Content-Type', type).send(body);
  };
  const pathOf = async (email: string, subject: RegExp) => {
    const { pathname, search } = linkIn(await mailbox.next(email, subject));
    return pathname + search;
  };
  const verifyPath = async () => {
    const person = await register(app);
    return { ...person, path: await pathOf(person.email, /Confirm/) };
  };
  const resetPath = async (options = {}) => {
    const person = await register(app);
    await app.http
      .post('/auth/forgot-password')
      .send({ email: person.email, ...options })
      .expect(200);
    return { ...person, path: await pathOf(person.email, /^Reset/) };
  };
  const magicPath = async (email = someEmail()) => {
    await app.http.post('/auth/magic-link').set('User-Agent', FIREFOX).send({ email }).expect(200);
    const mail = await mailbox.next(email, /sign-in link/);
    const { pathname, search } = linkIn(mail);
    return { email, path: pathname + search, code: codeIn(mail) };
  };

  it('an address is confirmed by the button, not by opening the page', async () => {
    const { email, path } = await verifyPath();
    const { text } = await open(path).expect(200).expect('content-type', HTML);
    expect(text).toContain(`Is ${email} your address`);
    expect(text).toContain('an unknown program');
    const verified = async () =>
      (await app.database.query('SELECT email_verified_at AS at FROM users WHERE email = $1', [email]))[0].at;
    expect(await verified()).toBeNull();
    expect((await press(text).expect(200)).text).toContain('Your address is confirmed');
    expect(await verified()).not.toBeNull();
    expect((await press(text).expect(400)).text).toContain('does not work any more');
    expect((await open(path).expect(400)).text).toContain('does not work any more');
  });

  it.each([{}, { platformName: 'x' }])('a password is set anew, link of %j', async (options) => {
    const { email, path } = await resetPath(options);
    const { text } = await open(path).expect(200);
    expect(text).toContain(`autocomplete="username"`);
    expect(text).toContain('Requested in');
    const short = await press(text, { password: 'short', repeat: 'short' }).expect(400);
    expect(short.text).toContain('It needs at least 8 characters.');
    expect(short.text).not.toContain('value="short"');
    // Eight signs as they are typed, four once they are composed.
    const typed = 'e\u0301'.repeat(4);
    const composed = await press(text, { password: typed, repeat: typed }).expect(400);
    expect(composed.text).toContain('It needs at least 8 characters.');
    const common = await press(short.text, { password: 'password', repeat: 'password' }).expect(400);
    expect(common.text).toContain('Too many people use this one');
    const differs = await press(common.text, { password: NEXT, repeat: 'else' }).expect(400);
    expect(differs.text).toContain('The two are not the same.');
    const done = await press(differs.text, { password: NEXT, repeat: NEXT }).expect(200);
    expect(done.text).toContain('Your new password is set');
    await app.http.post('/auth/login').send({ email, password: NEXT }).expect(200);
    expect((await press(text, { password: NEXT, repeat: NEXT }).expect(400)).text).toContain(
      'does not work any more',
    );
  });

  it('a magic link signs in by its button: the tokens are in the fragment of the callback', async () => {
    const { email, path } = await magicPath();
    const { text } = await open(path).expect(200);
    expect(text).toContain(`Sign in as ${email} in this browser?`);
    expect(text).toContain('Firefox 128 on Windows');
    expect(text).not.toContain('another browser');
    const answer = await press(text).expect(303);
    const [place, fragment] = (answer.headers['location'] ?? '').split('#');
    expect(place).toBe('/auth/callback');
    const { token, refreshToken } = Object.fromEntries(new URLSearchParams(fragment));
    expect(await statusOf(app, token ?? '')).toBe(200);
    await app.http.post('/auth/refresh').send({ refreshToken }).expect(200);
    expect((await press(text).expect(400)).text).toContain('does not work any more');
  });

  it('a magic link opened in another browser works, and says where it was asked for', async () => {
    const { path } = await magicPath();
    const { text } = await open(path, CHROME).expect(200);
    expect(text).toContain('Firefox 128 on Windows');
    expect(text).toContain('It was requested in another browser than this one.');
    await press(text, {}, CHROME).expect(303);
  });

  it('without a link the code is typed', async () => {
    const { email, code } = await magicPath();
    const { text } = await open('/magic-link').expect(200);
    const wrong = await press(text, { email, code: code === '000000' ? '000001' : '000000' }).expect(400);
    expect(wrong.text).toContain('The address or the code is wrong');
    expect(wrong.text).toContain(`value="${email}"`);
    await press(wrong.text, { code }).expect(303);
  });

  it('[A9] [B20] [B40] have a strict policy, send no referrer, are cached and framed by nobody', async () => {
    const paths = [(await verifyPath()).path, (await resetPath()).path, (await magicPath()).path];
    for (const path of [...paths, '/magic-link', '/magic-link?token=x', '/auth/callback', '/auth/verify']) {
      const { headers, text } = await open(path);
      const policy = String(headers['content-security-policy']);
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("; form-action 'self'");
      expect(policy).toContain("; base-uri 'none'");
      expect(policy).toContain("; frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe|\*|https?:|data:/);
      expect(policy.includes('script-src')).toBe(path === '/auth/callback');
      expect(headers).toMatchObject({
        'referrer-policy': 'no-referrer',
        'x-frame-options': 'DENY',
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
        'content-type': HTML,
      });
      expect(text).not.toMatch(/<script>|style="|\son\w+=/);
      expect(text).toContain('Acme &lt;b>');
    }
  });

  it('[B55] show nothing for a link of another kind, of another address, or from too long ago', async () => {
    const [verify, reset, magic, other] = [
      await verifyPath(),
      await resetPath(),
      await magicPath(),
      await verifyPath(),
    ];
    const tokenOf = (path: string) => /(?:token|verificationCode)=([\w-]+)/.exec(path)?.[1] ?? '';
    const wrong = [
      `/magic-link?token=${tokenOf(verify.path)}`,
      `/magic-link?token=${tokenOf(reset.path)}`,
      `/reset-password?token=${tokenOf(magic.path)}`,
      `/reset-password?token=${tokenOf(verify.path)}`,
      `/auth/verify?email=${verify.email}&verificationCode=${tokenOf(reset.path)}`,
      `/auth/verify?email=${other.email}&verificationCode=${tokenOf(verify.path)}`,
    ];
    for (const path of wrong) expect([path, (await open(path)).status]).toEqual([path, 400]);
    for (const { path } of [verify, reset, magic]) await open(path).expect(200);
    app.clock.advance({ hours: 24 });
    for (const { path } of [verify, reset, magic]) await open(path).expect(400);
  });

  it('say of a newer link where the newer one was asked for', async () => {
    const email = someEmail();
    await app.http.post('/auth/magic-link').set('User-Agent', CHROME).send({ email }).expect(200);
    await mailbox.next(email, /sign-in link/);
    app.clock.advance({ minutes: 5 });
    const { path } = await magicPath(email);
    const { text } = await open(path).expect(200);
    expect(text).toContain('Firefox 128 on Windows');
    expect(text).not.toContain('Chrome');
  });

  it('say that there were too many tries, and not that the code is wrong', async () => {
    const { email } = await magicPath();
    for (let turn = 0; turn < 20; turn++)
      await app.http.post('/auth/verify-magic-link').send({ email, code: '000000' }).expect(401);
    const { text } = await open('/magic-link');
    const refused = await press(text, { email, code: '000000' }).expect(429);
    expect(refused.text).toContain('Too many attempts');
  });

  it('GET and HEAD, ten times each, spend nothing', async () => {
    const [verify, reset, magic] = [await verifyPath(), await resetPath(), await magicPath()];
    for (const { path } of [verify, reset, magic]) {
      for (let turn = 0; turn < 10; turn++) {
        await app.http.head(path).expect(200);
        await open(path).expect(200);
      }
    }
    await press((await open(verify.path)).text).expect(200);
    await press((await open(reset.path)).text, { password: NEXT, repeat: NEXT }).expect(200);
    await press((await open(magic.path)).text).expect(303);
  });

  it('what stands in a link is shown as text, whatever it is', async () => {
    const hostile = encodeURIComponent('"><script>alert(1)</script>');
    for (const path of [
      `/auth/verify?email=${hostile}&verificationCode=${hostile}`,
      `/reset-password?token=${hostile}`,
      `/reset-password?verificationCode=${hostile}&email=${hostile}`,
      `/magic-link?token=${hostile}`,
      `/magic-link?token=a&token=b`,
      '/auth/verify?email=a@example.com&email=b@example.com',
      `/auth/callback?error=${hostile}`,
    ]) {
      const { text, status } = await open(path);
      expect([path, [200, 400].includes(status)]).toEqual([path, true]);
      expect(text).not.toContain('<script>alert');
    }
    const typed = await press((await open('/magic-link')).text, {
      email: '"><script>alert(1)</script>',
      code: '1',
    });
    expect(typed.text).not.toContain('<script>alert');
  });

  it.each(['/pages/verify', '/pages/reset-password', '/pages/magic-link'])(
    '%s refuses what another site sends, and answers a person',
    async (path) => {
      const type = 'application/x-www-form-urlencoded';
      const send = () => app.http.post(path).set('Content-Type', type);
      for (const headers of [
        { 'Sec-Fetch-Site': 'cross-site' },
        { Origin: 'https://evil.example' },
        { Origin: 'https://app.example' },
        { 'Sec-Fetch-Site': 'same-site' },
        { 'Sec-Fetch-Site': 'cross-site', Origin: 'http://localhost:3000' },
      ]) {
        const { text } = await send().set(headers).send('token=x').expect(403).expect('content-type', HTML);
        expect(text).toContain('This came from another site');
      }
      await send()
        .set('Origin', 'http://localhost:3000')
        .send('token=x&password=another-good-one&repeat=another-good-one')
        .expect(400);
      for (const body of ['', 'token', '%', '%ff', 'token=%ff', '&&&===', 'token[]=1', '__proto__=1']) {
        await send().send(body).expect(400).expect('content-type', HTML);
      }
      await send()
        .send(`token=${'x'.repeat(200_000)}`)
        .expect(413);
      await app.http.post(path).set('Content-Type', 'text/plain').send('token=x').expect(415);
    },
  );

  it('no other route takes a form', async () => {
    for (const path of ['/auth/login', '/auth/verify', '/auth/verify-magic-link', '/auth/reset-password']) {
      await app.http.post(path).type('form').send('token=x').expect(415);
    }
  });

  it('are written in the language of who reads them', async () => {
    const { path } = await magicPath();
    const { text } = await open(path).set('Accept-Language', 'fr, de;q=0.8, en;q=0.2').expect(200);
    expect(text).toContain('<html lang="de">');
    expect(text).toContain('In diesem Browser als');
  });

  it('are asked for styles and a script that may be kept for an hour', async () => {
    for (const file of ['style.css', 'callback.js']) {
      const { headers } = await app.http.get(`/pages/${file}`).expect(200);
      expect(headers['cache-control']).toBe('public, max-age=3600');
    }
    for (const path of ['/pages/', '/pages/..%2fmain.js', '/pages/%2e%2e/page.js', '/pages/.env']) {
      const { status } = await app.http.get(path);
      expect([path, [400, 404].includes(status)]).toEqual([path, true]);
    }
  });

  it('a link that a locked-out person uses still works, and one of another account is not shown', async () => {
    const { email, path } = await resetPath();
    for (let turn = 0; turn < 10; turn++)
      await app.http.post('/auth/login').send({ email, password: 'not-it-at-all' });
    expect((await open(path).expect(200)).text).toContain(email);
    const { token } = await register(app);
    await app.http
      .get(path)
      .set(...bearer(token))
      .expect(200);
  });
});

describe('pages of a server under a path', () => {
  const environment: Record<string, string> = { PUBLIC_URL: 'https://auth.example/sub/' };
  const mailbox = useMailbox(environment);
  const app = useApp({ environment });

  it('point below it', async () => {
    const email = someEmail();
    await app.http.post('/auth/magic-link').send({ email }).expect(200);
    const { href, search } = linkIn(await mailbox.next(email));
    expect(href).toMatch(/^https:\/\/auth\.example\/sub\/magic-link\?/);
    const { text } = await app.http.get(`/magic-link${search}`).expect(200);
    expect(text).toContain('href="/sub/pages/style.css"');
    const { action, body } = pressed(text);
    expect(action).toBe('/sub/pages/magic-link');
    const answer = await app.http.post('/pages/magic-link').type('form').send(body).expect(303);
    expect(answer.headers['location']).toMatch(/^\/sub\/auth\/callback#token=/);
  });
});

describe('pages of a server that has too much to do', () => {
  const environment: Record<string, string> = { BCRYPT_COST: '11', HASH_CONCURRENCY: '1', HASH_QUEUE: '64' };
  const mailbox = useMailbox(environment);
  const app = useApp({ environment });

  it('say so to a person, and the link is good still', async () => {
    const { email } = await register(app);
    await app.http.post('/auth/forgot-password').send({ email }).expect(200);
    const token = linkIn(await mailbox.next(email, /^Reset/)).searchParams.get('token');
    const press = () =>
      app.http
        .post('/pages/reset-password')
        .type('form')
        .send(`token=${token}&password=${NEXT}&repeat=${NEXT}`);
    // Sign-ins of nobody, each a hash, until the queue is full.
    const filling = Array.from({ length: 100 }, async () => {
      const { status } = await app.http.post('/auth/login').send({ email: someEmail(), password: NEXT });
      return status === 503 ? status : Promise.reject(new Error(String(status)));
    });
    const settled = Promise.allSettled(filling);
    await Promise.any(filling);
    const answers = await Promise.all(Array.from({ length: 10 }, () => press()));
    const busy = answers.filter(({ status }) => status === 503);
    expect(busy.length).toBeGreaterThan(0);
    for (const { text, headers } of busy) {
      expect(headers).toMatchObject({ 'content-type': HTML, 'retry-after': expect.stringMatching(/^\d+$/) });
      expect(text).toContain('Just a moment');
    }
    await settled;
    // Where one of them found a place, it has used the link.
    const used = answers.some(({ status }) => status === 200);
    expect((await press()).status).toBe(used ? 400 : 200);
  }, 60_000);
});
