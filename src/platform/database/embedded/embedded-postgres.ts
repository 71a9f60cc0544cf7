import { spawn, execFileSync, type ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { findBinaries } from './binaries';
import { findQuarters, type Quarters } from './quarters';

const USER = 'gatehouse';
const DATABASE = 'gatehouse';
const PORT = 5432;
/** A unix socket's path is limited to 107 bytes; this leaves room for its name. */
const LONGEST_SOCKET_DIRECTORY = 85;
/** Held shared by every server on the cluster; who gets it alone is the last one and stops PostgreSQL. */
const LEASE = 0x6761_7465;
const START_TRIES = 5;
const START_SECONDS = 90;
const STOP_SECONDS = 30;

export interface EmbeddedOptions {
  readonly dataDir: string;
  readonly progress: (step: string) => void;
  /** For tests only: faster and not durable. */
  readonly throwaway?: boolean;
}

export interface Connection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/**
 * A private PostgreSQL on a unix socket under the data directory. Several servers may share it: the first
 * starts it, each holds a lease, the last to leave stops it. One that was left running (kill -9) is adopted.
 *
 * No lock file is needed: `rename` decides who initialises, PostgreSQL's own postmaster.pid who starts,
 * an advisory lock who stops.
 */
export class EmbeddedPostgres {
  private lease?: Client;
  private released = false;

  private constructor(
    private readonly quarters: Quarters,
    private readonly socketDirectory: string,
    private readonly options: EmbeddedOptions,
  ) {}

  static async open(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
    mkdirSync(options.dataDir, { recursive: true, mode: 0o711 });
    const dataDir = realpathSync(options.dataDir);
    const quarters = findQuarters(dataDir, findBinaries(), options.progress);
    const embedded = new EmbeddedPostgres(quarters, socketDirectoryOf(quarters), options);
    await embedded.enter();
    return embedded;
  }

  get connection(): Connection {
    return { ...this.access, database: DATABASE };
  }

  /** Gives up the lease and stops PostgreSQL when nobody else holds one. */
  async release(): Promise<void> {
    this.released = true;
    const alone = await this.leaveLease().catch(() => false);
    if (alone) await this.stop();
    await this.lease?.end().catch(() => undefined);
  }

  private get cluster(): string {
    return join(this.quarters.home, 'cluster');
  }

  private get access() {
    const password = readFileSync(join(this.quarters.home, 'password'), 'utf8');
    return { host: this.socketDirectory, port: PORT, user: USER, password };
  }

  private async enter(): Promise<void> {
    const deadline = performance.now() + START_SECONDS * 1_000;
    for (let tries = 0; ; tries++) {
      if (await this.takeLease()) break;
      if (tries === START_TRIES || performance.now() > deadline) throw this.startFailure();
      if (!existsSync(this.cluster)) this.initialise();
      await this.start(deadline);
    }
    await this.createDatabase();
  }

  /** True once this server holds a lease; false when no PostgreSQL answers on the socket. */
  private async takeLease(): Promise<boolean> {
    if (!existsSync(this.cluster)) return false;
    for (;;) {
      const client = new Client({ ...this.access, database: 'postgres' });
      client.on('error', () => undefined);
      try {
        await client.connect();
        await client.query('SELECT pg_advisory_lock_shared($1)', [LEASE]);
        this.lease = client;
        client.once('end', () => void this.recover());
        return true;
      } catch (error) {
        await client.end().catch(() => undefined);
        if (!isOnTheMove(error)) return this.refuseUnlessDown(error);
        await sleep(100);
      }
    }
  }

  private refuseUnlessDown(error: unknown): false {
    if (['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(codeOf(error))) return false;
    if ((error as Error).message === 'Connection terminated unexpectedly') return false;
    throw error;
  }

  /** `initdb` beside the final place, then one rename: of two servers one wins and both use the winner's. */
  private initialise(): void {
    const { home } = this.quarters;
    this.options.progress(`First start: initialising the embedded PostgreSQL in ${home}`);
    removeDeadDrafts(home);
    const draft = `${home}.init-${process.pid}`;
    mkdirSync(draft, { mode: 0o700 });
    const passwordFile = join(draft, 'password');
    writeFileSync(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 });
    this.giveToAccount(draft, passwordFile);
    try {
      this.run('initdb', [
        `--pgdata=${join(draft, 'cluster')}`,
        `--pwfile=${passwordFile}`,
        `--username=${USER}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        '--no-instructions',
        ...(this.options.throwaway ? ['--no-sync'] : []),
      ]);
      renameSync(draft, home);
    } catch (error) {
      rmSync(draft, { recursive: true, force: true });
      if (!['ENOTEMPTY', 'EEXIST'].includes(codeOf(error))) throw error;
    }
  }

  private giveToAccount(...paths: string[]): void {
    const { uid, gid } = this.quarters.account;
    if (uid === undefined || gid === undefined) return;
    for (const path of paths) chownSync(path, uid, gid);
  }

  /** Resolves when PostgreSQL answers, or when it gave up: then another server was faster, or it can't start. */
  private async start(deadline: number): Promise<void> {
    this.forgetForeignPid();
    const server = this.spawnServer();
    let ended = false;
    server.once('exit', () => (ended = true));
    server.once('error', () => (ended = true));
    while (!ended && performance.now() < deadline && !(await this.answers())) await sleep(50);
    if (ended) await sleep(200);
  }

  private spawnServer(): ChildProcess {
    this.options.progress('Starting the embedded PostgreSQL');
    const settings = {
      listen_addresses: '',
      unix_socket_directories: this.socketDirectory,
      unix_socket_permissions: '0700',
      port: String(PORT),
      log_checkpoints: 'off',
      ...(this.options.throwaway && { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
    };
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const [command, args] = this.command('postgres', ['-D', this.cluster, ...flags]);
    const log = openSync(join(this.quarters.home, 'log'), 'a', 0o600);
    // Detached: a Ctrl-C in the terminal must reach our server alone, which still has requests to finish.
    const server = spawn(command, args, {
      ...this.surroundings(),
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    server.unref();
    return server;
  }

  /** A pid file that names a living process which is no PostgreSQL (pids repeat after a reboot) blocks a start. */
  private forgetForeignPid(): void {
    const pid = this.serverPid();
    if (pid === undefined || !existsSync(`/proc/${pid}/comm`)) return;
    if (readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'postgres') return;
    rmSync(join(this.cluster, 'postmaster.pid'), { force: true });
  }

  private serverPid(): number | undefined {
    try {
      return Number(readFileSync(join(this.cluster, 'postmaster.pid'), 'utf8').split('\n')[0]);
    } catch {
      return undefined;
    }
  }

  private async answers(): Promise<boolean> {
    const client = new Client({ ...this.access, database: 'postgres' });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return true;
    } catch {
      return false;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  private async createDatabase(): Promise<void> {
    const found = await this.lease?.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
    if (found?.rowCount) return;
    await this.lease?.query(`CREATE DATABASE ${DATABASE}`).catch((error: unknown) => {
      // Another server on the same new cluster was faster.
      if (!['42P04', '23505', '55006'].includes(codeOf(error))) throw error;
    });
  }

  /** The lease's connection broke while we run: PostgreSQL died under us, or an operator stopped it. */
  private async recover(): Promise<void> {
    while (!this.released) {
      this.options.progress('The embedded PostgreSQL went away; bringing it back');
      try {
        await this.enter();
        return;
      } catch (error) {
        this.options.progress(`It did not come back: ${(error as Error).message}`);
        await sleep(2_000);
      }
    }
  }

  private async leaveLease(): Promise<boolean> {
    await this.lease?.query('SELECT pg_advisory_unlock_shared($1)', [LEASE]);
    const answer = await this.lease?.query<{ alone: boolean }>('SELECT pg_try_advisory_lock($1) AS alone', [
      LEASE,
    ]);
    return answer?.rows[0]?.alone ?? false;
  }

  /** SIGINT is PostgreSQL's fast shutdown: transactions are rolled back, the data files left clean. */
  private async stop(): Promise<void> {
    const pid = this.serverPid();
    if (pid === undefined) return;
    process.kill(pid, 'SIGINT');
    const deadline = performance.now() + STOP_SECONDS * 1_000;
    while (this.serverPid() === pid && performance.now() < deadline) await sleep(20);
  }

  private command(program: string, args: readonly string[]): [string, string[]] {
    const line = [...this.quarters.prefix, join(this.quarters.native, 'bin', program), ...args];
    return [line[0] as string, line.slice(1)];
  }

  private run(program: string, args: readonly string[]): void {
    const [command, rest] = this.command(program, args);
    try {
      execFileSync(command, rest, { ...this.surroundings(), stdio: ['ignore', 'ignore', 'pipe'] });
    } catch (error) {
      const said = String((error as { stderr?: Buffer }).stderr ?? '').trim();
      const text = `The embedded PostgreSQL could not be initialised: ${said || (error as Error).message}`;
      throw new Error(text, { cause: error });
    }
  }

  private surroundings() {
    const { native, account } = this.quarters;
    const library = process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH';
    const env = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', [library]: join(native, 'lib') };
    return { ...account, cwd: '/', env };
  }

  private startFailure(): Error {
    const log = join(this.quarters.home, 'log');
    const said = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').slice(-8).join('\n') : '';
    return new Error(`The embedded PostgreSQL does not start. The end of ${log}:\n${said}`);
  }
}

const codeOf = (error: unknown): string => String((error as { code?: string }).code);

/** 57P03: starting up or shutting down; 57P01: it was shut down while we waited for the lease. */
const isOnTheMove = (error: unknown): boolean => ['57P01', '57P03'].includes(codeOf(error));

function removeDeadDrafts(home: string): void {
  const prefix = `${basename(home)}.init-`;
  for (const name of readdirSync(dirname(home)).filter((entry) => entry.startsWith(prefix))) {
    const pid = Number(name.slice(prefix.length));
    if (pid === process.pid || !existsSync(`/proc/${pid}`)) {
      rmSync(join(dirname(home), name), { recursive: true, force: true });
    }
  }
}

function socketDirectoryOf({ home, account }: Quarters): string {
  if (Buffer.byteLength(home) <= LONGEST_SOCKET_DIRECTORY) return home;
  const short = join('/tmp', `gatehouse-${createHash('sha256').update(home).digest('hex').slice(0, 16)}`);
  const owner = account.uid ?? process.getuid?.();
  if (!existsSync(short)) {
    mkdirSync(short, { mode: 0o700 });
    if (account.uid !== undefined && account.gid !== undefined) chownSync(short, account.uid, account.gid);
    chmodSync(short, 0o700);
  }
  // Anyone may create names in /tmp: a directory that is not ours could hold an impostor's socket.
  const found = lstatSync(short);
  if (!found.isDirectory() || found.uid !== owner || (found.mode & 0o077) !== 0) {
    throw new Error(`${short} is not ours alone. Remove it, or choose a shorter DATA_DIR.`);
  }
  return short;
}
