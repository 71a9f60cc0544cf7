import { execFileSync } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { findBinaries } from '../../src/platform/database/embedded/binaries';
import { Cluster, PORT, USER } from '../../src/platform/database/embedded/cluster';
import { findQuarters } from '../../src/platform/database/embedded/quarters';
import { socketDirectoryOf } from '../../src/platform/database/embedded/socket-directory';
import { freshDataDir } from './data-dir';
import { until } from './mailbox';

/** A PostgreSQL that a test may hurt: nobody else is on it, and nobody but the test brings it back. */
export class OwnPostgres {
  private readonly quarters = findQuarters(realpathSync(freshDataDir()), findBinaries(), () => undefined);
  private readonly socketDirectory = socketDirectoryOf(this.quarters);
  private readonly cluster = new Cluster(this.quarters, this.socketDirectory, false);

  constructor() {
    this.cluster.initialise();
  }

  /** What a server is given as DATABASE_URL. */
  get url(): string {
    const host = encodeURIComponent(this.socketDirectory);
    return `postgresql://${USER}:${this.cluster.password}@localhost:${PORT}/postgres?host=${host}`;
  }

  /** Resolves when it takes connections. */
  async start(): Promise<void> {
    this.cluster.start();
    await until(() =>
      this.ask('SELECT 1').then(
        () => true,
        () => undefined,
      ),
    );
  }

  async ask<Row extends object>(statement: string): Promise<Row[]> {
    const client = new Client(this.url);
    client.on('error', () => undefined);
    try {
      await client.connect();
      return (await client.query<Row>(statement)).rows;
    } finally {
      await client.end();
    }
  }

  /** Ends it in the middle of whatever it does, as `pg_ctl stop -m immediate`. */
  kill(): void {
    process.kill(this.pid, 'SIGQUIT');
  }

  /** It takes connections and statements, and never answers; until it is thawed. */
  freeze(): void {
    this.signalAll('SIGSTOP');
  }

  thaw(): void {
    this.signalAll('SIGCONT');
  }

  stop(): Promise<void> {
    return this.cluster.stop();
  }

  private get pid(): number {
    const file = join(this.quarters.home, 'cluster', 'postmaster.pid');
    return Number(readFileSync(file, 'utf8').split('\n')[0]);
  }

  private signalAll(signal: NodeJS.Signals): void {
    const { pid } = this;
    const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).split('\n');
    const pairs = lines.map((line) => line.trim().split(/\s+/).map(Number));
    const children = pairs.filter(([, parent]) => parent === pid).map(([child]) => child as number);
    for (const each of [pid, ...children]) process.kill(each, signal);
  }
}
