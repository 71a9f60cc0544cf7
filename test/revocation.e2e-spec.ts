import { setTimeout as sleep } from 'node:timers/promises';
import { administer, freshDatabase, socketOf } from './support/database';
import { bearer, refresh, register, type Person } from './support/builders';
import { holds } from './support/mailbox';
import { startServer, type ServerProcess } from './support/server-process';
import { startProxy, type TcpProxy } from './support/tcp-proxy';

/** As docs/operations.md promises; in milliseconds. */
const BOUND = 1_000;

/**
 * Two servers on one database. What the second asks of the database passes one proxy, what it hears of changes another.
 */
describe('[A13] a session that was ended on one server', () => {
  let one: ServerProcess;
  let other: ServerProcess;
  let queries: TcpProxy;
  let changes: TcpProxy;
  let databaseUrl: string;
  beforeAll(async () => {
    databaseUrl = await freshDatabase();
    const target = socketOf(databaseUrl);
    [queries, changes] = await Promise.all([startProxy(target), startProxy(target)]);
    const through = ({ port: proxied }: TcpProxy) => {
      const url = new URL(databaseUrl);
      url.port = String(proxied);
      url.hostname = '127.0.0.1';
      url.searchParams.delete('host');
      return url.href;
    };
    const shared = { APP_SECRET: 'GzR2v0mT9bWqXy4LsJ1KdHn8PfEc7AuO', PUBLIC_URL: 'http://one.example' };
    [one, other] = await Promise.all([
      startServer({ ...shared, DATABASE_URL: databaseUrl }),
      startServer({ ...shared, DATABASE_URL: through(queries), DATABASE_DIRECT_URL: through(changes) }),
    ]);
  }, 60_000);
  afterAll(async () => {
    await Promise.all([one.end(), other.end()]);
    await Promise.all([queries.close(), changes.close()]);
  });

  const statusAt = async (server: ServerProcess, { token }: Pick<Person, 'token'>) =>
    (await server.http.get('/auth/me').set(...bearer(token))).status;
  const end = (person: Person) =>
    one.http
      .post('/auth/logout')
      .set(...bearer(person.token))
      .expect(200);
  const people = (number: number) => Promise.all(Array.from({ length: number }, () => register(one)));

  /** Whether the second server answers from memory: then nothing passes to the database. */
  const isFromMemory = async (person: Person): Promise<boolean> => {
    await statusAt(other, person);
    // What the first has begun in the background.
    await sleep(5);
    const before = queries.sent();
    await statusAt(other, person);
    return queries.sent() === before;
  };
  const fromMemory = async (persons: readonly Person[]) => {
    await holds(() => isFromMemory(persons[0] as Person));
    const statuses = await Promise.all(persons.map((person) => statusAt(other, person)));
    expect(new Set(statuses)).toEqual(new Set([200]));
  };

  it('is refused on the other within the bound: 1,000 of 1,000', async () => {
    // How long after the answer the last request came that was still accepted.
    const accepted: number[] = [];
    for (let batch = 0; batch < 20; batch++) {
      const persons = await people(50);
      await fromMemory(persons);
      await Promise.all(
        persons.map(async (person) => {
          await end(person);
          const ended = performance.now();
          let last = 0;
          for (let asked = 0; asked < 2 * BOUND; last = asked) {
            asked = performance.now() - ended;
            if ((await statusAt(other, person)) === 401) break;
          }
          accepted.push(last);
        }),
      );
    }
    expect(accepted).toHaveLength(1_000);
    expect(Math.max(...accepted)).toBeLessThan(BOUND);
    // In the ordinary case.
    expect(accepted.sort((a, b) => a - b)[900]).toBeLessThan(100);
  }, 120_000);

  it.each<[string, () => void]>([
    ['is killed', () => changes.cut()],
    ['drops all silently', () => changes.silence()],
    ['is late by three seconds', () => changes.delay(3_000)],
  ])(
    'is not accepted a second later where the bus %s, and others are served meanwhile',
    async (_n, harm) => {
      const [living, ...ended] = (await people(21)) as [Person, ...Person[]];
      await fromMemory([living, ...ended]);
      harm();
      await Promise.all(ended.map(end));
      const since = performance.now();
      const accepted: number[] = [];
      while (performance.now() - since < 2 * BOUND) {
        const asked = performance.now() - since;
        const statuses = await Promise.all(ended.map((person) => statusAt(other, person)));
        if (statuses.includes(200)) accepted.push(asked);
        expect(await statusAt(other, living)).toBe(200);
      }
      expect(Math.max(0, ...accepted)).toBeLessThan(BOUND);
      changes.restore();
      // It has come back, and is trusted again.
      await holds(() => isFromMemory(living));
      await end(living);
      await holds(async () => (await statusAt(other, living)) === 401, 1);
    },
    60_000,
  );

  it('is refused by the server that has answered, also where its bus is late', async () => {
    const late = 500;
    for (let turn = 0; turn < 4; turn++) {
      const [person] = (await people(1)) as [Person];
      await fromMemory([person]);
      changes.delay(late);
      await sleep(late);
      await other.http
        .post('/auth/logout')
        .set(...bearer(person.token))
        .expect(200);
      for (const end = performance.now() + late + 100; performance.now() < end;) {
        expect(await statusAt(other, person)).toBe(401);
      }
      changes.restore();
    }
  });

  it('is not accepted by a server that was stopped meanwhile, when it goes on', async () => {
    const [person] = (await people(1)) as [Person];
    await fromMemory([person]);
    other.process.kill('SIGSTOP');
    await end(person);
    await sleep(BOUND);
    const asked = statusAt(other, person);
    await sleep(100);
    other.process.kill('SIGCONT');
    expect(await asked).toBe(401);
  });

  it('[B34] by an operator, by a reused refresh token or by disabling its user: is refused on the other', async () => {
    const ways: ((person: Person) => PromiseLike<unknown>)[] = [
      ({ id }) => administer(`UPDATE users SET disabled_at = now() WHERE id = '${id}'`, databaseUrl),
      ({ id }) => administer(`DELETE FROM users WHERE id = '${id}'`, databaseUrl),
      () => administer('TRUNCATE sessions CASCADE', databaseUrl),
      async ({ id, refreshToken }) => {
        await refresh(one as never, refreshToken).expect(200);
        const spent = `UPDATE refresh_tokens SET rotated_at = now() - interval '1 minute' WHERE session_id IN
                         (SELECT id FROM sessions WHERE user_id = '${id}') AND rotated_at IS NOT NULL`;
        await administer(spent, databaseUrl);
        await refresh(one as never, refreshToken).expect(401);
      },
    ];
    for (const way of ways) {
      const [person] = (await people(1)) as [Person];
      await fromMemory([person]);
      await way(person);
      await holds(async () => (await statusAt(other, person)) === 401, 1);
    }
  });
});

describe('[A13] a listening connection that leads to another database', () => {
  it('is not trusted: what is ended is refused at once', async () => {
    const server = await startServer({
      DATABASE_URL: await freshDatabase(),
      DATABASE_DIRECT_URL: await freshDatabase(),
    });
    const { token } = await register(server);
    const status = async () => (await server.http.get('/auth/me').set(...bearer(token))).status;
    for (let look = 0; look < 20; look++) {
      expect(await status()).toBe(200);
      await sleep(50);
    }
    await server.http
      .post('/auth/logout')
      .set(...bearer(token))
      .expect(200);
    expect(await status()).toBe(401);
    await server.end();
  });
});
