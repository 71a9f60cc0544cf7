import { Client } from 'pg';
import { cookie, GOOD_PASSWORD, registerPin, someEmail } from './support/builders';
import { freshDatabase } from './support/database';
import { freshDataDir } from './support/data-dir';
import { startServer, type ServerProcess } from './support/server-process';

const LOCK_SECONDS = 4;
const LOCK = `${LOCK_SECONDS}s`;

describe('two servers on one database', () => {
  let servers: [ServerProcess, ServerProcess];
  let databaseUrl: string;
  beforeAll(async () => {
    databaseUrl = await freshDatabase();
    const environment = {
      DATABASE_URL: databaseUrl,
      APP_SECRET: 'GzR2v0mT9bWqXy4LsJ1KdHn8PfEc7AuO',
      PUBLIC_URL: 'http://one.example',
      DATA_DIR: freshDataDir(),
      LOCK_STEP: LOCK,
      // Who is locked is to be told so, and not that there is no room.
      HASH_QUEUE: '1000',
    };
    servers = (await Promise.all([1, 2].map(() => startServer(environment)))) as [
      ServerProcess,
      ServerProcess,
    ];
  }, 60_000);
  afterAll(() => Promise.all(servers.map((server) => server.end())));

  const spread = <T>(calls: number, call: (server: ServerProcess) => PromiseLike<T>): Promise<T[]> =>
    Promise.all(Array.from({ length: calls }, (_, turn) => call(servers[turn % 2 === 0 ? 0 : 1])));
  const register = async () => {
    const { body } = await servers[0].http
      .post('/auth/register')
      .send({ email: someEmail(), password: GOOD_PASSWORD });
    return body as { token: string; refreshToken: string };
  };

  it('[A1] 50 parallel registrations of one address: one 201, 49 409', async () => {
    const body = { email: someEmail(), password: GOOD_PASSWORD };
    const answers = await spread(50, (server) => server.http.post('/auth/register').send(body));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(49).fill(409)]);
  });

  it('[A1] 50 parallel refreshes of one token: one successor', async () => {
    const { refreshToken } = await register();
    const answers = await spread(50, (server) => server.http.post('/auth/refresh').send({ refreshToken }));
    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200));
    expect(new Set(answers.map(({ body }) => body.refreshToken)).size).toBe(1);
  });

  it('[A13] a session ended on one is refused on the other with the next request', async () => {
    for (let turn = 0; turn < 20; turn++) {
      const { token } = await register();
      const authorization = `Bearer ${token}`;
      await servers[1].http.get('/auth/me').set('Authorization', authorization).expect(200);
      await servers[0].http.post('/auth/logout').set('Authorization', authorization).expect(200);
      await servers[1].http.get('/auth/me').set('Authorization', authorization).expect(401);
    }
  });

  const countOf = (answers: { status: number }[], status: number): number =>
    answers.filter((answer) => answer.status === status).length;

  it('[A2] 200 parallel wrong PINs: five are evaluated; the right one waits for the lock, open sessions do not', async () => {
    const person = await registerPin(servers[0]);
    const { id, name, pin, accessToken, refreshToken } = person;
    const login = (server: ServerProcess, given: string) =>
      server.http.post('/auth/login').send({ name, pin: given });
    const answers = await spread(200, (server) => login(server, '0000'));
    expect([countOf(answers, 401), countOf(answers, 429)]).toEqual([5, 195]);
    expect(await failuresOf(id)).toBe(5);
    for (const server of servers) {
      const refused = await login(server, pin).expect(429);
      expect(refused.body.retryAfter).toBeLessThanOrEqual(LOCK_SECONDS);
      await server.http
        .get('/auth/me')
        .set(...cookie({ accessToken }))
        .expect(200);
      await server.http
        .post('/auth/refresh')
        .set(...cookie({ refreshToken }))
        .expect(200);
    }
    await new Promise((resolve) => setTimeout(resolve, LOCK_SECONDS * 1_000));
    await login(servers[1], pin).expect(200);
  }, 30_000);

  it('[A2] 100 parallel wrong passwords on two paths: ten are evaluated', async () => {
    const email = someEmail();
    await servers[0].http.post('/auth/register').send({ email, password: GOOD_PASSWORD }).expect(201);
    const body = { email, password: 'not-the-password' };
    const paths = ['/auth/login', '/v1/auth/signin'].map((path) =>
      spread(50, (server) => server.http.post(path).send(body)),
    );
    const answers = (await Promise.all(paths)).flat();
    expect([countOf(answers, 401), countOf(answers, 429)]).toEqual([10, 90]);
  });

  it('60 parallel right ones on both all sign in', async () => {
    const body = { email: someEmail(), password: GOOD_PASSWORD };
    await servers[0].http.post('/auth/register').send(body).expect(201);
    const answers = await spread(60, (server) => server.http.post('/auth/login').send(body));
    expect(countOf(answers, 200)).toBe(60);
  }, 30_000);

  it('[A23] 100 parallel sign-ins of one user at the cap hold nobody else up, and end in order', async () => {
    const body = { email: someEmail(), password: GOOD_PASSWORD };
    const { token } = (await servers[0].http.post('/auth/register').send({ ...body, email: someEmail() }))
      .body;
    await servers[0].http.post('/auth/register').send(body).expect(201);
    for (let round = 0; round < 2; round++) {
      const answers = spread(100, (server) => server.http.post('/auth/login').send(body));
      await servers[1].http.get('/auth/me').set('Authorization', `Bearer ${token}`).expect(200);
      expect(countOf(await answers, 200)).toBe(100);
    }
    const [row] = (await ask(
      `SELECT count(*)::int FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.email = $1 AND revoked_at IS NULL`,
      body.email,
    )) as [{ count: number }];
    expect(row.count).toBe(100);
  }, 60_000);

  it('[A23] outlives a database that cuts its connections again and again under failing sign-ins', async () => {
    let ended = false;
    const statuses = new Set<number>();
    const work = async (server: ServerProcess) => {
      while (!ended) {
        const sent = server.http
          .post('/auth/login')
          .send({ email: someEmail(), password: 'not-the-password' });
        statuses.add((await sent).status);
      }
    };
    const workers = Array.from({ length: 16 }, (_, turn) => work(servers[turn % 2 === 0 ? 0 : 1]));
    for (let cut = 0; cut < 15; cut++) {
      await new Promise((resolve) => setTimeout(resolve, 150));
      await ask(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE application_name = $1 AND datname = current_database()`,
        'gatehouse',
      );
    }
    ended = true;
    await Promise.all(workers);
    expect([...statuses].filter((status) => ![401, 503].includes(status))).toEqual([]);
    for (const server of servers) await server.http.get('/auth/health').expect(200);
  }, 60_000);

  /** Asks the database past the servers. */
  async function ask(statement: string, value: string): Promise<unknown[]> {
    const client = new Client(databaseUrl);
    await client.connect();
    const { rows } = await client.query<object>(statement, [value]);
    await client.end();
    return rows;
  }

  /** What the database counted, whatever the answers said. */
  async function failuresOf(userId: string): Promise<number> {
    const [row] = (await ask('SELECT failures_in_a_row AS n FROM pins WHERE user_id = $1', userId)) as [
      { n: number },
    ];
    return row.n;
  }
});
