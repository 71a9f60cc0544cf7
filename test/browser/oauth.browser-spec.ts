import { takeScreenshot, useBrowser } from '../support/browser';
import { registerPin, someEmail } from '../support/builders';
import { enrol, useProvider } from '../support/provider';
import { freePort } from '../support/server-process';
import { startApp, type TestApp } from '../support/test-app';

describe('sign-in by a provider in a browser', () => {
  const browser = useBrowser();
  let port: number;
  // The provider must know where it sends people back to, and it is another site: 127.0.0.1.
  const environment: Record<string, string> = {};
  beforeAll(async () => {
    port = await freePort();
    environment['PUBLIC_URL'] = `http://localhost:${port}`;
  });
  const provider = useProvider(environment);
  let app: TestApp;
  let origin: string;
  beforeAll(async () => {
    origin = environment['PUBLIC_URL'] ?? '';
    app = await startApp({ environment, port });
  });
  afterAll(() => app.nest.close());

  it.each(['google', 'github', 'oidc'])(
    '%s: from its address to the page that says who is signed in',
    async (name) => {
      const { email = '' } = enrol(provider, { email: someEmail(), verified: true, name: `Ada at ${name}` });
      const page = await browser.open();
      const wrong: string[] = [];
      page.on('console', (message) => {
        // The provider's own page is not ours to judge.
        if (message.type() === 'error' && message.location().url.startsWith(origin))
          wrong.push(message.text());
      });
      page.on('pageerror', (error) => wrong.push(error.message));
      await page.goto(`${origin}/auth/${name}`);
      expect(page.url()).toMatch(new RegExp(`^http://(127.0.0.1|localhost):(?!${port})\\d+/interaction/`));
      await page.getByRole('button', { name: `Sign in as Ada at ${name}` }).click();
      await page.getByText(`You are signed in as ${email}`).waitFor();
      expect(page.url()).toBe(`${origin}/auth/callback`);
      const cookies = await page.context().cookies(origin);
      expect(cookies.filter(({ name: one }) => one.includes('gatehouse'))).toEqual([]);
      expect(wrong).toEqual([]);
      await takeScreenshot(page, `oauth-${name}`);
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByText('You are signed out').waitFor();
      await page.goBack();
      expect(await page.content()).not.toContain('ghr_');
    },
  );

  it('who cancels is told that nothing has changed', async () => {
    const page = await browser.open();
    await page.goto(`${origin}/auth/google`);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('You cancelled. Nothing has changed.').waitFor();
  });

  it('two tabs sign in side by side', async () => {
    const [one, other] = [0, 1].map(() =>
      enrol(provider, { email: someEmail(), verified: true, name: someEmail() }),
    );
    const first = await browser.open();
    const second = await first.context().newPage();
    await first.goto(`${origin}/auth/google`);
    await second.goto(`${origin}/auth/google`);
    await first.getByRole('button', { name: `Sign in as ${one?.name}` }).click();
    await first.getByText(`You are signed in as ${one?.email}`).waitFor();
    await second.getByRole('button', { name: `Sign in as ${other?.name}` }).click();
    await second.getByText(`You are signed in as ${other?.email}`).waitFor();
  });

  it('a person with a cookie links, and another site can’t make them', async () => {
    const { accessToken } = await registerPin(app);
    enrol(provider, { name: 'Grace' });
    const page = await browser.open();
    await page
      .context()
      .addCookies([{ name: 'accessToken', value: accessToken, url: origin, sameSite: 'Lax' }]);
    await page.goto(`${provider.url}/elsewhere`);
    const answer = page.waitForResponse(`${origin}/auth/link/github`);
    await page.evaluate((url) => void (location.href = url), `${origin}/auth/link/github`);
    expect((await answer).status()).toBe(403);
    await page.waitForURL(`${origin}/auth/link/github`);
    await page.goto(`${origin}/auth/link/github`);
    await page.getByRole('button', { name: 'Sign in as Grace' }).click();
    await page.getByText('The other account is linked').waitFor();
    await takeScreenshot(page, 'oauth-linked');
  });
});
