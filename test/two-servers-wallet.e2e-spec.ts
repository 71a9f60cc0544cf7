import { bearer } from './support/builders';
import { freshDatabase } from './support/database';
import { startServer, type ServerProcess } from './support/server-process';
import { TEST_SECRET } from './support/test-app';
import { nonceFrom, signedPayload, signInByWallet, someAccount } from './support/wallets';

describe('wallets on two servers', () => {
  let servers: [ServerProcess, ServerProcess];
  const environment: Record<string, string> = {
    PUBLIC_URL: 'http://localhost:3000',
    APP_SECRET: TEST_SECRET,
    LOG_LEVEL: 'trace',
  };
  beforeAll(async () => {
    environment['DATABASE_URL'] = await freshDatabase();
    servers = await Promise.all([startServer(environment), startServer(environment)]);
  });
  afterAll(() => Promise.all(servers.map((server) => server.end('SIGKILL'))));
  const serverOf = (turn: number): ServerProcess => servers[turn % 2] as ServerProcess;

  it.each([
    ['a payload', (account: ReturnType<typeof someAccount>) => signedPayload(serverOf(0), account)],
    [
      'a message',
      async (account: ReturnType<typeof someAccount>) => {
        const nonce = await nonceFrom(serverOf(0));
        const message = [
          'localhost:3000 wants you to sign in with your Ethereum account:',
          account.address,
          '',
          '',
          'URI: http://localhost:3000',
          'Version: 1',
          'Chain ID: 1',
          `Nonce: ${nonce}`,
          `Issued At: ${new Date().toISOString()}`,
        ].join('\n');
        return { message, signature: await account.signMessage({ message }) };
      },
    ],
  ])('[A1] fifty sign-ins with one signature of %s open one session', async (_name, sign) => {
    const body = await sign(someAccount());
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, turn) => serverOf(turn).http.post('/auth/login').send(body)),
    );
    const [good, bad] = [200, 400].map((status) => answers.filter((answer) => answer.status === status));
    expect([good?.length, bad?.length]).toEqual([1, 49]);
    for (const answer of bad ?? []) expect(answer.body).toEqual({ error: 'Login request nonce is invalid' });
  });

  it('[A1] fifty that add a wallet to an account or sign in by it, with one signature, do one of both', async () => {
    const { token } = await signInByWallet(serverOf(0), someAccount());
    const body = await signedPayload(serverOf(1), someAccount());
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, turn) =>
        serverOf(turn)
          .http.post(turn % 4 < 2 ? '/auth/login' : '/auth/wallets')
          .set(...bearer(token))
          .send(body),
      ),
    );
    expect(answers.filter(({ status }) => status === 200 || status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(49);
  });

  it('what is revoked at one is refused at the other at once, and a sign-in outlives a kill -9', async () => {
    const [first, second] = servers;
    const session = await signInByWallet(first, someAccount());
    await first.end('SIGKILL');
    servers[0] = await startServer(environment);
    for (const { http } of servers) {
      await http
        .get('/auth/me')
        .set(...bearer(session.token))
        .expect(200);
    }
    const cookies = `thirdweb_auth_token_${session.address}=${session.token}; thirdweb_auth_active_account=${session.address}`;
    await second.http.post('/auth/logout').set('Cookie', cookies).expect(200);
    expect((await serverOf(0).http.get('/auth/user').set('Cookie', cookies)).text).toBe('null');
  });

  it('[B77] no nonce, signature or token stands in the log', async () => {
    const account = someAccount();
    const body = await signedPayload(serverOf(1), account);
    const answer = await serverOf(1).http.post('/auth/login').send(body).expect(200);
    await serverOf(1).http.post('/auth/login').send(body).expect(400);
    const output = serverOf(1).output();
    expect(output).toContain('"/auth/login"');
    for (const secret of [body.payload.nonce, body.signature, answer.body.token as string]) {
      expect(output).not.toContain(secret);
    }
  });
});
