import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { Piscina } from 'piscina';
import { Busy } from '../http/api-error';

/** Some seconds of work for one thread; who comes later is told at once. */
const MOST_WAITING = 1_000;
const RETRY_SECONDS = 2;
/** A thread holds some 40 MB, so one that nobody needs goes. In milliseconds. */
const IDLE = 60_000;
/** What takes longer, waiting included, is no work of ours any more: its thread is ended. In milliseconds. */
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
    maxThreads: Math.max(1, availableParallelism() - 1),
    maxQueue: 2 * MOST_WAITING,
    idleTimeout: IDLE,
  });

  /**
   * To be asked before anything is spent on work that would then be refused.
   * @throws Busy when too much waits
   */
  demandRoom(): void {
    if (this.pool.queueSize >= MOST_WAITING) throw new Busy(RETRY_SECONDS);
  }

  /**
   * @param from the package, or a module of it
   * @param name of the function that it exports; a path where it is one of an object, as in `ed25519.verify`
   * @param args anything that can be copied
   * @returns a copy of what it returns
   * @throws Thrown with the message of what it throws
   * @throws Busy when too much waits, or the thread has failed
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
    const signal = AbortSignal.timeout(LONGEST);
    const outcome = await (this.pool.run(task, { signal }) as Promise<Outcome<Result>>).catch(
      (error: Error) => {
        this.logger.warn(`${task.from} ${task.name} did not end: ${error.message}`);
        throw new Busy(RETRY_SECONDS, { cause: error });
      },
    );
    if ('thrown' in outcome) throw new Thrown(outcome.thrown);
    return outcome.result;
  }
}
