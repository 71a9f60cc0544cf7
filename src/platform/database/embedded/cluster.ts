import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Quarters } from './quarters';

export const USER = 'gatehouse';
export const PORT = 5432;
const STOP_SECONDS = 30;
const DRAFT_MILLISECONDS = 600_000;

/** The cluster's files and the processes on them: `initdb`, `postgres`, and its end. */
export class Cluster {
  private readonly data: string;
  private readonly log: string;

  constructor(
    private readonly quarters: Quarters,
    private readonly socketDirectory: string,
    /** For tests only: faster and not durable. */
    private readonly throwaway: boolean,
  ) {
    this.data = join(quarters.home, 'cluster');
    this.log = join(quarters.home, 'log');
  }

  get exists(): boolean {
    return existsSync(this.data);
  }

  get password(): string {
    return readFileSync(join(this.quarters.home, 'password'), 'utf8');
  }

  /** `initdb` beside the final place, then one rename: of two servers one wins and both use the winner's. */
  initialise(): void {
    const { home } = this.quarters;
    const draft = mkdtempSync(`${home}.init-`);
    removeDeadDrafts(home, draft);
    const passwordFile = join(draft, 'password');
    writeFileSync(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 });
    this.giveToAccount(draft, passwordFile);
    try {
      this.initdb(join(draft, 'cluster'), passwordFile);
      renameSync(draft, home);
    } catch (error) {
      rmSync(draft, { recursive: true, force: true });
      if (!['ENOTEMPTY', 'EEXIST'].includes(String((error as { code?: string }).code))) throw error;
    }
  }

  /**
   * The new process. It ends at once when another PostgreSQL is on the cluster: by postmaster.pid, and on Linux
   * by a lock of the kernel, which also holds between containers, where a pid of one means nothing in another.
   */
  start(): ChildProcess {
    const settings = {
      listen_addresses: '',
      // A list: quoted, because a path may hold a comma.
      unix_socket_directories: `"${this.socketDirectory.replaceAll('"', '""')}"`,
      unix_socket_permissions: '0700',
      port: String(PORT),
      log_checkpoints: 'off',
      ...(this.throwaway && { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
    };
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const [command, args] = this.locked('postgres', ['-D', this.data, ...flags]);
    const log = openSync(this.log, 'a', 0o600);
    // Detached: a Ctrl-C in the terminal must reach our server alone, which still has requests to finish.
    const process = spawn(command, args, {
      ...this.surroundings(),
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    process.unref();
    return process;
  }

  /** SIGINT is PostgreSQL's fast shutdown: transactions are rolled back, the data files left clean. */
  async stop(): Promise<void> {
    const pid = this.serverPid();
    // 0 and 1 would be our own group and the system: a file that is just being written.
    if (pid === undefined || !(pid > 1)) return;
    try {
      process.kill(pid, 'SIGINT');
    } catch {
      // In another container, where the number means another process: there it goes on.
      return;
    }
    const deadline = performance.now() + STOP_SECONDS * 1_000;
    while (this.serverPid() === pid && performance.now() < deadline) await sleep(20);
  }

  startFailure(): Error {
    const said = existsSync(this.log) ? readFileSync(this.log, 'utf8').trim().split('\n').slice(-8) : [];
    const why = 'Or another one, which cannot be reached from here (in another container?), is on its data.';
    return new Error(
      `The embedded PostgreSQL does not start. ${why} The end of ${this.log}:\n${said.join('\n')}`,
    );
  }

  private initdb(data: string, passwordFile: string): void {
    const [command, args] = this.command('initdb', [
      `--pgdata=${data}`,
      `--pwfile=${passwordFile}`,
      `--username=${USER}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      ...(this.throwaway ? ['--no-sync'] : []),
    ]);
    try {
      execFileSync(command, args, { ...this.surroundings(), stdio: ['ignore', 'ignore', 'pipe'] });
    } catch (error) {
      const said = String((error as { stderr?: Buffer }).stderr ?? '').trim() || (error as Error).message;
      throw new Error(`The embedded PostgreSQL could not be initialised: ${said}`, { cause: error });
    }
  }

  private giveToAccount(...paths: string[]): void {
    const { uid, gid } = this.quarters.account;
    if (uid === undefined || gid === undefined) return;
    for (const path of paths) chownSync(path, uid, gid);
  }

  private serverPid(): number | undefined {
    try {
      return Number(readFileSync(join(this.data, 'postmaster.pid'), 'utf8').split('\n')[0]);
    } catch {
      return undefined;
    }
  }

  /**
   * Under the lock a pid file that is left can only be stale, so it goes: its pid may be another program's by now.
   * Where there is no `flock` (macOS) it stays, and PostgreSQL judges by itself.
   */
  private locked(program: string, args: readonly string[]): [string, string[]] {
    const { prefix, native, home } = this.quarters;
    const line = [join(native, 'bin', program), ...args];
    if (spawnSync('flock', ['--version']).status !== 0) return this.command(program, args);
    const takeOver = ['sh', '-c', 'rm -f "$0"; exec "$@"', join(this.data, 'postmaster.pid')];
    const lock = ['flock', '--nonblock', '--no-fork', join(home, 'lock')];
    const [command, ...rest] = [...prefix, ...lock, ...takeOver, ...line];
    return [command as string, rest];
  }

  private command(program: string, args: readonly string[]): [string, string[]] {
    const line = [...this.quarters.prefix, join(this.quarters.native, 'bin', program), ...args];
    return [line[0] as string, line.slice(1)];
  }

  private surroundings() {
    const { native, account } = this.quarters;
    const library = process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH';
    const env = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', [library]: join(native, 'lib') };
    return { ...account, cwd: '/', env };
  }
}

/** Drafts of starts that were killed: those ten minutes older than our own. */
function removeDeadDrafts(home: string, own: string): void {
  const prefix = `${basename(home)}.init-`;
  const now = statSync(own).mtimeMs;
  for (const name of readdirSync(dirname(home)).filter((entry) => entry.startsWith(prefix))) {
    const draft = join(dirname(home), name);
    const age = now - (statSync(draft, { throwIfNoEntry: false })?.mtimeMs ?? now);
    if (age > DRAFT_MILLISECONDS) rmSync(draft, { recursive: true, force: true });
  }
}
