import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { GOOD_PASSWORD, someEmail } from './support/builders';
import { freshDatabase } from './support/database';
import { freshDataDir } from './support/data-dir';
import { holds, until } from './support/mailbox';
import { failToStart, startServer, type ServerProcess } from './support/server-process';

const WORKERS = 3;
const CLUSTER = { CLUSTER_WORKERS: '2', LOG_LEVEL: 'warn' };

/** Its workers, as the system lists them. */
function workersOf(cluster: ServerProcess): number[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n');
  return lines
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [])
    .filter(([, , parent, args]) => Number(parent) === cluster.process.pid && args?.endsWith('main.js'))
    .map(([, pid]) => Number(pid));
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
const countIn = (text: string, part: string): number => text.split(part).length - 1;
const register = (server: ServerProcess, email = someEmail()) =>
  server.http.post('/auth/register').send({ email, password: GOOD_PASSWORD });

describe('the cluster', () => {
  it('serves by all workers, loses nothing with one that is killed under load, and ends in good order', async () => {
    const DATA_DIR = freshDataDir();
    const cluster = await startServer(
      { CLUSTER_WORKERS: String(WORKERS), DATA_DIR, BCRYPT_COST: '10' },
      'cluster',
    );
    for (const once of ['First start', 'Migrating', 'Gatehouse is up', 'Try this first']) {
      expect([once, countIn(cluster.output(), once)]).toEqual([once, 1]);
    }
    const before = workersOf(cluster);
    expect(before).toHaveLength(WORKERS);

    const kept: { email: string; token: string; refreshToken: string }[] = [];
    const statuses = new Set<number>();
    let ended = false;
    const work = async () => {
      while (!ended) {
        const email = someEmail();
        // A connection that the dead one held breaks: nothing was acknowledged by it.
        const made = await register(cluster, email).catch(() => undefined);
        if (!made) continue;
        statuses.add(made.status);
        const { token, refreshToken } = made.body;
        const next = await cluster.http
          .post('/auth/refresh')
          .send({ refreshToken })
          .catch(() => undefined);
        if (next) statuses.add(next.status);
        kept.push({ email, token, refreshToken: next?.body.refreshToken ?? refreshToken });
      }
    };
    const clients = Array.from({ length: 6 }, work);
    await holds(() => kept.length > 10);
    process.kill(before[0] as number, 'SIGKILL');
    const after = await until(() => {
      const now = workersOf(cluster);
      return now.length === WORKERS && !now.includes(before[0] as number) ? now : undefined;
    });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    ended = true;
    await Promise.all(clients);
    expect(cluster.output()).toContain('A worker has ended (SIGKILL)');
    expect([...statuses].sort()).toEqual([200, 201]);
    for (const { token, refreshToken } of kept) {
      await cluster.http.get('/auth/me').set('Authorization', `Bearer ${token}`).expect(200);
      await cluster.http.post('/auth/refresh').send({ refreshToken }).expect(200);
    }

    const underWay = Promise.all(Array.from({ length: 6 }, () => register(cluster)));
    await new Promise((resolve) => setTimeout(resolve, 150));
    const exit = cluster.end('SIGTERM');
    expect((await underWay).map(({ status }) => status)).toEqual(Array(6).fill(201));
    expect(await exit).toBe(0);
    expect(after.filter(isAlive)).toEqual([]);
    expect(existsSync(join(DATA_DIR, 'postgres', 'cluster', 'postmaster.pid'))).toBe(false);
  }, 90_000);

  it('takes a Ctrl-C, which the terminal sends to each process of it, and npm once more', async () => {
    const cluster = await startServer({ ...CLUSTER, DATABASE_URL: await freshDatabase() }, 'cluster');
    cluster.process.kill('SIGINT');
    for (const pid of workersOf(cluster)) process.kill(pid, 'SIGINT');
    expect(await cluster.end('SIGINT')).toBe(0);
    expect(cluster.output()).not.toContain('A worker has ended');
  });

  it('leaves nobody behind when it is killed itself: the workers finish what is under way', async () => {
    const cluster = await startServer(
      { ...CLUSTER, DATABASE_URL: await freshDatabase(), BCRYPT_COST: '10' },
      'cluster',
    );
    const workers = workersOf(cluster);
    const underWay = Promise.all(Array.from({ length: 6 }, () => register(cluster)));
    await new Promise((resolve) => setTimeout(resolve, 150));
    await cluster.end('SIGKILL');
    expect((await underWay).map(({ status }) => status)).toEqual(Array(6).fill(201));
    await holds(() => !workers.some(isAlive));
  });
});

describe('a cluster that does not start says why once', () => {
  it('a port that is taken', async () => {
    const first = await startServer({ DATABASE_URL: await freshDatabase() });
    const PORT = new URL(first.url).port;
    const DATABASE_URL = await freshDatabase();
    const { code, output } = await failToStart({ ...CLUSTER, DATABASE_URL, PORT }, 'cluster');
    expect(code).toBe(1);
    expect(output).toMatch(/did not start\. .*EADDRINUSE/);
    expect(countIn(output, 'did not start')).toBe(1);
    await first.end();
  });

  it('wrong settings, its own among them', async () => {
    const { code, output } = await failToStart({ CLUSTER_WORKERS: '0', BCRYPT_COST: 'x' }, 'cluster');
    expect(code).toBe(1);
    for (const name of ['did not start', 'CLUSTER_WORKERS', 'BCRYPT_COST']) {
      expect([name, countIn(output, name)]).toEqual([name, 1]);
    }
  });
});
