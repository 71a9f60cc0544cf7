import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { API_KEY, someSubject, useCrossmint } from './support/crossmint';
import { hasCurl } from './support/curl';
import { holds } from './support/mailbox';
import { useApp } from './support/test-app';

const run = promisify(execFile);
const environment: Record<string, string> = { CROSSMINT_SERVER_API_KEY: API_KEY };
const crossmint = useCrossmint(environment);
const app = useApp({ environment });

(hasCurl ? describe : describe.skip)("the reference's curl examples, with a cookie jar", () => {
  const directory = mkdtempSync(join(tmpdir(), 'gatehouse-curl-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  it('run word for word', async () => {
    // The examples' own address leads to the server of this test.
    const { port } = new URL(app.url);
    writeFileSync(
      join(directory, '.curlrc'),
      `silent\nshow-error\nconnect-to = "localhost:3000:127.0.0.1:${port}"\nwrite-out = "\\n"\n`,
    );
    const sub = someSubject();
    const script = readFileSync(join(__dirname, 'support', 'crossmint-examples.sh'), 'utf8')
      .replace('eyJhbGci...', crossmint.jwt({ sub }))
      .replace('rt_...', crossmint.secretOf(sub));
    const [exchange = '', profile = '', logout = ''] = script.split(/\n\n(?=curl)/);
    const sh = async (command: string): Promise<unknown> => {
      const options = {
        cwd: directory,
        env: { PATH: process.env['PATH'], CURL_HOME: directory, HOME: directory },
      };
      return JSON.parse((await run('sh', ['-c', command], options)).stdout);
    };
    const jar = () => readFileSync(join(directory, 'cookies.txt'), 'utf8');
    expect(await sh(exchange)).toEqual({ success: true });
    for (const name of ['crossmint-jwt', 'crossmint-refresh-token', 'user-email']) {
      expect(jar()).toMatch(new RegExp(`#HttpOnly_localhost\\tFALSE\\t/\\tFALSE\\t\\d+\\t${name}\\t`));
    }
    await holds(async () => ((await sh(profile)) as { walletStatus: string }).walletStatus === 'active');
    expect(await sh(profile)).toEqual({
      userId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      email: 'user@example.com',
      walletAddress: crossmint.wallets.get(`userId:${sub}`),
      walletStatus: 'active',
      onboardingStep: 0,
      evmAddress: null,
    });
    expect(await sh(logout)).toEqual({ success: true });
    // curl 7.88 takes deleted cookies from its file again (curl#10685): whatever it keeps opens nothing.
    expect(await sh(profile)).toMatchObject({ code: 'UNAUTHORIZED' });
    expect(await sh(logout)).toEqual({ success: true });
  });
});
