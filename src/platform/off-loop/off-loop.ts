import { join } from 'node:path';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { promise as queueOf } from 'fastq';
import { Piscina } from 'piscina';
import { coresToUse } from '../config/environment';
import { Busy } from '../http/api-error';

const THREADS = Math.max(1, coresToUse() - 1);
/** Of tasks: some tenths of a second, three seconds where each is as much as can be asked for. Beyond, one is told at once. */
const MOST_WAITING = 100 * THREADS;
/** What is begun is ended, so more may come to wait than are let in; this is never reached. */
const MOST_EVER = 20 * MOST_WAITING;
const RETRY_SECONDS = 2;
/** A thread holds some 40 MB, so one that nobody needs goes. In milliseconds. */
const IDLE = 60_000;
/** A task that runs for longer is no work of ours any more: its thread is ended. In milliseconds. */
const LONGEST = 10_000;

/** What the function has thrown. */
export class Thrown extends Error {}

interface Task {
  readonly from: string;
  readonly name: string;
  readonly args: readonly unknown[];
  readonly construct?: boolean;
}

type Outcome<Result> = { readonly result: Result } | { readonly thrown: string };

/**
 * Runs functions of packages in worker threads: elliptic curves in JavaScript take milliseconds each, and on the loop every
 * other request would wait for them. Nothing runs until it is needed.
 */
@Injectable()
export class OffLoop implements OnModuleDestroy {
  private readonly logger = new Logger('OffLoop');
  private readonly pool = new Piscina({
    filename: join(__dirname, 'call.cjs'),
    minThreads: 0,
    maxThreads: THREADS,
    idleTimeout: IDLE,
  });
  /** Ours, and not the pool's: that one has no bound for tasks with a time limit, and counts their waiting to it. */
  private readonly queue = queueOf((task: Task) => this.start(task), THREADS);
  private reserved = 0;

  /**
   * To be called before anything is spent on work that might then be refused: the place is kept until the work has been
   * handed over, which must be done right after what is awaited.
   * @throws Busy when too much waits
   */
  async withPlace<T>(before: () => Promise<T>): Promise<T> {
    if (this.queue.length() + this.reserved >= MOST_WAITING) throw new Busy(RETRY_SECONDS);
    this.reserved++;
    try {
      return await before();
    } finally {
      setImmediate(() => this.reserved--);
    }
  }

  /**
   * @param from the package, or a module of it
   * @param name of the function that it exports; a path where it is one of an object, as in `ed25519.verify`
   * @param args anything that can be copied
   * @returns a copy of what it returns
   * @throws Thrown with the message of what it throws
   * @throws Busy when the thread has failed
   */
  call<Result>(from: string, name: string, ...args: unknown[]): Promise<Result> {
    return this.run({ from, name, args });
  }

  /** The same for a class: the properties of what its constructor makes. */
  construct<Made>(from: string, name: string, ...args: unknown[]): Promise<Made> {
    return this.run({ from, name, args, construct: true });
  }

  async onModuleDestroy(): Promise<void> {
    await this.pool.close({ force: true });
  }

  private async run<Result>(task: Task): Promise<Result> {
    if (this.queue.length() >= MOST_EVER) throw new Busy(RETRY_SECONDS);
    const outcome = (await this.queue.push(task)) as Outcome<Result>;
    if ('thrown' in outcome) throw new Thrown(outcome.thrown);
    return outcome.result;
  }

  private async start(task: Task): Promise<Outcome<unknown>> {
    try {
      return (await this.pool.run(task, { signal: AbortSignal.timeout(LONGEST) })) as Outcome<unknown>;
    } catch (error) {
      this.logger.warn(`${task.from} ${task.name} did not end: ${(error as Error).message}`);
      throw new Busy(RETRY_SECONDS, { cause: error });
    }
  }
}
