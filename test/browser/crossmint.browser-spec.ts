import type { Page } from 'playwright-core';
import { useBrowser } from '../support/browser';
import { REFRESH, someSubject, useCrossmint } from '../support/crossmint';
import { freePort } from '../support/server-process';
import { startApp, type TestApp } from '../support/test-app';

describe('Crossmint in a browser', () => {
  const browser = useBrowser();
  const environment: Record<string, string> = {};
  const crossmint = useCrossmint(environment);
  let app: TestApp;
  let origin: string;
  beforeAll(async () => {
    const port = await freePort();
    origin = `http://localhost:${port}`;
    app = await startApp({ environment: { ...environment, PUBLIC_URL: origin }, port });
  });
  afterAll(() => app.nest.close());

  /** What a script on the page gets. */
  const ask = (
    page: Page,
    path: string,
    body?: object,
  ): Promise<{ status: number; body: { userId: string } }> =>
    page.evaluate(
      async ([url, given]) => {
        const headers = { 'content-type': 'application/json' };
        const post = { method: 'POST', headers, body: JSON.stringify(given) };
        const answer = await fetch(url, given === undefined ? {} : post);
        return { status: answer.status, body: (await answer.json()) as { userId: string } };
      },
      [path, body] as const,
    );
  const cookiesIn = async (page: Page): Promise<string[]> =>
    (await page.context().cookies(origin)).map(({ name }) => name).sort();

  it('two tabs outlive the JWT, which the browser forgets, and a sign-out ends both', async () => {
    const sub = someSubject();
    const page = await browser.open();
    await page.goto(`${origin}/docs`);
    const other = await page.context().newPage();
    await other.goto(`${origin}/docs`);
    // Made when the pages are there: they take seconds.
    const jwt = crossmint.jwt({ sub, exp: Math.floor(Date.now() / 1_000) + 4 });
    const given = { jwt, refreshToken: crossmint.secretOf(sub), email: 'user@example.com' };
    expect((await ask(page, '/api/auth/session', given)).status).toBe(200);
    expect(await page.evaluate('document.cookie')).toBe('');
    const { userId } = (await ask(page, '/api/auth/profile')).body;

    // The server would take the JWT for five seconds more, and renew nothing; so a renewal says that it did not come.
    await page.waitForTimeout(4_500);
    const before = crossmint.timesAsked(REFRESH);
    const answers = await Promise.all([page, other, page, other].map((tab) => ask(tab, '/api/auth/profile')));
    expect(answers.map(({ status, body }) => [status, body.userId])).toEqual(Array(4).fill([200, userId]));
    expect(crossmint.timesAsked(REFRESH) - before).toBe(1);
    expect(await cookiesIn(page)).toEqual(['crossmint-jwt', 'crossmint-refresh-token', 'user-email']);

    expect((await ask(other, '/api/auth/logout', {})).status).toBe(200);
    expect(await cookiesIn(page)).toEqual([]);
    expect((await ask(page, '/api/auth/profile')).status).toBe(401);
  });
});
