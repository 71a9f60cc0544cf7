import { GOOD_PASSWORD, someEmail } from './support/builders';
import { freshDataDir } from './support/data-dir';
import { until } from './support/mailbox';
import { runCommand, startServer, type ServerProcess } from './support/server-process';

const ROUNDS = 10;
const WORKERS = 8;

interface Acknowledged {
  readonly accounts: { email: string; token: string; refreshToken: string }[];
  readonly revoked: { token: string; refreshToken: string }[];
  readonly rotated: { from: string; to: string }[];
}

/** Registers, refreshes and signs out without a pause until the server is gone; notes what was acknowledged. */
async function work(server: ServerProcess, kept: Acknowledged): Promise<void> {
  for (let turn = 0; ; turn++) {
    const email = someEmail();
    const answer = await server.http
      .post('/auth/register')
      .send({ email, password: GOOD_PASSWORD })
      .catch(() => undefined);
    if (answer?.status !== 201) return;
    const { token, refreshToken } = answer.body as { token: string; refreshToken: string };
    if (turn % 3 === 0) kept.accounts.push({ email, token, refreshToken });
    if (turn % 3 === 1) {
      const logout = server.http.post('/auth/logout').set('Authorization', `Bearer ${token}`);
      if ((await logout.catch(() => undefined))?.status === 200) kept.revoked.push({ token, refreshToken });
    }
    if (turn % 3 === 2) {
      const refresh = server.http.post('/auth/refresh').send({ refreshToken });
      const next = await refresh.catch(() => undefined);
      if (next?.status === 200)
        kept.rotated.push({ from: refreshToken, to: next.body.refreshToken as string });
    }
  }
}

describe('kill -9 under load', () => {
  it('[A13] loses no acknowledged account, revocation or rotation, ten times over', async () => {
    const environment = { DATA_DIR: freshDataDir(), PUBLIC_URL: 'http://one.example' };
    let server = await startServer(environment);
    for (let round = 0; round < ROUNDS; round++) {
      const kept: Acknowledged = { accounts: [], revoked: [], rotated: [] };
      const workers = Array.from({ length: WORKERS }, () => work(server, kept));
      await new Promise((resolve) => setTimeout(resolve, 400 + 60 * round));
      // A busy machine may need longer for one of each.
      await until(() =>
        [kept.accounts, kept.revoked, kept.rotated].every((list) => list.length > 0) ? true : undefined,
      );
      await server.end('SIGKILL');
      await Promise.all(workers);
      server = await startServer(environment);

      for (const { email, token } of kept.accounts) {
        await server.http.post('/auth/login').send({ email, password: GOOD_PASSWORD }).expect(200);
        await server.http.get('/auth/me').set('Authorization', `Bearer ${token}`).expect(200);
      }
      for (const { token, refreshToken } of kept.revoked) {
        await server.http.get('/auth/me').set('Authorization', `Bearer ${token}`).expect(401);
        await server.http.post('/auth/refresh').send({ refreshToken }).expect(401);
      }
      for (const { to } of kept.rotated) {
        await server.http.post('/auth/refresh').send({ refreshToken: to }).expect(200);
      }
    }
    await server.end();
  }, 240_000);
});

describe('npm run keys:rotate', () => {
  it('works beside a running server and without one', async () => {
    const environment = { DATA_DIR: freshDataDir(), PUBLIC_URL: 'http://one.example' };
    const server = await startServer(environment);
    const { body } = await server.http
      .post('/auth/register')
      .send({ email: someEmail(), password: GOOD_PASSWORD })
      .expect(201);
    const said = await runCommand('rotate-signing-keys', environment);
    expect(said).toMatch(/^New key [0-9a-f-]{36}, signing from \S+Z\. The old keys stay published/);
    await server.end();

    expect(await runCommand('rotate-signing-keys', environment, ['--now'])).toContain('good for nothing');
    const again = await startServer(environment);
    const { body: set } = await again.http.get('/.well-known/jwks.json');
    expect(set.keys).toHaveLength(1);
    await again.http.get('/auth/me').set('Authorization', `Bearer ${body.token}`).expect(401);
    await again.end();
  }, 60_000);
});
