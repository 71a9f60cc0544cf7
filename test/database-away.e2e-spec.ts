import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { GOOD_PASSWORD, someEmail } from './support/builders';
import { freshDataDir } from './support/data-dir';
import { holds } from './support/mailbox';
import { OwnPostgres } from './support/own-postgres';
import { startServer, type ServerProcess } from './support/server-process';

/** Longer than anybody waits for an answer while the database is silent, in ms. */
const BOUND = 6_000;
const POOL = 6;

interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly sent: number;
  readonly took: number;
}

interface Known {
  /** Of somebody else, whose sessions end when there are too many. */
  readonly email: string;
  readonly token: string;
}

/** Signs up, refreshes, signs in and asks who it is, each request on a connection of its own, and notes each answer. */
class Load {
  readonly answers: Answer[] = [];
  /** What was acknowledged: of each account the last refresh token. */
  readonly kept = new Map<string, string>();
  private ended = false;
  private readonly clients: Promise<void>[];

  constructor(
    private readonly server: ServerProcess,
    { email, token }: Known,
    size = 3,
  ) {
    this.clients = Array.from({ length: size }, () => [
      this.signUp(),
      this.repeat(() => this.noted('get', '/auth/me', undefined, token)),
      this.repeat(() => this.noted('post', '/auth/login', { email, password: GOOD_PASSWORD })),
    ]).flat();
  }

  async end(): Promise<void> {
    this.ended = true;
    await Promise.all(this.clients);
  }

  private async signUp(): Promise<void> {
    await this.repeat(async () => {
      const email = someEmail();
      const made = await this.noted('post', '/auth/register', { email, password: GOOD_PASSWORD });
      if (made.status !== 201) return;
      this.kept.set(email, made.body.refreshToken as string);
      // Until it is answered: where only the answer was lost, the same token gets the same successor.
      for (let turn = 0; turn < 3 && !this.ended;) {
        const next = await this.noted('post', '/auth/refresh', { refreshToken: this.kept.get(email) });
        if (next.status !== 200) continue;
        turn++;
        this.kept.set(email, next.body.refreshToken as string);
      }
    });
  }

  private async repeat(work: () => Promise<unknown>): Promise<void> {
    while (!this.ended) await work();
  }

  private async noted(method: 'get' | 'post', path: string, body?: object, token = '') {
    const sent = performance.now();
    const answer = await this.server.http[method](path).set('Authorization', `Bearer ${token}`).send(body);
    const { status, headers } = answer;
    this.answers.push({ status, retryAfter: headers['retry-after'], sent, took: performance.now() - sent });
    if (status === 503) await pause(50);
    return answer;
  }
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('a database of its own', () => {
  const postgres = new OwnPostgres();
  const DATA_DIR = freshDataDir();
  let server: ServerProcess;
  let known: Known;
  beforeAll(async () => {
    await postgres.start();
    const environment = { DATABASE_URL: postgres.url, DATABASE_POOL_SIZE: String(POOL), DATA_DIR };
    server = await startServer({ ...environment, DATABASE_TIMEOUT: '4s', LOG_LEVEL: 'error' });
    const email = someEmail();
    await register(email).expect(201);
    known = { email, token: (await register(someEmail()).expect(201)).body.token as string };
  }, 60_000);
  afterAll(async () => {
    await server.end();
    await postgres.stop();
  });

  const register = (email: string) =>
    server.http.post('/auth/register').send({ email, password: GOOD_PASSWORD });

  /** Accounts and tokens that were acknowledged, and are not there. */
  async function losses({ kept }: Load): Promise<unknown[]> {
    const checks = [...kept].map(async ([email, refreshToken]) => {
      const login = await server.http.post('/auth/login').send({ email, password: GOOD_PASSWORD });
      const refresh = await server.http.post('/auth/refresh').send({ refreshToken });
      return { email, login: login.status, refresh: refresh.status };
    });
    return (await Promise.all(checks)).filter(({ login, refresh }) => login !== 200 || refresh !== 200);
  }

  /** Neither served nor told to come back, or late. */
  const wrong = ({ answers }: Load) =>
    answers.filter(
      ({ status, retryAfter, took }) => !(status < 300 || (status === 503 && retryAfter)) || took > BOUND,
    );

  /** Serves everybody within five seconds, also the queue. */
  async function recovers({ answers }: Load): Promise<void> {
    await holds(() => answers.length > 40 && answers.slice(-40).every(({ status }) => status < 300), 5);
    const email = someEmail();
    await register(email).expect(201);
    const outbox = join(DATA_DIR, 'outbox');
    const before = readdirSync(outbox).length;
    await server.http.post('/auth/forgot-password').send({ email }).expect(200);
    await holds(() => readdirSync(outbox).length > before);
  }

  it('sees no more connections than DATABASE_POOL_SIZE, the queue’s among them', async () => {
    const load = new Load(server, known, 10);
    const seen: number[] = [];
    while (seen.length < 40) {
      const [row] = await postgres.ask<{ count: number }>(
        `SELECT count(*)::int FROM pg_stat_activity WHERE application_name = 'gatehouse'`,
      );
      seen.push(row?.count ?? 0);
      await pause(25);
    }
    await load.end();
    // One may listen beside the pool.
    expect(Math.max(...seen)).toBeLessThanOrEqual(POOL + 2);
    expect(Math.max(...seen)).toBeGreaterThanOrEqual(POOL - 1);
    expect(wrong(load)).toEqual([]);
  });

  it('is killed and started again: 503 meanwhile, and nothing that was acknowledged is lost', async () => {
    const load = new Load(server, known);
    await holds(() => load.kept.size > 5);
    postgres.kill();
    const killed = performance.now();
    await pause(3_000);
    const back = performance.now();
    await postgres.start();
    await recovers(load);
    await load.end();
    const away = load.answers.filter(({ sent }) => sent > killed + 500 && sent < back - 100);
    expect([...new Set(away.map(({ status }) => status))]).toEqual([503]);
    expect(wrong(load)).toEqual([]);
    expect(await losses(load)).toEqual([]);
  }, 60_000);

  it('hangs: 503 in time, at once for most, and nothing that was acknowledged is lost', async () => {
    const load = new Load(server, known);
    await holds(() => load.kept.size > 5);
    postgres.freeze();
    const frozen = performance.now();
    // Less than the ten seconds in which a refresh token that was spent without an answer may come again.
    await pause(7_000);
    postgres.thaw();
    const thawed = performance.now();
    await recovers(load);
    await load.end();
    const late = load.answers.filter(({ sent }) => sent > frozen + BOUND && sent < thawed);
    expect(late.filter(({ took }) => took < 500).length).toBeGreaterThan(late.length / 2);
    expect(wrong(load)).toEqual([]);
    expect(await losses(load)).toEqual([]);
  }, 60_000);
});
