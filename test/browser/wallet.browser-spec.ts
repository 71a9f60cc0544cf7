import type { Page } from 'playwright-core';
import { takeScreenshot, useBrowser } from '../support/browser';
import { freePort } from '../support/server-process';
import { startApp, type TestApp } from '../support/test-app';
import { useWalletSite } from '../support/wallet-site';
import { someAccount } from '../support/wallets';

/** Puts wallets into a page, as extensions do: each announces a provider (EIP-6963), and signs in a process of its own. */
async function inject(page: Page, wallets: Record<string, ReturnType<typeof someAccount>>): Promise<void> {
  await page.exposeFunction('signInWallet', (name: string, message: string) =>
    wallets[name]?.signMessage({ message }),
  );
  const addresses = Object.fromEntries(Object.entries(wallets).map(([name, { address }]) => [name, address]));
  await page.addInitScript((known: Record<string, string>) => {
    const sign = (name: string, message: string) =>
      (
        globalThis as unknown as { signInWallet(name: string, message: string): Promise<string> }
      ).signInWallet(name, message);
    const target = globalThis as unknown as EventTarget;
    target.addEventListener('eip6963:requestProvider', () => {
      for (const [name, address] of Object.entries(known)) {
        const request = ({ method, params = [] }: { method: string; params?: string[] }) => {
          if (method === 'eth_requestAccounts') return Promise.resolve([address]);
          if (method === 'eth_chainId') return Promise.resolve('0x1');
          if (method === 'personal_sign') return sign(name, params[0] ?? '');
          return Promise.reject(new Error(method));
        };
        const detail = { info: { name, uuid: name }, provider: { request } };
        target.dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail }));
      }
    });
  }, addresses);
}

describe('wallets in a browser', () => {
  const browser = useBrowser();
  const environment: Record<string, string> = {};
  const site = useWalletSite(environment);
  let app: TestApp;
  let origin: string;
  beforeAll(async () => {
    const port = await freePort();
    origin = `http://localhost:${port}`;
    app = await startApp({ environment: { ...environment, PUBLIC_URL: origin }, port });
  });
  afterAll(() => app.nest.close());

  it('two sign in side by side, take turns, one logs out, and the other lives on', async () => {
    const [ada, grace] = [someAccount(), someAccount()];
    const page = await browser.open();
    await inject(page, { Ada: ada, Grace: grace });
    const wrong: string[] = [];
    page.on('pageerror', (error) => wrong.push(error.message));
    const click = (name: string) => page.getByRole('button', { name, exact: true }).click();
    const shows = (text: string) => page.locator('#user', { hasText: text }).waitFor();
    await page.goto(`${site.origin}/?api=${encodeURIComponent(origin)}`);
    await shows('Nobody');
    await click('Sign in with Ada');
    await shows(`Signed in as ${ada.address}`);
    await click('Sign in with Grace');
    await shows(`Signed in as ${grace.address}`);
    await click('Use Ada');
    await shows(`Signed in as ${ada.address}`);
    await page.reload();
    await shows(`Signed in as ${ada.address}`);
    await takeScreenshot(page, 'wallets');
    const names = async () =>
      (await page.context().cookies(origin)).map(({ name, httpOnly }) => [name, httpOnly]).sort();
    const both = [ada, grace].map(({ address }) => [`thirdweb_auth_token_${address}`, true]);
    expect(await names()).toEqual([['thirdweb_auth_active_account', true], ...both].sort());
    await click('Log out');
    await shows('Nobody');
    await click('Use Ada');
    await page.locator('#error', { hasText: 'not signed in here' }).waitFor();
    await click('Use Grace');
    await shows(`Signed in as ${grace.address}`);
    await page.reload();
    await shows(`Signed in as ${grace.address}`);
    const live = await app.database.query(
      `SELECT i.subject FROM sessions s JOIN identities i ON i.id = s.credential_id WHERE s.revoked_at IS NULL`,
    );
    expect(live).toEqual([{ subject: grace.address }]);
    expect(wrong).toEqual([]);
  });

  it('[B46] over http the cookies stay away from pages of another site, which read nothing', async () => {
    const ada = someAccount();
    const page = await browser.open();
    await inject(page, { Ada: ada });
    await page.goto(`${site.origin}/?api=${encodeURIComponent(origin)}`);
    await page.getByRole('button', { name: 'Sign in with Ada' }).click();
    const user = page.locator('#user', { hasText: `Signed in as ${ada.address}` });
    await user.waitFor();
    const sent: Promise<boolean>[] = [];
    page.on('request', (request) => {
      if (!request.url().startsWith(origin)) return;
      sent.push(request.allHeaders().then(({ cookie = '' }) => cookie.includes(ada.address)));
    });
    await page.reload();
    await user.waitFor();
    expect(await Promise.all(sent.splice(0))).toContain(true);
    // By its number the same machine is another site, and it is not on the list.
    await page.goto(`${site.origin.replace('localhost', '127.0.0.1')}/?api=${encodeURIComponent(origin)}`);
    const outcome = await page.evaluate(async (api: string) => {
      const attempt = (path: string, options: object) =>
        fetch(api + path, { credentials: 'include', ...options }).then(
          (answer) => answer.status,
          () => 'unreadable',
        );
      return [
        await attempt('/auth/user', {}),
        await attempt('/auth/logout', { method: 'POST', mode: 'no-cors' }),
      ];
    }, origin);
    expect(outcome).toEqual(['unreadable', 'unreadable']);
    expect(await Promise.all(sent)).not.toContain(true);
    await page.goBack();
    await user.waitFor();
  });
});
