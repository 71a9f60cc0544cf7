import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Piscina } from 'piscina';
import { Busy } from '../http/api-error';

/** Some seconds of work for one thread; who comes later is told at once. */
const MOST_WAITING = 1_000;
const RETRY_SECONDS = 2;
/** A thread holds some 60 MB, so one that nobody needs goes. */
const IDLE = 60_000;

/**
 * Runs functions of packages in worker threads: elliptic curves in JavaScript take milliseconds each, and on the loop every
 * other request would wait for them. Nothing runs until it is needed.
 */
@Injectable()
export class OffLoop implements OnModuleDestroy {
  private readonly pool = new Piscina({
    filename: join(__dirname, 'call.cjs'),
    minThreads: 0,
    maxThreads: Math.max(1, availableParallelism() - 1),
    maxQueue: MOST_WAITING,
    idleTimeout: IDLE,
  });

  /**
   * @param from the package, or a module of it
   * @param name of the function that it exports; a path where it is one of an object, as in `ed25519.verify`
   * @param args anything that can be copied
   * @returns a copy of what it returns
   * @throws what it throws, as an Error
   * @throws Busy when too much waits
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

  private async run<Result>(task: object): Promise<Result> {
    if (this.pool.queueSize >= MOST_WAITING) throw new Busy(RETRY_SECONDS);
    return (await this.pool.run(task)) as Result;
  }
}
