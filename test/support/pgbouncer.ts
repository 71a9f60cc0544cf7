import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { socketOf } from './database';
import { freshDataDir } from './data-dir';
import { holds } from './mailbox';
import { freePort } from './server-process';
import { startProxy } from './tcp-proxy';

const PROGRAM = '/usr/sbin/pgbouncer';

/** Debian's; `npm test` needs none, so without it these tests are left out. */
export const hasPgBouncer = existsSync(PROGRAM);

export interface PgBouncer {
  readonly url: string;
  end(): Promise<unknown>;
}

/** A pooler in transaction mode before the database of that URL, of a version that knows no prepared statements. */
export async function startPgBouncer(databaseUrl: string, poolSize: number): Promise<PgBouncer> {
  const { username, password, pathname } = new URL(databaseUrl);
  // It runs as another account, which may not enter the socket's directory.
  const target = await startProxy(socketOf(databaseUrl));
  const port = await freePort();
  const directory = freshDataDir();
  chmodSync(directory, 0o755);
  const config = join(directory, 'pgbouncer.ini');
  writeFileSync(
    config,
    `[databases]
* = host=127.0.0.1 port=${target.port} user=${username} password=${decodeURIComponent(password)}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = ${poolSize}
max_client_conn = 200
ignore_startup_parameters = extra_float_digits
`,
  );
  // It does not run as root.
  const account = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const child = spawn(PROGRAM, [...account, config], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  await holds(() => answers(port));
  return {
    url: `postgresql://${username}@127.0.0.1:${port}${pathname}`,
    end: async () => {
      child.kill('SIGKILL');
      await ended;
      await target.close();
    },
  };
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
