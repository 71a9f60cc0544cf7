import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import PgBoss from 'pg-boss';
import { DataSource, type EntityManager } from 'typeorm';
import { AppSecret } from '../crypto/app-secret';
import { seal, unseal } from '../crypto/sealing';
import { inTurn } from '../database/in-turn';
import { poolOf } from '../database/pool';

/** A job that runs longer belongs to a process that died, and is given to another. */
const LONGEST_RUN_SECONDS = 300;
/** After about 2 s, then doubling to half a day; given up after a day or two. */
const RETRY = { retryLimit: 17, retryDelay: 1, retryBackoff: true };
/** How often an empty queue is looked at. */
const LOOK_EVERY = 1_000;
const STOP_PATIENCE = 10_000;

export type Work<T> = (payload: T, jobId: string) => Promise<void>;

/**
 * Work that is promised in a transaction and done after it, by pg-boss: kept in PostgreSQL, retried with
 * back-off, taken over when an instance dies. Payloads are sealed, because they may hold secrets.
 */
@Injectable()
export class Jobs implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger('Jobs');
  private readonly key: Buffer;
  private readonly works = new Map<string, Work<never>>();
  private readonly rounds = new Map<string, number>();
  private readonly stopping = new AbortController();
  private boss: PgBoss;
  private loops: Promise<void>[] = [];

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

  /** The same for work that comes round by itself: each time, one instance does it. */
  every(seconds: number, name: string, work: () => Promise<void>): void {
    this.define(name, work);
    this.rounds.set(name, seconds);
  }

  /** Promises a job: it is there when the transaction commits and was never there when it rolls back. */
  async add<T>(name: string, payload: T, transaction: EntityManager): Promise<void> {
    const within = {
      executeSql: async (text: string, values: unknown[]) => ({
        rows: await transaction.query<unknown[]>(text, values),
      }),
    };
    await this.boss.send(name, this.sealed(name, payload), { db: within });
  }

  private sealed(name: string, payload: unknown): { sealed: string } {
    return { sealed: seal(JSON.stringify(payload), this.key, name).toString('base64') };
  }

  async onModuleInit(): Promise<void> {
    const pool = poolOf(this.database);
    const db = { executeSql: (text: string, values: unknown[]) => pool.query(text, values) };
    const boss = new PgBoss({ db, schedule: false, maintenanceIntervalSeconds: 15, deleteAfterDays: 1 });
    boss.on('error', (error) => this.logger.warn(`The queue can't be reached: ${error.message}`));
    this.boss = boss;
    // pg-boss makes its tables and queues by statements that deadlock when two instances run them at once.
    await inTurn(this.database, 'queues', () => this.prepare(boss));
  }

  /** Begins to do jobs. A server does; a command, which may have other settings for mail, does not. */
  start(): void {
    this.loops = [
      ...[...this.works].map(([name, work]) => this.keepWorking(name, work)),
      ...[...this.rounds].map(([name, seconds]) => this.keepPromising(name, seconds)),
    ];
  }

  /** Jobs under way are finished; the rest waits in the database for the next start. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await Promise.race([Promise.all(this.loops), pause(STOP_PATIENCE)]);
    // Not there when the start failed before it was made.
    const boss = this.boss as PgBoss | undefined;
    await boss?.stop({ graceful: false, close: false }).catch(() => undefined);
  }

  private async prepare(boss: PgBoss): Promise<void> {
    await boss.start();
    for (const name of this.works.keys()) {
      await boss.createQueue(name, { name, ...RETRY, expireInSeconds: LONGEST_RUN_SECONDS });
    }
  }

  /** Every instance promises each round; the queue takes one promise for each. */
  private async keepPromising(name: string, seconds: number): Promise<void> {
    while (!this.stopping.signal.aborted) {
      await this.boss
        .send(name, this.sealed(name, null), { singletonSeconds: seconds })
        .catch((error: Error) => this.logger.warn(`The queue can't be reached: ${error.message}`));
      await pause((seconds * 1_000) / 2, this.stopping.signal);
    }
  }

  /** Not pg-boss's own loop: that leaves a rejection unheard when the database goes away during a job. */
  private async keepWorking(name: string, work: Work<never>): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const worked = await this.workOnce(name, work).catch((error: Error) => {
        this.logger.warn(`The queue can't be reached: ${error.message}`);
      });
      if (!worked) await pause(LOOK_EVERY, this.stopping.signal);
    }
  }

  /** @returns whether there was a job */
  private async workOnce(name: string, work: Work<never>): Promise<boolean> {
    const [job] = await this.boss.fetch<{ sealed: string }>(name);
    if (!job) return false;
    try {
      const payload = unseal(Buffer.from(job.data.sealed, 'base64'), this.key, name).toString();
      await work(JSON.parse(payload) as never, job.id);
    } catch (error) {
      // Never the message: that of a mail server repeats addresses.
      const { name: kind, code, responseCode } = error as Error & { code?: string; responseCode?: number };
      this.logger.warn(
        `Job ${name} ${job.id} failed (${[kind, code, responseCode].join(' ').trim()}); it is tried again`,
      );
      await this.boss.fail(name, job.id, { kind, code });
      return true;
    }
    await this.boss.complete(name, job.id);
    return true;
  }
}

/** Ends early, and as quietly, when the signal says so. */
const pause = (milliseconds: number, signal?: AbortSignal): Promise<void> =>
  sleep(milliseconds, undefined, { ref: false, signal }).catch(() => undefined);
