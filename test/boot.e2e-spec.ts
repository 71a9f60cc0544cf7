import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';
import { GOOD_PASSWORD, someEmail } from './support/builders';
import { administer, emptyDatabase, freshDatabase } from './support/database';
import { holds, until } from './support/mailbox';
import { freshDataDir } from './support/data-dir';
import {
  failToStart,
  freePort,
  launchServer,
  startServer,
  type ServerProcess,
} from './support/server-process';

const register = (server: ServerProcess, email = someEmail(), password = GOOD_PASSWORD) =>
  server.http.post('/auth/register').send({ email, password });
const login = (server: ServerProcess, email: string) =>
  server.http.post('/auth/login').send({ email, password: GOOD_PASSWORD });
const pidFile = (dataDir: string) => join(dataDir, 'postgres', 'cluster', 'postmaster.pid');

describe('the server as a process', () => {
  it('starts on an empty directory, says what it does and where things are, and ends cleanly', async () => {
    const DATA_DIR = join(freshDataDir(), 'not', 'there', 'yet');
    const server = await startServer({ DATA_DIR });
    await server.http.get('/auth/health').expect(200);
    for (const said of ['First start: initialising', 'Migrating', 'listens on', '/docs', 'curl -X POST']) {
      expect(server.output()).toContain(said);
    }
    expect(existsSync(pidFile(DATA_DIR))).toBe(true);
    expect(await server.end('SIGTERM')).toBe(0);
    expect(existsSync(pidFile(DATA_DIR))).toBe(false);
  });

  it('keeps its data and its secret from other accounts', async () => {
    const DATA_DIR = freshDataDir();
    const server = await startServer({ DATA_DIR });
    for (const path of [
      'postgres',
      'postgres/password',
      'postgres/.s.PGSQL.5432',
      'secrets',
      'secrets/app-secret',
    ]) {
      expect([path, statSync(join(DATA_DIR, path)).mode & 0o077]).toEqual([path, 0]);
    }
    expect(server.output()).not.toContain(readFileSync(join(DATA_DIR, 'secrets/app-secret'), 'utf8'));
    await server.end();
  });

  it('starts again on the same data: accounts, sessions and keys are there', async () => {
    const DATA_DIR = freshDataDir();
    const first = await startServer({ DATA_DIR });
    const { body } = await register(first);
    await first.end('SIGINT');
    const second = await startServer({
      DATA_DIR,
      PUBLIC_URL: first.url,
      TOKEN_AUDIENCE: 'x',
      PORT: new URL(first.url).port,
    });
    await login(second, body.user.email).expect(200);
    await second.http.post('/auth/refresh').send({ refreshToken: body.refreshToken }).expect(200);
    await second.end();
  });

  it('finishes requests that are under way when it is told to end', async () => {
    const server = await startServer({ DATA_DIR: freshDataDir(), BCRYPT_COST: '12' });
    const answers = Promise.all(Array.from({ length: 6 }, () => register(server)));
    await new Promise((resolve) => setTimeout(resolve, 150));
    const ended = server.end('SIGTERM');
    expect((await answers).map(({ status }) => status)).toEqual(Array(6).fill(201));
    expect(await ended).toBe(0);
  });

  it('takes a signal twice, as from a terminal through npm', async () => {
    const server = await startServer({ DATA_DIR: freshDataDir() });
    server.process.kill('SIGINT');
    expect(await server.end('SIGINT')).toBe(0);
  });

  it('ends although clients hold connections: one that never asked, one kept alive', async () => {
    const server = await startServer({ DATA_DIR: freshDataDir() });
    const socket = createConnection(Number(new URL(server.url).port), '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.on('error', () => undefined);
    await fetch(`${server.url}/auth/health`);
    expect(await server.end()).toBe(0);
    socket.destroy();
  }, 15_000);

  it('ends although a client never finishes its body', async () => {
    const server = await startServer({ DATA_DIR: freshDataDir() });
    const socket = createConnection(Number(new URL(server.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(
      'POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"em',
    );
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await server.end()).toBe(0);
  }, 15_000);

  it('works in a directory whose path holds a comma, a space and a letter that is no ASCII', async () => {
    const DATA_DIR = join(freshDataDir(), 'a, b ü');
    const server = await startServer({ DATA_DIR });
    await register(server).expect(201);
    await server.end();
  });

  it('adopts the PostgreSQL that kill -9 left running, and stops it in the end', async () => {
    const DATA_DIR = freshDataDir();
    const first = await startServer({ DATA_DIR });
    const { body } = await register(first).expect(201);
    await first.end('SIGKILL');
    expect(existsSync(pidFile(DATA_DIR))).toBe(true);
    const second = await startServer({ DATA_DIR });
    expect(second.output()).not.toContain('Starting the embedded PostgreSQL');
    await login(second, body.user.email).expect(200);
    await second.end();
    expect(existsSync(pidFile(DATA_DIR))).toBe(false);
  });

  it('starts when PostgreSQL was killed too and left its pid and socket behind', async () => {
    const DATA_DIR = freshDataDir();
    const first = await startServer({ DATA_DIR });
    const { body } = await register(first).expect(201);
    const postmaster = Number(readFileSync(pidFile(DATA_DIR), 'utf8').split('\n')[0]);
    first.process.kill('SIGKILL');
    process.kill(postmaster, 'SIGKILL');
    const second = await startServer({ DATA_DIR });
    await login(second, body.user.email).expect(200);
    await second.end();
  });

  it('starts when the pid that was left behind belongs to another program now', async () => {
    const DATA_DIR = freshDataDir();
    const first = await startServer({ DATA_DIR });
    await first.end();
    writeFileSync(pidFile(DATA_DIR), `${process.pid}\n${DATA_DIR}/postgres/cluster\n0\n5432\n\n\n`);
    const second = await startServer({ DATA_DIR });
    await second.http.get('/auth/health').expect(200);
    await second.end();
  });

  it('brings its PostgreSQL back when that dies under it', async () => {
    const DATA_DIR = freshDataDir();
    const server = await startServer({ DATA_DIR });
    const { body } = await register(server).expect(201);
    process.kill(Number(readFileSync(pidFile(DATA_DIR), 'utf8').split('\n')[0]), 'SIGKILL');
    const during = await login(server, body.user.email);
    expect([200, 503]).toContain(during.status);
    if (during.status === 503) expect(during.headers['retry-after']).toBeDefined();
    const deadline = performance.now() + 15_000;
    while ((await login(server, body.user.email)).status !== 200)
      expect(performance.now()).toBeLessThan(deadline);
    await server.http.get('/auth/health').expect(200);
    await server.end();
  });

  it('lives on when its PostgreSQL dies while a mail is on its way', async () => {
    let arrived: () => void = () => undefined;
    const onItsWay = new Promise<void>((resolve) => (arrived = resolve));
    let release: () => void = () => undefined;
    const smtp = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onData: (stream, _session, done) => {
        stream.resume();
        release = done;
        arrived();
      },
    });
    await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', resolve));
    const SMTP_URL = `smtp://127.0.0.1:${(smtp.server.address() as { port: number }).port}`;
    const DATA_DIR = freshDataDir();
    const server = await startServer({ DATA_DIR, SMTP_URL });
    const { body } = await register(server).expect(201);
    await server.http
      .post('/auth/change-password')
      .set('Authorization', `Bearer ${body.token}`)
      .send({ currentPassword: GOOD_PASSWORD, newPassword: 'new-secure-password' })
      .expect(200);
    await onItsWay;
    process.kill(Number(readFileSync(pidFile(DATA_DIR), 'utf8').split('\n')[0]), 'SIGKILL');
    release();
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(server.process.exitCode).toBeNull();
    // PostgreSQL may need longer on a busy machine.
    await holds(async () => (await server.http.get('/auth/health')).status === 200);
    expect(await server.end()).toBe(0);
    await new Promise<void>((resolve) => smtp.close(() => resolve()));
  });

  it('shares its PostgreSQL with a second server; the last one out stops it', async () => {
    const DATA_DIR = freshDataDir();
    const [one, two] = [await startServer({ DATA_DIR }), await startServer({ DATA_DIR })];
    const { body } = await register(one).expect(201);
    await login(two, body.user.email).expect(200);
    await one.end();
    await login(two, body.user.email).expect(200);
    await two.end();
    expect(existsSync(pidFile(DATA_DIR))).toBe(false);
  });

  it('two at once on an empty directory both come up, with one set of data', async () => {
    const DATA_DIR = freshDataDir();
    const [one, two] = await Promise.all([startServer({ DATA_DIR }), startServer({ DATA_DIR })]);
    const { body } = await register(one).expect(201);
    await login(two, body.user.email).expect(200);
    const keys = await Promise.all([one, two].map((server) => server.http.get('/.well-known/jwks.json')));
    expect(keys[0]?.body.keys).toHaveLength(1);
    expect(keys[1]?.body).toEqual(keys[0]?.body);
    await Promise.all([one.end(), two.end()]);
    expect(existsSync(pidFile(DATA_DIR))).toBe(false);
  });

  it('one starts while the other ends', async () => {
    const DATA_DIR = freshDataDir();
    let server = await startServer({ DATA_DIR });
    const email = someEmail();
    await register(server, email).expect(201);
    for (let turn = 0; turn < 3; turn++) {
      const [, next] = await Promise.all([server.end(), startServer({ DATA_DIR })]);
      server = next;
      await login(server, email).expect(200);
    }
    await server.end();
  }, 60_000);

  it('works where the path of the data directory is too long for a socket', async () => {
    const DATA_DIR = join(freshDataDir(), 'x'.repeat(120));
    mkdirSync(DATA_DIR);
    const server = await startServer({ DATA_DIR });
    await register(server).expect(201);
    await server.end();
  });

  it('two at once on an empty database elsewhere both come up', async () => {
    const DATABASE_URL = await emptyDatabase();
    const APP_SECRET = 'GzR2v0mT9bWqXy4LsJ1KdHn8PfEc7AuO';
    const servers = await Promise.all(
      [1, 2].map(() =>
        startServer({ DATABASE_URL, APP_SECRET, DATA_DIR: freshDataDir(), PUBLIC_URL: 'http://one.example' }),
      ),
    );
    const [one, two] = servers as [ServerProcess, ServerProcess];
    const { body } = await register(one).expect(201);
    await two.http.get('/auth/me').set('Authorization', `Bearer ${body.token}`).expect(200);
    await Promise.all(servers.map((server) => server.end()));
  });
});

describe('a start that fails says why', () => {
  it('wrong settings: all of them, and exit code 1', async () => {
    const { code, output } = await failToStart({ PORT: 'x', BCRYPT_COST: 'x', NODE_ENV: 'production' });
    expect(code).toBe(1);
    for (const name of ['PORT', 'BCRYPT_COST', 'APP_SECRET', 'PUBLIC_URL', 'DATABASE_URL'])
      expect(output).toContain(name);
    expect(output).not.toMatch(/\bat .*\.js:\d+/);
  });

  it('a port that is taken', async () => {
    const DATA_DIR = freshDataDir();
    const first = await startServer({ DATA_DIR });
    const { code, output } = await failToStart({ DATA_DIR, PORT: new URL(first.url).port });
    expect(code).toBe(1);
    expect(output).toContain('EADDRINUSE');
    await first.http.get('/auth/health').expect(200);
    await first.end();
  });

  it('a database that refuses the login: host and database, never the password', async () => {
    const url = new URL(await freshDatabase());
    url.password = 'hunter2hunter2';
    const { code, output } = await failToStart({ DATABASE_URL: url.href, DATA_DIR: freshDataDir() });
    expect(code).toBe(1);
    expect(output).toContain('password authentication failed');
    expect(output).not.toContain('hunter2');
  });

  it('waits for a database that is not up yet, says so, and can be told to end', async () => {
    const port = await freePort();
    const { child, output, ended } = launchServer({
      DATABASE_URL: `postgres://x:hunter2@127.0.0.1:${port}/x`,
      DATA_DIR: freshDataDir(),
      PORT: String(await freePort()),
    });
    const deadline = performance.now() + 15_000;
    while (!output().includes('Waiting for the database')) {
      expect(performance.now()).toBeLessThan(deadline);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(output()).not.toContain('hunter2');
    child.kill('SIGTERM');
    expect(await ended).toBe(1);
  });

  it('a failure after the embedded PostgreSQL was started: it is stopped again', async () => {
    const DATA_DIR = freshDataDir();
    writeFileSync(join(DATA_DIR, 'secrets'), 'in the way of the directory');
    const { code, output } = await failToStart({ DATA_DIR });
    expect(code).toBe(1);
    expect(output).toContain('Starting the embedded PostgreSQL');
    expect(existsSync(pidFile(DATA_DIR))).toBe(false);
  });

  it('a PostgreSQL on the data that cannot be reached: it is left alone', async () => {
    const DATA_DIR = freshDataDir();
    const first = await startServer({ DATA_DIR });
    const { body } = await register(first).expect(201);
    rmSync(join(DATA_DIR, 'postgres', '.s.PGSQL.5432'));
    const { code, output } = await failToStart({ DATA_DIR });
    expect(code).toBe(1);
    expect(output).toContain('is on its data');
    await login(first, body.user.email).expect(200);
    await first.end();
  }, 60_000);
});

describe('the log', () => {
  it('holds no password, token, hash or address, also when the database refuses a statement', async () => {
    const DATABASE_URL = await freshDatabase();
    const password = 'not-for-the-log-either';
    const server = await startServer({ DATABASE_URL, DATA_DIR: freshDataDir(), LOG_LEVEL: 'trace' });
    const { body } = await register(server, 'kept-private@example.com', password).expect(201);
    await server.http
      .get('/auth/me?token=in-the-query')
      .set('Authorization', `Bearer ${body.token}`)
      .expect(200);
    await server.http.post('/auth/refresh').send({ refreshToken: body.refreshToken }).expect(200);
    await administer('ALTER TABLE passwords ADD CHECK (length(hash) < 5) NOT VALID', DATABASE_URL);
    const failed = await register(server, 'also-private@example.com', password).expect(500);
    expect(failed.body).toEqual({ error: { code: 'INTERNAL', message: expect.any(String) } });
    await until(() => (server.output().includes('passwords_hash_check') ? true : undefined));
    for (const secret of [
      password,
      'private@example.com',
      '$bcrypt',
      'in-the-query',
      body.token,
      body.refreshToken,
    ]) {
      expect(server.output()).not.toContain(secret);
    }
    await server.end();
  });
});

const isRoot = process.getuid?.() === 0;

(isRoot ? describe : describe.skip)(
  'as root (skipped under other accounts, which have no such cases)',
  () => {
    /** A PATH on which `unshare` fails, as it does in containers that forbid user namespaces. */
    function pathWithoutNamespaces(): string {
      const folder = freshDataDir();
      writeFileSync(join(folder, 'unshare'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
      return `${folder}:${process.env['PATH']}`;
    }

    it('works in a directory that other accounts cannot enter, and the files stay our own', async () => {
      const DATA_DIR = freshDataDir();
      chmodSync(DATA_DIR, 0o700);
      const server = await startServer({ DATA_DIR });
      await register(server).expect(201);
      expect(statSync(join(DATA_DIR, 'postgres', 'cluster')).uid).toBe(0);
      await server.end();
    });

    it('works in a directory of another account that keeps it to itself', async () => {
      const home = freshDataDir();
      chmodSync(home, 0o700);
      chownSync(home, 12_345, 12_345);
      const DATA_DIR = join(home, 'data');
      const server = await startServer({ DATA_DIR });
      await register(server).expect(201);
      await server.end();
    });

    it('runs PostgreSQL as nobody, on ground that nobody can enter, where user namespaces are forbidden', async () => {
      const DATA_DIR = freshDataDir();
      const PATH = pathWithoutNamespaces();
      const first = await startServer({ DATA_DIR, PATH });
      expect(first.output()).toContain("nobody can't enter");
      const { body } = await register(first).expect(201);
      expect(statSync(join(DATA_DIR, 'postgres', 'cluster')).uid).not.toBe(0);
      await first.end();
      // And again, also where namespaces are allowed by now: the data has an owner.
      for (const environment of [{ DATA_DIR, PATH }, { DATA_DIR }] as Record<string, string>[]) {
        const again = await startServer(environment);
        await login(again, body.user.email).expect(200);
        await again.end();
      }
      rmSync(realpathSync(join(DATA_DIR, 'postgres')), { recursive: true });
    });

    it('hands a cluster of root over to nobody when user namespaces are no longer allowed', async () => {
      // Not under TMPDIR, which other accounts may not be able to enter.
      const DATA_DIR = mkdtempSync('/var/tmp/gatehouse-data-');
      chmodSync(DATA_DIR, 0o711);
      const first = await startServer({ DATA_DIR });
      const { body } = await register(first).expect(201);
      await first.end();
      const second = await startServer({ DATA_DIR, PATH: pathWithoutNamespaces() });
      await login(second, body.user.email).expect(200);
      await second.end();
      rmSync(DATA_DIR, { recursive: true });
    });

    it('leaves it as it is, and says what to do, where nobody cannot enter', async () => {
      const DATA_DIR = freshDataDir();
      chmodSync(DATA_DIR, 0o700);
      const first = await startServer({ DATA_DIR });
      const { body } = await register(first).expect(201);
      await first.end();
      const { code, output } = await failToStart({ DATA_DIR, PATH: pathWithoutNamespaces() });
      expect(code).toBe(1);
      expect(output).toContain('user namespaces are forbidden now');
      const again = await startServer({ DATA_DIR });
      await login(again, body.user.email).expect(200);
      await again.end();
    });
  },
);
