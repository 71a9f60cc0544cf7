import { DataSource } from 'typeorm';
import { freshDatabase } from './support/database';
import {
  API_KEY,
  exchange,
  jwtCookie,
  keptFrom,
  profileOf,
  REFRESH,
  someSubject,
  useCrossmint,
  WALLETS,
  withoutJwt,
} from './support/crossmint';
import { holds } from './support/mailbox';
import { startServer, type ServerProcess } from './support/server-process';
import { TEST_SECRET } from './support/test-app';

describe('Crossmint sessions on two servers', () => {
  const environment: Record<string, string> = {
    PUBLIC_URL: 'http://localhost:3000',
    APP_SECRET: TEST_SECRET,
    CROSSMINT_SERVER_API_KEY: API_KEY,
    LOG_LEVEL: 'trace',
  };
  const crossmint = useCrossmint(environment);
  let database: DataSource;
  let servers: [ServerProcess, ServerProcess];
  const serverOf = (turn: number) => servers[turn % 2] as ServerProcess;
  const count = async (statement: string, ...values: unknown[]): Promise<number> =>
    (await database.query(`SELECT count(*)::int FROM ${statement}`, values))[0].count;
  beforeAll(async () => {
    const url = await freshDatabase();
    environment['DATABASE_URL'] = url;
    servers = await Promise.all([startServer(environment), startServer(environment)]);
    database = await new DataSource({ type: 'postgres', url }).initialize();
  });
  afterAll(async () => {
    await database.destroy();
    await Promise.all(servers.map((server) => server.end('SIGKILL')));
  });

  it('[A1] fifty exchanges of one JWT open one session of one user, who gets one wallet', async () => {
    const sub = someSubject();
    const jwt = crossmint.jwt({ sub });
    const answers = await Promise.all(Array.from({ length: 50 }, (_, turn) => exchange(serverOf(turn), jwt)));
    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200));
    expect(await count('sessions')).toBe(1);
    expect(await count('users')).toBe(1);
    await holds(async () => (await profileOf(servers[0], jwtCookie(jwt))).body.walletStatus === 'active');
    const asked = crossmint.asked.filter(
      ({ path, body }) => path === WALLETS && body['owner'] === `userId:${sub}`,
    );
    expect(asked).toHaveLength(1);
  });

  it('[A1] fifty requests with a JWT that has expired renew it once, and all get the same', async () => {
    const sub = someSubject();
    const jwt = crossmint.jwt({ sub, exp: Math.floor(Date.now() / 1_000) + 1 });
    const refreshToken = crossmint.secretOf(sub);
    const cookies = keptFrom(await exchange(servers[0], jwt, { refreshToken }).expect(200));
    await new Promise((resolve) => setTimeout(resolve, 6_100));
    const before = crossmint.timesAsked(REFRESH);
    crossmint.slow.set(REFRESH, 300);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, turn) =>
        profileOf(serverOf(turn), turn % 4 < 2 ? cookies : withoutJwt(cookies)),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200));
    expect(crossmint.timesAsked(REFRESH) - before).toBe(1);
    expect(new Set(answers.map((answer) => String(keptFrom(answer)))).size).toBe(1);
    // A kill loses none of it.
    await servers[1].end('SIGKILL');
    servers[1] = await startServer(environment);
    const [answer] = answers;
    for (const server of servers) await profileOf(server, keptFrom(answer ?? { headers: {} })).expect(200);
  });

  it('[A13] what is revoked on one is refused on the other, at once', async () => {
    const jwt = crossmint.jwt();
    await exchange(servers[0], jwt).expect(200);
    await profileOf(servers[1], jwtCookie(jwt)).expect(200);
    await servers[0].http
      .post('/api/auth/logout')
      .set(...jwtCookie(jwt))
      .expect(200);
    await profileOf(servers[1], jwtCookie(jwt)).expect(401);
    await exchange(servers[1], jwt).expect(401);
  });

  it('a kill -9 while a wallet is created leaves one wallet, and the profile says active', async () => {
    const sub = someSubject();
    const owner = `userId:${sub}`;
    const jwt = crossmint.jwt({ sub });
    // It is created there, and the answer never comes.
    crossmint.slow.set(WALLETS, 60_000);
    crossmint.wallets.set(owner, `0x${'ef'.repeat(32)}`);
    await exchange(servers[0], jwt).expect(200);
    await holds(() => crossmint.asked.some(({ path, body }) => path === WALLETS && body['owner'] === owner));
    await Promise.all(servers.map((server) => server.end('SIGKILL')));
    crossmint.slow.clear();
    // As if the minute were over after which the queue takes a process for dead.
    await database.query(
      `UPDATE pgboss.job SET started_on = now() - interval '2 minutes' WHERE state = 'active'`,
    );
    servers = await Promise.all([startServer(environment), startServer(environment)]);
    const profile = async () => (await profileOf(servers[1], jwtCookie(jwt)).expect(200)).body;
    expect((await profile()).walletStatus).toBe('pending');
    // And until the queue looks.
    await holds(async () => (await profile()).walletStatus === 'active', 60);
    expect((await profile()).walletAddress).toBe(`0x${'ef'.repeat(32)}`);
    const keys = crossmint.asked
      .filter(({ path, body }) => path === WALLETS && body['owner'] === owner)
      .map(({ headers }) => headers['x-idempotency-key']);
    expect(keys.length).toBeGreaterThan(1);
    expect(new Set(keys).size).toBe(1);
  }, 100_000);

  it('[B77] no log, and no row, bears a token', async () => {
    const sub = someSubject();
    const refreshToken = crossmint.secretOf(sub);
    const jwt = crossmint.jwt({ sub });
    const cookies = keptFrom(await exchange(servers[0], jwt, { refreshToken }).expect(200));
    await profileOf(servers[0], jwtCookie(`${jwt.slice(0, -4)}AAAA`, 'rt_a-wrong-one')).expect(401);
    await exchange(servers[0], jwt, { refreshToken: 'rt_a-wrong-one' }).expect(200);
    await servers[0].http
      .post('/api/auth/logout')
      .set(...cookies)
      .expect(200);
    const secret = /crossmint-refresh-token=([^;]+)/.exec(cookies[1])?.[1] ?? '';
    const [, , signature = ''] = jwt.split('.');
    const rows = await database.query(
      `SELECT (SELECT json_agg(t) FROM exchanged_tokens t)::text || (SELECT json_agg(r) FROM crossmint_refresh_tokens r)::text
           || (SELECT json_agg(j) FROM pgboss.job j)::text || (SELECT json_agg(a) FROM audit_events a)::text AS all`,
    );
    for (const each of [jwt, signature, refreshToken, secret, 'rt_a-wrong-one', API_KEY]) {
      expect(each.length).toBeGreaterThan(10);
      expect(servers[0].output()).not.toContain(each);
      expect(rows[0].all).not.toContain(each);
      expect(rows[0].all).not.toContain(Buffer.from(each).toString('hex'));
    }
  });
});
