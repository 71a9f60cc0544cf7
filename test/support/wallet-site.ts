import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A front end on an origin of its own that people sign in to with the wallets in their browser (EIP-6963, EIP-1193), as
 * clients of version 4 of thirdweb do: payload, `personal_sign`, login, and cookies ever after.
 */
const PAGE = `<!doctype html>
<html lang="en">
  <title>Wallets</title>
  <ul id="wallets"></ul>
  <button id="logout">Log out</button>
  <p id="user"></p>
  <p id="error"></p>
  <script type="module">
    const api = new URLSearchParams(location.search).get('api');
    const show = (id, text) => (document.getElementById(id).textContent = text);

    async function ask(path, body) {
      const options = body && {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      };
      const answer = await fetch(api + path, { credentials: 'include', ...options });
      const text = await answer.text();
      if (body) show('error', answer.ok ? '' : JSON.parse(text).error);
      return answer.ok && text ? JSON.parse(text) : null;
    }

    async function refresh() {
      const user = await ask('/auth/user');
      show('user', user ? 'Signed in as ' + user.address : 'Nobody');
    }

    const messageOf = (payload) =>
      [
        payload.domain + ' wants you to sign in with your Ethereum account:',
        payload.address,
        '',
        payload.statement,
        '',
        'URI: ' + payload.uri,
        'Version: ' + payload.version,
        'Chain ID: ' + payload.chain_id,
        'Nonce: ' + payload.nonce,
        'Issued At: ' + payload.issued_at,
        'Expiration Time: ' + payload.expiration_time,
        'Not Before: ' + payload.invalid_before,
      ].join('\\n');

    async function signIn(wallet) {
      const [address] = await wallet.request({ method: 'eth_requestAccounts' });
      const chain = await wallet.request({ method: 'eth_chainId' });
      const { payload } = await ask('/auth/payload', { address, chainId: String(Number(chain)) });
      const signature = await wallet.request({ method: 'personal_sign', params: [messageOf(payload), address] });
      await ask('/auth/login', { payload: { payload, signature } });
      await refresh();
    }

    async function use(wallet) {
      const [address] = await wallet.request({ method: 'eth_requestAccounts' });
      await ask('/auth/switch-account', { address });
      await refresh();
    }

    window.addEventListener('eip6963:announceProvider', ({ detail: { info, provider } }) => {
      const item = document.createElement('li');
      for (const [title, action] of [['Sign in with', signIn], ['Use', use]]) {
        const button = document.createElement('button');
        button.textContent = title + ' ' + info.name;
        button.onclick = () => action(provider);
        item.append(button);
      }
      document.getElementById('wallets').append(item);
    });
    document.getElementById('logout').onclick = () => ask('/auth/logout', {}).then(refresh);
    window.dispatchEvent(new Event('eip6963:requestProvider'));
    await refresh();
  </script>
</html>`;

export interface WalletSite {
  readonly origin: string;
}

/** @param environment gets the site's origin as one that may call with cookies */
export function useWalletSite(environment: Record<string, string>): WalletSite {
  const site = {} as { origin: string };
  let server: Server;
  beforeAll(async () => {
    server = createServer((_request, response) =>
      response.setHeader('content-type', 'text/html; charset=utf-8').end(PAGE),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    site.origin = `http://localhost:${(server.address() as AddressInfo).port}`;
    environment['CORS_ORIGINS'] = site.origin;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return site;
}
