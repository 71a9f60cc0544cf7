import { mkdirSync, realpathSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { findBinaries } from './binaries';
import { Cluster, PORT, USER } from './cluster';
import { findQuarters } from './quarters';
import { socketDirectoryOf } from './socket-directory';

const DATABASE = 'gatehouse';
/** Held shared by every server on the cluster; who gets it alone is the last one and stops PostgreSQL. */
const LEASE = 0x6761_7465;
/** A fifth of a second each: time for the last processes of a PostgreSQL that was killed to go. */
const START_TRIES = 40;
const START_SECONDS = 90;

export interface EmbeddedOptions {
  readonly dataDir: string;
  readonly progress: (step: string) => void;
  /** For tests only: faster and not durable. */
  readonly throwaway?: boolean;
  /** The folder of another PostgreSQL's programs; by default of the one that npm installed. */
  readonly native?: string;
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
 * What decides goes with a process that dies: `rename` who initialises, a lock of the kernel who runs it, an
 * advisory lock who stops it.
 */
export class EmbeddedPostgres {
  private static readonly held = new Set<EmbeddedPostgres>();
  private lease?: Client;
  private entering?: Promise<void>;
  private releasing?: Promise<void>;

  private constructor(
    private readonly cluster: Cluster,
    private readonly socketDirectory: string,
    private readonly progress: (step: string) => void,
  ) {}

  /** For a start that failed: gives up all leases that this process holds. */
  static async releaseAll(): Promise<void> {
    await Promise.all([...EmbeddedPostgres.held].map((embedded) => embedded.release()));
  }

  static async open({ dataDir, progress, throwaway, native }: EmbeddedOptions): Promise<EmbeddedPostgres> {
    mkdirSync(dataDir, { recursive: true, mode: 0o711 });
    const quarters = findQuarters(realpathSync(dataDir), native ?? findBinaries(), progress);
    const socketDirectory = socketDirectoryOf(quarters);
    const cluster = new Cluster(quarters, socketDirectory, throwaway ?? false);
    const embedded = new EmbeddedPostgres(cluster, socketDirectory, progress);
    EmbeddedPostgres.held.add(embedded);
    await embedded.enter();
    return embedded;
  }

  get connection(): Connection {
    return this.connectionTo(DATABASE);
  }

  /** Gives up the lease and stops PostgreSQL when nobody else holds one. */
  release(): Promise<void> {
    this.releasing ??= this.leave();
    return this.releasing;
  }

  private async leave(): Promise<void> {
    // One that is just being started is waited for: else it would be left running.
    await this.entering?.catch(() => undefined);
    const alone = await this.leaveLease().catch(() => false);
    if (alone) await this.cluster.stop();
    await this.lease?.end().catch(() => undefined);
  }

  private connectionTo(database: string): Connection {
    return { host: this.socketDirectory, port: PORT, user: USER, password: this.cluster.password, database };
  }

  private enter(): Promise<void> {
    this.entering = this.tryToEnter();
    return this.entering;
  }

  private async tryToEnter(): Promise<void> {
    const deadline = performance.now() + START_SECONDS * 1_000;
    for (let tries = 0; ; tries++) {
      if (await this.takeLease(deadline)) break;
      if (tries === START_TRIES || performance.now() > deadline) throw this.cluster.startFailure();
      if (!this.cluster.exists) {
        this.progress('First start: initialising the embedded PostgreSQL');
        this.cluster.initialise();
      }
      if (tries === 0) this.progress('Starting the embedded PostgreSQL');
      await this.startCluster(deadline);
    }
    await this.createDatabase();
  }

  /** True once this server holds a lease; false when no PostgreSQL answers on the socket. */
  private async takeLease(deadline: number): Promise<boolean> {
    if (!this.cluster.exists) return false;
    for (;;) {
      const client = this.newClient();
      try {
        await client.connect();
        await client.query('SELECT pg_advisory_lock_shared($1)', [LEASE]);
        this.lease = client;
        client.once('end', () => void this.recover());
        return true;
      } catch (error) {
        await client.end().catch(() => undefined);
        if (!isOnTheMove(error)) return refuseUnlessDown(error);
        if (performance.now() > deadline) throw this.cluster.startFailure();
        await sleep(100);
      }
    }
  }

  /** Resolves when PostgreSQL answers, or when it gave up: then another server was faster, or it can't start. */
  private async startCluster(deadline: number): Promise<void> {
    const server = this.cluster.start();
    let ended = false;
    server.once('exit', () => (ended = true));
    server.once('error', () => (ended = true));
    while (!ended && performance.now() < deadline && !(await this.answers())) await sleep(50);
    if (ended) await sleep(200);
  }

  private async answers(): Promise<boolean> {
    const client = this.newClient();
    try {
      await client.connect();
      return true;
    } catch {
      return false;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  private newClient(): Client {
    const client = new Client({ ...this.connectionTo('postgres'), connectionTimeoutMillis: 5_000 });
    // A connection that breaks says so by 'end' too; unheard, this event would end the process.
    client.on('error', () => undefined);
    return client;
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
    while (!this.releasing) {
      this.progress('The embedded PostgreSQL went away; bringing it back');
      try {
        await this.enter();
        return;
      } catch (error) {
        this.progress(`It did not come back: ${(error as Error).message}`);
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
}

const codeOf = (error: unknown): string => String((error as { code?: string }).code);

/** 57P03: starting up or shutting down; 57P01: it was shut down while we waited for the lease. */
const isOnTheMove = (error: unknown): boolean => ['57P01', '57P03'].includes(codeOf(error));

function refuseUnlessDown(error: unknown): false {
  if (['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(codeOf(error))) return false;
  if ((error as Error).message === 'Connection terminated unexpectedly') return false;
  throw error;
}
