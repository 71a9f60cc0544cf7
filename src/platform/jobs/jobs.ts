import { randomInt } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import PgBoss from 'pg-boss';
import { DataSource, type EntityManager } from 'typeorm';
import { Clock } from '../clock/clock';
import { AppSecret } from '../crypto/app-secret';
import { seal, unseal } from '../crypto/sealing';
import { inTurn } from '../database/in-turn';
import { poolOf } from '../database/pool';

/**
 * A job whose process has not been heard of for so long belongs to one that died, and is given to another. While it runs,
 * its process says so: a mail may take ten minutes, and must not be sent twice for that.
 */
const SILENCE_SECONDS = 60;
const HEARTBEAT = 15_000;
/** For what a dead process has left; a job that fails is put off by our own back-off, which has an end. */
const RETRY = { retryLimit: 17, retryDelay: 1, retryBackoff: true };
/** The wait after the first failure, doubled with each, up to the longest; in seconds. */
interface Waits {
  readonly shortest: number;
  readonly longest: number;
}
/** Ends early, so that a mail of which the server came back is not late for its link. */
const WAITS: Waits = { shortest: 2, longest: 300 };
/** For what the other side refuses for good, as it says: who tries often there gets a bad name. */
const WAITS_REFUSED: Waits = { shortest: 300, longest: 6 * 3_600 };
const GIVEN_UP_AFTER_HOURS = 48;
/** How often an empty queue is looked at: for jobs of other instances, and those that were put off. */
const LOOK_EVERY = 1_000;
/** How long after it is promised a job is looked for by its own instance: most transactions are over by then. */
const LOOK_SOON = 20;
const STOP_PATIENCE = 10_000;

/** What a queue holds: the sealed payload, and of a job that was put off what it was before. */
interface Waiting {
  readonly sealed: string;
  readonly tries?: number;
  readonly firstId?: string;
  /** When it failed first, in ms since 1970. */
  readonly since?: number;
}

export interface WorkOptions {
  /** How many of this name one instance does at the same time. */
  readonly atOnce?: number;
}

interface Defined extends Required<WorkOptions> {
  readonly work: Work<never>;
}

export type Work<T> = (payload: T, jobId: string) => Promise<void>;

/**
 * Work that is promised in a transaction and done after it, by pg-boss: kept in PostgreSQL, retried with
 * back-off, taken over when an instance dies. Payloads are sealed, because they may hold secrets.
 */
@Injectable()
export class Jobs implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger('Jobs');
  private readonly key: Buffer;
  private readonly works = new Map<string, Defined>();
  private readonly rounds = new Map<string, number>();
  private readonly stopping = new AbortController();
  /** Those who wait for work, by its name. */
  private readonly idle = new Map<string, AbortController[]>();
  private boss: PgBoss;
  private loops: Promise<void>[] = [];

  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
    appSecret: AppSecret,
  ) {
    this.key = appSecret.keyFor('jobs');
  }

  /** To be called while the application is wired: says how jobs of this name are done. */
  define<T>(name: string, work: Work<T>, { atOnce = 1 }: WorkOptions = {}): void {
    this.works.set(name, { work, atOnce });
  }

  /** The same for work that comes round by itself: each time, one instance does it. */
  every(seconds: number, name: string, work: () => Promise<void>): void {
    this.define(name, work);
    this.rounds.set(name, seconds);
  }

  /** Promises a job: it is there when the transaction commits and was never there when it rolls back. */
  async add<T>(name: string, payload: T, transaction: EntityManager): Promise<void> {
    await this.boss.send(name, this.sealed(name, payload), { db: within(transaction) });
    setTimeout(() => this.idle.get(name)?.pop()?.abort(), LOOK_SOON).unref();
  }

  private sealed(name: string, payload: unknown): Waiting {
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
    // One for each loop that waits.
    setMaxListeners(0, this.stopping.signal);
    this.loops = [
      ...[...this.works].flatMap(([name, { work, atOnce }]) =>
        Array.from({ length: atOnce }, () => this.keepWorking(name, work)),
      ),
      ...[...this.rounds].map(([name, seconds]) => this.keepPromising(name, seconds)),
    ];
  }

  /** Jobs under way are finished; the rest waits in the database for the next start. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    for (const waiting of this.idle.values()) waiting.forEach((one) => one.abort());
    await Promise.race([Promise.all(this.loops), pause(STOP_PATIENCE)]);
    // Not there when the start failed before it was made.
    const boss = this.boss as PgBoss | undefined;
    await boss?.stop({ graceful: false, close: false }).catch(() => undefined);
  }

  private async prepare(boss: PgBoss): Promise<void> {
    await boss.start();
    for (const name of this.works.keys()) {
      const options = { name, ...RETRY, expireInSeconds: SILENCE_SECONDS };
      await boss.createQueue(name, options);
      // A queue that is there already keeps the options of the version that made it.
      await boss.updateQueue(name, options);
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
      if (!worked) await this.waitForWork(name);
    }
  }

  private async waitForWork(name: string): Promise<void> {
    const waiting = this.idle.get(name) ?? [];
    this.idle.set(name, waiting);
    const called = new AbortController();
    waiting.push(called);
    if (!this.stopping.signal.aborted) await pause(LOOK_EVERY, called.signal);
    const place = waiting.indexOf(called);
    if (place >= 0) waiting.splice(place, 1);
  }

  /** @returns whether there was a job */
  private async workOnce(name: string, work: Work<never>): Promise<boolean> {
    const [job] = await this.boss.fetch<Waiting>(name);
    if (!job) return false;
    const heartbeat = setInterval(() => void this.sayAlive(job.id), HEARTBEAT).unref();
    try {
      const payload = unseal(Buffer.from(job.data.sealed, 'base64'), this.key, name).toString();
      await work(JSON.parse(payload) as never, job.data.firstId ?? job.id);
    } catch (error) {
      await this.putOff(name, job, error as Error);
      return true;
    } finally {
      clearInterval(heartbeat);
    }
    await this.boss.complete(name, job.id);
    return true;
  }

  /** pg-boss 10 counts from the start of a run and has no call for this. */
  private async sayAlive(id: string): Promise<void> {
    await poolOf(this.database)
      .query(`UPDATE pgboss.job SET started_on = now() WHERE id = $1 AND state = 'active'`, [id])
      .catch((error: Error) => this.logger.warn(`The queue can't be reached: ${error.message}`));
  }

  /** The failed job and the one that takes its place change in one transaction, so that there is always exactly one. */
  private async putOff(name: string, { id, data }: PgBoss.Job<Waiting>, error: Error): Promise<void> {
    const now = this.clock.now().getTime();
    const { firstId = id, tries = 0, since = now } = data;
    const { shortest, longest } = isFinal(error) ? WAITS_REFUSED : WAITS;
    const waitSeconds = Math.min(shortest * 2 ** tries, longest);
    const givenUp = now - since > GIVEN_UP_AFTER_HOURS * 3_600_000;
    const then = givenUp ? 'it is given up' : `it is tried again in ${waitSeconds} s`;
    this.logger[givenUp ? 'error' : 'warn'](`Job ${name} ${firstId} failed (${kindOf(error)}); ${then}`);
    await this.database.transaction(async (transaction) => {
      const db = within(transaction);
      const ended = this.boss.complete(name, id, { failed: kindOf(error) }, { db });
      // Not ours any more when it ran so long that it was given to another.
      const { affected } = (await (ended as Promise<unknown>)) as { affected: number };
      if (givenUp || affected === 0) return;
      const next: Waiting = { sealed: data.sealed, firstId, since, tries: tries + 1 };
      // Between half and the whole of the wait: what failed together need not come back together.
      const startAfter = randomInt((waitSeconds * 1_000) / 2, waitSeconds * 1_000) / 1_000;
      await this.boss.send(name, next, { db, startAfter: Math.ceil(startAfter) });
    });
  }
}

/** Never the message: that of a mail server repeats addresses. */
function kindOf(error: Error): string {
  const { name, code, responseCode } = error as Error & { code?: string; responseCode?: number };
  return [name, code, responseCode].filter(Boolean).join(' ');
}

/** Of a mail server: 5xx says that it is no use to try again (RFC 5321, 4.2.1). Some say so and mean their own fault. */
const isFinal = (error: Error & { responseCode?: number }): boolean => (error.responseCode ?? 0) >= 500;

/** Lets pg-boss work within a transaction of ours. */
const within = (transaction: EntityManager) => ({
  executeSql: async (text: string, values: unknown[]) => ({
    rows: await transaction.query<unknown[]>(text, values),
  }),
});

/** Ends early, and as quietly, when the signal says so. */
const pause = (milliseconds: number, signal?: AbortSignal): Promise<void> =>
  sleep(milliseconds, undefined, { ref: false, signal }).catch(() => undefined);
