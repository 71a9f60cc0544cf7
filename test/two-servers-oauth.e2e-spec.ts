import { bearer, someEmail } from './support/builders';
import { freshDatabase } from './support/database';
import { enrol, misbehaviours, useProvider } from './support/provider';
import { startServer, type ServerProcess } from './support/server-process';
import { TEST_SECRET } from './support/test-app';
import { outcomeOf, PUBLIC_URL, WebAgent } from './support/web-agent';

describe('sign-in by a provider on two servers', () => {
  const environment: Record<string, string> = {
    PUBLIC_URL,
    APP_SECRET: TEST_SECRET,
    OAUTH_TIMEOUT: '400ms',
    LOG_LEVEL: 'trace',
  };
  const provider = useProvider(environment);
  let servers: [ServerProcess, ServerProcess];
  beforeAll(async () => {
    environment['DATABASE_URL'] = await freshDatabase();
    servers = await Promise.all([startServer(environment), startServer(environment)]);
  });
  afterAll(() => Promise.all(servers.map((server) => server.end('SIGKILL'))));

  it.each(['google', 'github', 'oidc'])(
    '[A1][A7] fifty callbacks of %s with one state open one session',
    async (name) => {
      const agent = new WebAgent(servers[0], provider);
      const callback = await agent.authorize(
        `/auth/${name}`,
        enrol(provider, { email: someEmail(), verified: true }),
      );
      const [[key, value] = []] = agent.cookies;
      const path = callback.slice(PUBLIC_URL.length);
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, turn) =>
          fetch(`${servers[turn % 2]?.url}${path}`, {
            redirect: 'manual',
            headers: { cookie: `${key}=${value}` },
          }),
        ),
      );
      const outcomes = answers.map((answer) => outcomeOf(answer.headers.get('location') ?? ''));
      expect(outcomes.filter(({ token }) => token)).toHaveLength(1);
      expect(outcomes.filter(({ error }) => error === 'invalid_state')).toHaveLength(49);
    },
  );

  it('begun at one it is finished at the other, and outlives a kill -9', async () => {
    const person = enrol(provider, { email: someEmail(), verified: true });
    const [first, second] = servers;
    const agent = new WebAgent(first, provider);
    const callback = await agent.authorize('/auth/google', person);
    const other = new WebAgent(second, provider);
    for (const [key, value] of agent.cookies) other.cookies.set(key, value);
    const { token = '' } = outcomeOf(await other.locationOf(callback));
    await second.end('SIGKILL');
    servers[1] = await startServer(environment);
    for (const { http } of servers) {
      await http
        .get('/auth/me')
        .set(...bearer(token))
        .expect(200);
    }
  });

  it('no nonsense of a provider ends a process', async () => {
    const paths = [
      '/oauth2/token',
      '/v1/userinfo',
      '/login/oauth/access_token',
      '/api/v3/user',
      '/token',
      '/me',
    ];
    for (const misbehave of Object.values(misbehaviours)) {
      const callbacks = await Promise.all(
        ['google', 'github', 'oidc'].flatMap((name) =>
          [0, 1].map(async () => {
            const agent = new WebAgent(servers[0], provider);
            return { agent, callback: await agent.authorize(`/auth/${name}`, enrol(provider)) };
          }),
        ),
      );
      // Tokens go wrong for the one half, and what comes after them for the other.
      for (const half of [0, 1]) {
        provider.wrong.clear();
        for (const path of paths.filter((_, index) => index % 2 === half))
          provider.wrong.set(path, misbehave);
        await Promise.all(
          callbacks
            .filter((_, index) => index % 2 === half)
            .map(async ({ agent, callback }) => {
              expect(outcomeOf(await agent.locationOf(callback))).toEqual({ error: 'provider_error' });
            }),
        );
      }
      provider.wrong.clear();
    }
    expect(servers[0].process.exitCode).toBeNull();
    await servers[0].http.get('/auth/health').expect(200);
  });

  it('[B77] the log tells why, and no secret', async () => {
    const agent = new WebAgent(servers[0], provider);
    const callback = new URL(await agent.authorize('/auth/github', enrol(provider)));
    const [[, sealed = ''] = []] = agent.cookies;
    const { token = '', refreshToken = '' } = outcomeOf(await agent.locationOf(callback.href));
    const wrong = new URL(await agent.authorize('/auth/github', enrol(provider)));
    wrong.searchParams.set('code', 'a-code-that-is-wrong');
    await agent.open(wrong.href);
    // A proxy before the provider that echoes what it was asked.
    provider.wrong.set('/login/oauth/access_token', (request, response) => {
      request.on('data', (chunk: Buffer) => response.writeHead(502).end(`Bad gateway: ${String(chunk)}`));
    });
    await agent.open(await agent.authorize('/auth/github', enrol(provider)));
    provider.wrong.clear();
    const log = servers[0].output();
    expect(log).toMatch(/github: provider_error: .*bad_verification_code/);
    expect(log).toMatch(/github: provider_error: .*status 502: no reason given/);
    const [code = '', state = ''] = ['code', 'state'].map((name) => callback.searchParams.get(name) ?? '');
    const secrets = [token, refreshToken, sealed, code, state, environment['GITHUB_CLIENT_SECRET'] ?? ''];
    for (const secret of [...secrets, 'a-code-that-is-wrong']) {
      expect(secret.length).toBeGreaterThan(10);
      expect(log).not.toContain(secret);
    }
  });
});
