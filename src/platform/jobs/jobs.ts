import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import PgBoss from 'pg-boss';
import { DataSource, type EntityManager } from 'typeorm';
import { AppSecret } from '../crypto/app-secret';
import { seal, unseal } from '../crypto/sealing';
import { inTurn } from '../database/in-turn';
import { poolOf } from '../database/pool';

/** A job that runs longer belongs to a process that died, and is given to another. */
const LONGEST_RUN_SECONDS = 60;
/** After about 2 s, then doubling to half a day; given up after a day or two. */
const RETRY = { retryLimit: 17, retryDelay: 1, retryBackoff: true };
const STOP_PATIENCE = 10_000;

export type Work<T> = (payload: T, jobId: string) => Promise<void>;

/**
 * Work that is promised in a transaction and done after it, by pg-boss: kept in PostgreSQL, retried with
 * back-off, taken over when an instance dies. Payloads are sealed, because they may hold secrets.
 */
@Injectable()
export class Jobs implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Jobs');
  private readonly key: Buffer;
  private readonly works = new Map<string, Work<never>>();
  private boss: PgBoss;

  constructor(
    private readonly database: DataSource,
    appSecret: AppSecret,
  ) {
    this.key = appSecret.keyFor('jobs');
  }

  /** To be called while the application is wired: says how jobs of this name are done. */
  define<T>(name: string, work: Work<T>): void {
    this.works.set(name, work);
  }

  /** Promises a job: it is there when the transaction commits and was never there when it rolls back. */
  async add<T>(name: string, payload: T, transaction: EntityManager): Promise<void> {
    const sealed = seal(JSON.stringify(payload), this.key, name).toString('base64');
    const within = {
      executeSql: async (text: string, values: unknown[]) => ({
        rows: await transaction.query<unknown[]>(text, values),
      }),
    };
    await this.boss.send(name, { sealed }, { db: within });
  }

  async onModuleInit(): Promise<void> {
    const pool = poolOf(this.database);
    const db = { executeSql: (text: string, values: unknown[]) => pool.query(text, values) };
    this.boss = new PgBoss({
      db,
      schedule: false,
      maintenanceIntervalSeconds: 15,
      deleteAfterDays: 1,
    });
    this.boss.on('error', (error) => this.logger.warn(`The queue can't be reached: ${error.message}`));
    // pg-boss makes its tables and queues by statements that deadlock when two instances run them at once.
    await inTurn(this.database, 'queues', () => this.prepare());
  }

  async onApplicationBootstrap(): Promise<void> {
    for (const [name, work] of this.works) await this.run(name, work);
  }

  /** Jobs under way are finished; the rest waits in the database for the next start. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.boss.stop({ graceful: true, wait: true, timeout: STOP_PATIENCE, close: false });
  }

  private async prepare(): Promise<void> {
    await this.boss.start();
    for (const name of this.works.keys()) {
      await this.boss.createQueue(name, { name, ...RETRY, expireInSeconds: LONGEST_RUN_SECONDS });
    }
  }

  private async run(name: string, work: Work<never>): Promise<void> {
    const worker = await this.boss.work<{ sealed: string }>(
      name,
      { pollingIntervalSeconds: 1 },
      async ([job]) => {
        if (!job) return;
        // Looks for the next one at once: the interval is for an empty queue.
        this.boss.notifyWorker(worker);
        const payload = unseal(Buffer.from(job.data.sealed, 'base64'), this.key, name).toString();
        await work(JSON.parse(payload) as never, job.id).catch((error: Error) => {
          this.logger.warn(`Job ${name} ${job.id} failed and will be tried again: ${error.message}`);
          throw error;
        });
      },
    );
  }
}
