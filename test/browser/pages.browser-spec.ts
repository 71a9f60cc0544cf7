import type { Page } from 'playwright-core';
import { takeScreenshot, useBrowser } from '../support/browser';
import { GOOD_PASSWORD, register, someEmail } from '../support/builders';
import { codeIn, linkIn, until, useMailbox } from '../support/mailbox';
import { freePort } from '../support/server-process';
import { startApp, type TestApp } from '../support/test-app';

const NEXT = 'another-good-password';

/** What a page did that it should not: asked for something elsewhere, or was stopped by its own policy. */
function watch(page: Page, origin: string): string[] {
  const wrong: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(origin)) wrong.push(`asked for ${request.url()}`);
  });
  page.on('console', (message) => {
    if (message.type() === 'error' && !/status of 400/.test(message.text())) wrong.push(message.text());
  });
  page.on('pageerror', (error) => wrong.push(error.message));
  return wrong;
}

/** What a person who can't see well, or uses no mouse, would stumble over. */
async function hindrances(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    const visible = (element: Element) => element.getClientRects().length > 0;
    if (!document.documentElement.lang) found.push('no language');
    if (!document.title) found.push('no title');
    if (document.querySelectorAll('h1').length !== 1) found.push('not one h1');
    if (!document.querySelector('main')) found.push('no main');
    for (const input of document.querySelectorAll<HTMLInputElement>('input:not([type=hidden])')) {
      if (visible(input) && !input.labels?.length) found.push(`no label: ${input.name}`);
      for (const id of (input.getAttribute('aria-describedby') ?? '').split(' ').filter(Boolean)) {
        if (!document.getElementById(id)) found.push(`described by nothing: ${id}`);
      }
    }
    const channels = (color: string) => (color.match(/[\d.]+/g) ?? []).slice(0, 4).map(Number);
    const luminance = (color: string) => {
      const [r = 0, g = 0, b = 0] = channels(color).map((value) => {
        const share = value / 255;
        return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = (element: Element | null): string => {
      for (let at = element; at; at = at.parentElement) {
        const color = getComputedStyle(at).backgroundColor;
        if (channels(color)[3] !== 0) return color;
      }
      return 'rgb(255, 255, 255)';
    };
    for (const element of document.querySelectorAll('p, h1, label, button, dt, dd, span, strong')) {
      if (!visible(element) || !element.textContent?.trim()) continue;
      const [one, other] = [luminance(getComputedStyle(element).color), luminance(ground(element))];
      const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
      // WCAG 2.2, 1.4.3
      if (contrast < 4.5) found.push(`contrast ${contrast.toFixed(1)}: ${element.textContent}`);
    }
    if (document.documentElement.scrollWidth > window.innerWidth) found.push('scrolls sideways');
    return found;
  });
}

describe('the pages in a browser', () => {
  const environment: Record<string, string> = { ALLOWED_LOGO_ORIGINS: 'https://cdn.example' };
  const mailbox = useMailbox(environment);
  const browser = useBrowser();
  let app: TestApp;
  let origin: string;
  beforeAll(async () => {
    // The links that are mailed must lead to the server itself, so it is told its port before it has one.
    const port = await freePort();
    origin = `http://127.0.0.1:${port}`;
    app = await startApp({ environment: { ...environment, PUBLIC_URL: origin }, port });
  });
  afterAll(() => app.nest.close());

  const verifyLink = async () => {
    const person = await register(app);
    return { ...person, link: linkIn(await mailbox.next(person.email, /Confirm/)).href };
  };
  const resetLink = async () => {
    const person = await register(app);
    await app.http.post('/auth/forgot-password').send({ email: person.email }).expect(200);
    return { ...person, link: linkIn(await mailbox.next(person.email, /^Reset/)).href };
  };
  const magicLink = async (email = someEmail()) => {
    await app.http.post('/auth/magic-link').send({ email }).expect(200);
    const mail = await mailbox.next(email, /sign-in link/);
    return { email, link: linkIn(mail).href, code: codeIn(mail) };
  };

  describe.each([
    ['with JavaScript', { javaScriptEnabled: true }],
    ['without JavaScript', { javaScriptEnabled: false }],
  ])('%s', (_name, options) => {
    it('an address is confirmed', async () => {
      const { email, link } = await verifyLink();
      const page = await browser.open(options);
      const wrong = watch(page, origin);
      await page.goto(link);
      await page.getByRole('button', { name: 'Yes, confirm it' }).click();
      await page.getByText(`${email} is confirmed`).waitFor();
      await page.goto(link);
      await page.getByText('does not work any more').waitFor();
      expect(wrong).toEqual([]);
    });

    it('a password is reset, after two mistakes', async () => {
      const { email, link } = await resetLink();
      const page = await browser.open(options);
      const wrong = watch(page, origin);
      await page.goto(link);
      const type = async (password: string, repeat: string) => {
        await page.getByLabel('New password', { exact: true }).fill(password);
        await page.getByLabel('Repeat the new password').fill(repeat);
        await page.getByRole('button', { name: 'Set the new password' }).click();
      };
      await type('password', 'password');
      await page.getByRole('alert').getByText('Too many people use this one').waitFor();
      await type(NEXT, 'else');
      await page.getByText('The two are not the same').waitFor();
      await type(NEXT, NEXT);
      await page.getByRole('heading', { name: 'Your new password is set' }).waitFor();
      await app.http.post('/auth/login').send({ email, password: NEXT }).expect(200);
      expect(wrong).toEqual([]);
    });

    it('a magic link ends at the callback, with nothing in its address', async () => {
      const { email, link } = await magicLink();
      const page = await browser.open(options);
      const wrong = watch(page, origin);
      await page.goto(link);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.waitForURL('**/auth/callback*');
      if (options.javaScriptEnabled) {
        await page.getByText(`You are signed in as ${email}`).waitFor();
        expect(page.url()).toBe(`${origin}/auth/callback`);
        await page.getByRole('button', { name: 'Sign out' }).click();
        await page.getByText('You are signed out').waitFor();
      } else {
        // This way to switch scripts off leaves noscript unshown; without them it is shown.
        expect(await page.locator('noscript').textContent()).toContain('Allow JavaScript for it');
      }
      expect(wrong).toEqual([]);
    });

    it('a code is typed', async () => {
      const { email, code } = await magicLink();
      const page = await browser.open(options);
      await page.goto(`${origin}/magic-link`);
      await page.getByLabel('Email address').fill(email);
      await page.getByLabel('Code').fill(code);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.waitForURL('**/auth/callback*');
    });
  });

  it('are used by the keyboard alone', async () => {
    const { email, link } = await resetLink();
    const page = await browser.open();
    await page.goto(link);
    for (const text of [NEXT, NEXT]) {
      await page.keyboard.press('Tab');
      await page.keyboard.type(text);
    }
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Your new password is set' }).waitFor();
    await app.http.post('/auth/login').send({ email, password: NEXT }).expect(200);
  });

  it('a mail scanner that runs scripts and clicks nothing, ten times, spends nothing', async () => {
    const [verify, reset, magic] = [await verifyLink(), await resetLink(), await magicLink()];
    const scanner = await browser.open();
    for (const { link } of [verify, reset, magic]) {
      for (let turn = 0; turn < 10; turn++) {
        await app.http.head(new URL(link).pathname + new URL(link).search).expect(200);
        await app.http.get(new URL(link).pathname + new URL(link).search).expect(200);
        await scanner.goto(link, { waitUntil: 'networkidle' });
      }
    }
    const page = await browser.open();
    await page.goto(verify.link);
    await page.getByRole('button').click();
    await page.getByRole('heading', { name: 'is confirmed' }).waitFor();
    await page.goto(reset.link);
    await page.getByLabel('New password', { exact: true }).fill(NEXT);
    await page.getByLabel('Repeat the new password').fill(NEXT);
    await page.getByRole('button').click();
    await page.getByText('Your new password is set').waitFor();
    await page.goto(magic.link);
    await page.getByRole('button').click();
    await page.getByText('You are signed in as').waitFor();
  });

  it.each([
    'access_denied',
    'invalid_state',
    'provider_error',
    'account_unavailable',
    'identity_taken',
    'what"]*{is',
    '__proto__',
  ])('the callback says what went wrong: %s', async (error) => {
    const page = await browser.open();
    const wrong = watch(page, origin);
    await page.goto(`${origin}/auth/callback#${new URLSearchParams({ error }).toString()}`);
    await page.locator('[data-state^=error]:visible').waitFor();
    expect(await page.locator('[data-state]:visible').count()).toBe(1);
    expect(page.url()).toBe(`${origin}/auth/callback`);
    expect(wrong).toEqual([]);
  });

  it('a form on another site is refused', async () => {
    const { link } = await magicLink();
    const token = new URL(link).searchParams.get('token') ?? '';
    const page = await browser.open();
    await page.goto('about:blank');
    await page.setContent(
      `<form method="post" action="${origin}/pages/magic-link"><input name="token" value="${token}"><button>Win</button></form>`,
    );
    await page.getByRole('button').click();
    await page.getByText('This came from another site').waitFor();
    await page.goto(link);
    await page.getByRole('button').click();
    await page.waitForURL('**/auth/callback*');
  });

  const looks = [
    ['light', { colorScheme: 'light', viewport: { width: 900, height: 700 } }],
    ['dark', { colorScheme: 'dark', viewport: { width: 900, height: 700 } }],
    ['phone', { colorScheme: 'light', viewport: { width: 320, height: 640 }, locale: 'de-DE' }],
  ] as const;

  it.each(looks)('look well, and stand in nobody’s way: %s', async (look, options) => {
    const [verify, reset, magic] = [await verifyLink(), await resetLink(), await magicLink()];
    const page = await browser.open(options);
    const show = async (name: string, url?: string) => {
      if (url) await page.goto(url);
      expect([name, await hindrances(page)]).toEqual([name, []]);
      await takeScreenshot(page, `page-${name}-${look}`);
    };
    await show('verify', verify.link);
    await page.getByRole('button').click();
    await show('verified');
    await show('gone', verify.link);
    await show('reset', reset.link);
    await page.locator('#password').fill('short');
    await page.locator('#repeat').fill('short');
    await page.getByRole('button').click();
    await page.getByRole('alert').waitFor();
    await show('reset-refused');
    await page.locator('#password').fill(NEXT);
    await page.locator('#repeat').fill(NEXT);
    await page.getByRole('button').click();
    await show('reset-done');
    await show('code', `${origin}/magic-link`);
    await show('magic', magic.link);
    await page.getByRole('button').click();
    await page.locator('[data-state=signed-in]:visible').waitFor();
    await show('callback');
    await show('callback-nothing', `${origin}/auth/callback`);
    await page.goto('about:blank');
    await show('callback-error', `${origin}/auth/callback#error=access_denied`);
  });

  it.each(['en', 'de'])('mails look well, and are readable without images: %s', async (language) => {
    const agent = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0';
    const send = (path: string, body: object) =>
      app.http.post(path).set('Accept-Language', language).set('User-Agent', agent).send(body);
    const [email, password] = [someEmail(), GOOD_PASSWORD];
    const brand = { platformName: 'Ærø & Søn', brandLogoUrl: 'https://cdn.example/logo.png' };
    await send('/auth/register', { email, password }).expect(201);
    await send('/auth/verification-mail', { email, ...brand }).expect(200);
    await send('/auth/forgot-password', { email, ...brand }).expect(200);
    await send('/auth/magic-link', { email }).expect(200);
    const login = app.http.post('/auth/login').set('Accept-Language', language);
    const { token } = (await login.send({ email, password }).expect(200)).body;
    await send('/auth/pin', { name: `n${Date.now()}`, pin: '4711', currentPassword: password })
      .set('Authorization', `Bearer ${token}`)
      .expect(200);
    await send('/auth/change-password', { currentPassword: password, newPassword: NEXT })
      .set('Authorization', `Bearer ${token}`)
      .expect(200);
    const magic = () => mailbox.next(email, language === 'en' ? /sign-in link/ : /Link zum Anmelden/);
    const first = await magic();
    await until(() => (mailbox.waitingFor(email).length >= 6 ? true : undefined));
    const kept = [...mailbox.received.filter((mail) => mail.address === email), first];
    mailbox.received.splice(0);
    // The first is from before the change of the password.
    await send('/auth/magic-link', { email }).expect(200);
    const mailed = linkIn(await magic()).searchParams.get('token');
    await send('/auth/verify-magic-link', { token: mailed }).expect(200);
    kept.push(await mailbox.next(email, language === 'en' ? /old credentials/ : /alte Zugangsdaten/));
    await send('/auth/forgot-password', { email }).expect(200);
    const reset = linkIn(await mailbox.next(email, language === 'en' ? /^Reset/ : /zurück/)).searchParams.get(
      'token',
    );
    await send('/auth/reset-password', { token: reset, password: 'yet-another-good-one' }).expect(200);
    kept.push(await mailbox.next(email, language === 'en' ? /was reset/ : /wurde zurückgesetzt/));
    expect(new Set(kept.map(({ subject }) => subject)).size).toBeGreaterThanOrEqual(8);
    const page = await browser.open({ viewport: { width: 640, height: 700 } });
    await page.route('**/*', (route) =>
      route.request().url().startsWith('data:') ? route.continue() : route.abort(),
    );
    for (const [index, mail] of kept.entries()) {
      await page.setContent(String(mail.html));
      expect([
        mail.subject,
        await hindrances(page).then((all) => all.filter((one) => one !== 'no main')),
      ]).toEqual([mail.subject, []]);
      await takeScreenshot(page, `mail-${language}-${index}`);
    }
    const phone = await browser.open({ viewport: { width: 320, height: 640 } });
    await phone.setContent(String(kept[0]?.html));
    await takeScreenshot(phone, `mail-${language}-phone`);
  });
});
