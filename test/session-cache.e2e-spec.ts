import { Client } from 'pg';
import { ChangeFeed } from '../src/platform/changes/change-feed';
import { KeptSessions } from '../src/sessions/kept-sessions';
import { SigningKeys } from '../src/sessions/signing-keys';
import { bearer, refresh, register, statusOf, type Person } from './support/builders';
import { exchange, jwtCookie, profileOf, useCrossmint } from './support/crossmint';
import { holds } from './support/mailbox';
import { useApp, type TestApp } from './support/test-app';
import { jar, signInByWallet, someAccount } from './support/wallets';

/** The statements that an application sends while the work is done, but for its own beats and sweeps. */
async function statementsOf(work: () => PromiseLike<unknown>): Promise<string[]> {
  const spy = jest.spyOn(Client.prototype, 'query');
  try {
    await work();
    const texts = spy.mock.calls.map(([query]: unknown[]) =>
      typeof query === 'string' ? query : (query as { text: string }).text,
    );
    return texts.filter((text) => !/^NOTIFY|pgboss|DELETE FROM/.test(text));
  } finally {
    spy.mockRestore();
  }
}

/** Until what is read is kept: the listening connection has come up. */
const listening = (app: TestApp) => holds(() => app.nest.get(ChangeFeed).isCurrent(app.clock.now()));

const me = (app: TestApp, { token }: Pick<Person, 'token'>) => app.http.get('/auth/me').set(...bearer(token));

describe('sessions in memory', () => {
  const environment: Record<string, string> = {};
  const crossmint = useCrossmint(environment);
  const app = useApp({ environment });
  beforeEach(() => listening(app));

  const kept = async (): Promise<Person> => {
    const person = await register(app);
    await me(app, person).expect(200);
    return person;
  };

  it('ask nothing of the database, on any path that shows who is there', async () => {
    const person = await kept();
    const wallet = await signInByWallet(app, someAccount());
    const jwt = crossmint.jwt();
    await exchange(app, jwt).expect(200);
    const paths = [
      () => me(app, person).expect(200),
      () =>
        app.http
          .get('/auth/user')
          .set(...jar(wallet))
          .expect(200),
      () => profileOf(app, jwtCookie(jwt)).expect(200),
    ];
    await Promise.all(paths.map((ask) => ask()));
    for (const ask of paths) expect(await statementsOf(ask)).toEqual([]);
  });

  it('[A13][B34] that have changed in the database are read again: whoever changed them, and whatever it was', async () => {
    const changes: [string, number, string?][] = [
      ['UPDATE sessions SET revoked_at = now() WHERE user_id = $1', 401],
      ['UPDATE sessions SET expires_at = now() WHERE user_id = $1', 401],
      ['UPDATE sessions SET idle_expires_at = now() WHERE user_id = $1', 401],
      ['DELETE FROM sessions WHERE user_id = $1', 401],
      ['UPDATE users SET disabled_at = now() WHERE id = $1', 401],
      ['DELETE FROM users WHERE id = $1', 401],
      [`UPDATE users SET name = 'Another' WHERE id = $1`, 200, 'Another'],
    ];
    for (const [statement, status, name] of changes) {
      const person = await kept();
      expect(await statementsOf(() => me(app, person))).toEqual([]);
      await app.database.query(statement, [person.id]);
      const answer = await me(app, person);
      expect([statement, answer.status, answer.body.user?.name ?? undefined]).toEqual([
        statement,
        status,
        name,
      ]);
    }
  });

  it('of wallets: an address that was unlinked is not shown any more', async () => {
    const wallet = await signInByWallet(app, someAccount());
    const ask = () => app.http.get('/auth/user').set(...jar(wallet));
    expect((await ask()).body.address).toBe(wallet.address);
    await app.database.query('UPDATE identities SET unlinked_at = now() WHERE subject = $1', [
      wallet.address,
    ]);
    expect((await ask()).body.address).toBeNull();
  });

  it('that their own users change are seen changed by the next request', async () => {
    const jwt = crossmint.jwt();
    await exchange(app, jwt).expect(200);
    for (const onboardingStep of [1, 2, 3]) {
      await app.http
        .patch('/api/auth/profile')
        .set(...jwtCookie(jwt))
        .send({ onboardingStep })
        .expect(200);
      expect((await profileOf(app, jwtCookie(jwt))).body.onboardingStep).toBe(onboardingStep);
    }
  });

  it('[A13] a sign-out holds with the very next request, a hundred times', async () => {
    for (let turn = 0; turn < 100; turn++) {
      const person = await kept();
      await app.http
        .post('/auth/logout')
        .set(...bearer(person.token))
        .expect(200);
      expect(await statusOf(app, person.token)).toBe(401);
    }
  });

  it('[A13] what a query has read that began before the change is not believed, however late it comes', async () => {
    const person = await kept();
    const sessions = app.nest.get(KeptSessions);
    const began = performance.now();
    const [row] = await app.database.query(
      `SELECT s.id, s.user_id AS "userId", s.last_seen_at AS "lastSeenAt", s.idle_expires_at AS "idleExpiresAt",
              s.expires_at AS "expiresAt" FROM sessions s WHERE s.user_id = $1`,
      [person.id],
    );
    const find = () => sessions.find(row.id, app.clock.now());
    sessions.keep(row, performance.now(), app.clock.now());
    expect(find()).not.toBeNull();
    await app.database.query('UPDATE sessions SET revoked_at = now() WHERE id = $1', [row.id]);
    sessions.keep(row, began, app.clock.now());
    expect(find()).toBeNull();
  });

  it('are read again when they end, and as often as their last use is written', async () => {
    const person = await kept();
    expect(await statementsOf(() => me(app, person))).toEqual([]);
    app.clock.advance({ seconds: 59 });
    await listening(app);
    expect(await statementsOf(() => me(app, person))).toEqual([]);
    app.clock.advance({ seconds: 2 });
    await listening(app);
    expect(await statementsOf(() => me(app, person))).not.toEqual([]);
    await holds(async () => (await lastSeenOf(app, person)) > app.clock.now().getTime() - 5_000);
    app.clock.advance({ days: 15 });
    await listening(app);
    expect(await statusOf(app, person.token)).toBe(401);
  });

  it('are all forgotten where too many change at once', async () => {
    const people = await Promise.all(Array.from({ length: 3 }, kept));
    await app.database.query(
      `SELECT pg_notify('gatehouse_sessions', gen_random_uuid()::text) FROM generate_series(1, 20001)`,
    );
    await app.nest.get(ChangeFeed).caughtUp();
    for (const person of people) {
      expect(await statementsOf(() => me(app, person).expect(200))).toHaveLength(1);
      expect(await statementsOf(() => me(app, person).expect(200))).toEqual([]);
    }
  });

  it('[A13] tokens of a key that has leaked are refused as soon as the keys are rotated', async () => {
    const person = await kept();
    await app.database.query(`UPDATE signing_keys SET published_until = now() - interval '1 s'`);
    await holds(async () => (await statusOf(app, person.token)) === 401, 2);
    await app.nest.get(SigningKeys).rotate();
  });
});

const lastSeenOf = async (app: TestApp, { id }: Person): Promise<number> => {
  const [row] = await app.database.query('SELECT last_seen_at AS at FROM sessions WHERE user_id = $1', [id]);
  return (row.at as Date).getTime();
};

describe('sessions that are not kept (SESSION_CACHE=0)', () => {
  const environment: Record<string, string> = { SESSION_CACHE: '0', DATABASE_POOL_SIZE: '2' };
  const crossmint = useCrossmint(environment);
  const app = useApp({ environment });

  it('cost one query a request, on every path that shows who is there', async () => {
    const person = await register(app);
    const wallet = await signInByWallet(app, someAccount());
    const jwt = crossmint.jwt();
    await exchange(app, jwt).expect(200);
    const paths = [
      () => me(app, person).expect(200),
      () =>
        app.http
          .get('/auth/user')
          .set(...jar(wallet))
          .expect(200),
      () => profileOf(app, jwtCookie(jwt)).expect(200),
    ];
    for (const ask of paths) {
      await ask();
      expect(await statementsOf(ask)).toHaveLength(1);
    }
  });

  it('wait for no write: a session that somebody holds answers, and takes no connections from others', async () => {
    const people = await Promise.all(Array.from({ length: 20 }, () => register(app)));
    const ids = people.map(({ id }) => id);
    app.clock.advance({ minutes: 2 });
    const holder = new Client(app.databaseUrl);
    await holder.connect();
    try {
      await holder.query('BEGIN');
      await holder.query('SELECT FROM sessions WHERE user_id = ANY($1) FOR UPDATE', [ids]);
      const asked = people.flatMap((one) => [1, 2, 3].map(() => statusOf(app, one.token)));
      expect(new Set(await Promise.all(asked))).toEqual(new Set([200]));
    } finally {
      await holder.end();
    }
    // Nobody holds them now: the next use is written.
    await statusOf(app, (people[0] as Person).token);
    await holds(async () => (await lastSeenOf(app, people[0] as Person)) > app.clock.now().getTime() - 5_000);
  });

  it('are refreshed in one statement', async () => {
    const { refreshToken } = await register(app);
    const statements = await statementsOf(() => refresh(app, refreshToken).expect(200));
    expect(statements).toHaveLength(1);
  });
});
