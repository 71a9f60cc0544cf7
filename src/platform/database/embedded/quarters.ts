import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** Where PostgreSQL lives and as whom it runs. PostgreSQL itself refuses to run as root. */
export interface Quarters {
  /** Holds the cluster, its password, its log and usually its socket. */
  readonly home: string;
  /** The binaries' folder, as the account can read it. */
  readonly native: string;
  /** Put before every command. */
  readonly prefix: readonly string[];
  readonly account: { readonly uid?: number; readonly gid?: number };
}

/** Inside such a user namespace the account is not root; outside, the files stay root's own. */
const USER_NAMESPACE = ['unshare', '--user', '--map-user=1000', '--map-group=1000', '--'] as const;
/** For clusters and binaries of root that `nobody` could not reach where they are. */
const OPEN_GROUND = '/var/lib/gatehouse';

/**
 * Not root: as we are. Root: as the owner of a cluster that is there already; else in a user namespace,
 * which works in directories that only root can enter; else, where namespaces are forbidden, as `nobody`.
 */
export function findQuarters(dataDir: string, native: string, progress: (step: string) => void): Quarters {
  const home = join(dataDir, 'postgres');
  if (process.getuid?.() !== 0) return { home, native, prefix: [], account: {} };
  const owner = existsSync(home) ? statSync(home) : undefined;
  if (owner && owner.uid !== 0) {
    return reachableQuarters(realpathSync(home), native, { uid: owner.uid, gid: owner.gid }, progress);
  }
  if (namespaceWorksIn(dataDir, native)) return { home, native, prefix: USER_NAMESPACE, account: {} };
  const nobody = { uid: idOf('-u'), gid: idOf('-g') };
  if (owner) handOver(home, nobody);
  if (owner) return reachableQuarters(home, native, nobody, progress);
  return reachableQuarters(homeForNobody(dataDir, home, nobody, progress), native, nobody, progress);
}

/**
 * A cluster of root's, from when namespaces were allowed. Under the lock, so that no PostgreSQL is on it; and in
 * its place, because moving data is for its owner to decide.
 */
function handOver(home: string, account: Account): void {
  const fix = `Allow user namespaces again, or let the account nobody enter ${home}, or set DATABASE_URL.`;
  if (!canEnter(dirname(home), account)) {
    throw new Error(`The database in ${home} is root's, and user namespaces are forbidden now. ${fix}`);
  }
  const chown = ['chown', '-R', `${account.uid}:${account.gid}`, home];
  const { status } = spawnSync('flock', ['--nonblock', join(home, 'lock'), ...chown]);
  if (status !== 0)
    throw new Error(`The database in ${home} is in use by another PostgreSQL, or can't be handed over`);
}

/** Namespaces may be forbidden; and inside one even root can't enter what another account keeps to itself. */
const namespaceWorksIn = (...directories: string[]): boolean =>
  directories.every(
    (directory) =>
      spawnSync(USER_NAMESPACE[0], [...USER_NAMESPACE.slice(1), 'test', '-x', directory]).status === 0,
  );

const idOf = (flag: '-u' | '-g'): number =>
  Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));

type Account = Required<Quarters['account']>;

/** Asked of the system itself, as the account, so that modes, ACLs and mounts all count. */
const canEnter = (directory: string, account: Account): boolean =>
  spawnSync('test', ['-x', directory], { ...account, cwd: '/' }).status === 0;

function homeForNobody(
  dataDir: string,
  home: string,
  account: Account,
  progress: (step: string) => void,
): string {
  if (canEnter(dataDir, account)) return home;
  mkdirSync(OPEN_GROUND, { recursive: true, mode: 0o711 });
  // A start that failed half-way leaves the link without its target.
  if (!lstatSync(home, { throwIfNoEntry: false })) symlinkSync(join(OPEN_GROUND, randomUUID()), home);
  const elsewhere = readlinkSync(home);
  progress(`The account nobody can't enter ${dataDir}: PostgreSQL keeps its data in ${elsewhere}`);
  return elsewhere;
}

function reachableQuarters(
  home: string,
  native: string,
  account: Account,
  progress: (step: string) => void,
): Quarters {
  if (canEnter(native, account)) return { home, native, prefix: [], account };
  const copy = join(OPEN_GROUND, `programs-${fingerprint(join(native, 'bin', 'postgres'))}`);
  if (!existsSync(copy)) {
    progress(`Copying PostgreSQL's programs to ${copy}, where its account can read them`);
    copyWhole(native, copy);
  }
  return { home, native: copy, prefix: [], account };
}

/** Beside its place first, so that a start that is killed leaves no half of it. */
function copyWhole(from: string, to: string): void {
  mkdirSync(OPEN_GROUND, { recursive: true, mode: 0o711 });
  const draft = mkdtempSync(`${to}.`);
  cpSync(from, draft, { recursive: true, verbatimSymlinks: true });
  chmodSync(draft, 0o755);
  try {
    renameSync(draft, to);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    // Another server was faster.
    if (!existsSync(to)) throw error;
  }
}

/** Another for another version. */
const fingerprint = (file: string): string =>
  createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 16);
