import { Client } from 'pg';
import { bearer, GOOD_PASSWORD, refresh, register, someEmail } from './support/builders';
import { freshDatabase } from './support/database';
import { holds } from './support/mailbox';
import { hasPgBouncer, startPgBouncer, type PgBouncer } from './support/pgbouncer';
import { startServer, type ServerProcess } from './support/server-process';

const POOL_SIZE = 4;

const described = hasPgBouncer ? describe : describe.skip;

described('behind PgBouncer in transaction mode', () => {
  let databaseUrl: string;
  let pooler: PgBouncer;
  let servers: [ServerProcess, ServerProcess];
  beforeAll(async () => {
    databaseUrl = await freshDatabase();
    pooler = await startPgBouncer(databaseUrl, POOL_SIZE);
    const environment = {
      DATABASE_URL: pooler.url,
      DATABASE_PREPARED_STATEMENTS: 'false',
      APP_SECRET: 'GzR2v0mT9bWqXy4LsJ1KdHn8PfEc7AuO',
      PUBLIC_URL: 'http://one.example',
    };
    const direct = { ...environment, DATABASE_DIRECT_URL: databaseUrl };
    servers = await Promise.all([startServer(direct), startServer(environment)]);
  }, 60_000);
  afterAll(async () => {
    await Promise.all((servers ?? []).map((server) => server.end()));
    await pooler?.end();
  });

  const status = async (server: ServerProcess, token: string) =>
    (await server.http.get('/auth/me').set(...bearer(token))).status;

  it('people register, are known to every server, refresh and sign out', async () => {
    const [one, other] = servers;
    for (let turn = 0; turn < 5; turn++) {
      const { token, refreshToken } = await register(one);
      for (const server of [one, other, one]) expect(await status(server, token)).toBe(200);
      await refresh(other as never, refreshToken).expect(200);
      await other.http
        .post('/auth/logout')
        .set(...bearer(token))
        .expect(200);
      await holds(async () => (await status(one, token)) === 401, 1);
      expect(await status(other, token)).toBe(401);
    }
  });

  it('of 50 parallel registrations of one address one is made, on few connections', async () => {
    const body = { email: someEmail(), password: GOOD_PASSWORD };
    const answers = await Promise.all(
      Array.from({ length: 25 }, () =>
        servers.map((server) => server.http.post('/auth/register').send(body)),
      ).flat(),
    );
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, ...Array<number>(49).fill(409)]);
    const client = new Client(databaseUrl);
    await client.connect();
    const { rows } = await client.query(
      `SELECT count(*)::int AS connections FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    await client.end();
    // And the listening one of each.
    expect(rows[0].connections).toBeLessThanOrEqual(POOL_SIZE + 2);
  });

  it('[A13] a server that can’t hear through it says what to do, and asks the database each time', async () => {
    await holds(() => servers[1].output().includes('set DATABASE_DIRECT_URL'));
    const [one, other] = servers;
    for (let turn = 0; turn < 20; turn++) {
      const { token } = await register(one);
      for (let look = 0; look < 3; look++) expect(await status(other, token)).toBe(200);
      await one.http
        .post('/auth/logout')
        .set(...bearer(token))
        .expect(200);
      expect(await status(other, token)).toBe(401);
    }
  });
});
