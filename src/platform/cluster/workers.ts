import cluster from 'node:cluster';
import { setTimeout as sleep } from 'node:timers/promises';

/** Before one that ended is started again, in ms. Doubled each time that it ends soon, up to the longest. */
const SHORTEST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;
/** What ends after such a life does not end of its start. In milliseconds. */
const LONG_LIFE = 60_000;
/** Longer than a worker gives itself; one that is still there then hangs, and is killed. In milliseconds. */
const END_PATIENCE = 95_000;

interface Options {
  /** The file that each of them runs. */
  readonly program: string;
  readonly count: number;
  /** What they are told beside our own environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Takes a line for the log. */
  readonly warn: (line: string) => void;
}

/** One worker, from its start to its end. */
interface Life {
  /** The greeting, once it serves; undefined when it ended before. */
  readonly serving: Promise<string | undefined>;
  readonly over: Promise<{ readonly how: string | number | null; readonly length: number }>;
}

/** Prints the greeting; a worker leaves that to who has started it, so that it is read once. */
export function announce(greeting: string): void {
  if (cluster.worker) cluster.worker.send(greeting);
  else process.stdout.write(greeting);
}

/** Lets a worker end in good order also where it is alone: Node would end it at once, in the middle of requests. */
export function whenAlone(end: () => void): void {
  cluster.worker?.once('disconnect', () => {
    if (cluster.worker) cluster.worker.exitedAfterDisconnect = true;
    end();
  });
}

/** Processes that share a port. One that ends is replaced. */
export class Workers {
  private readonly ending = new AbortController();
  private failed = false;

  constructor(private readonly options: Options) {
    cluster.setupPrimary({ exec: options.program });
  }

  /**
   * The first goes alone: what is done once (`initdb`, migrations, a secret) it does without a race, and what is wrong with
   * the start it says once.
   * @param greet called with the greeting, once each of the others serves too or has failed for the first time
   * @returns once all have ended: whether all was well
   */
  async run(greet: (greeting: string) => void): Promise<boolean> {
    const first = this.fork();
    const greeting = await first.serving;
    if (greeting === undefined) return false;
    // Told to end while it started: no others must be started, whom nobody would tell.
    if (this.ending.signal.aborted) {
      await first.over;
      return !this.failed;
    }
    const others = Array.from({ length: this.options.count - 1 }, () => this.fork());
    void Promise.all(others.map(({ serving }) => serving)).then(() => {
      if (!this.ending.signal.aborted) greet(greeting);
    });
    await Promise.all([first, ...others].map((life) => this.keep(life)));
    return !this.failed;
  }

  /** Passes a signal on; more than once does no harm. */
  end(signal: NodeJS.Signals): void {
    if (!this.ending.signal.aborted) setTimeout(() => this.tellAll('SIGKILL'), END_PATIENCE).unref();
    this.ending.abort();
    this.tellAll(signal);
  }

  private tellAll(signal: NodeJS.Signals): void {
    for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill(signal);
  }

  private async keep(life: Life): Promise<void> {
    for (let pause = SHORTEST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      const { how, length } = await life.over;
      if (length > LONG_LIFE) pause = SHORTEST_PAUSE;
      if (!this.ending.signal.aborted) {
        this.options.warn(`A worker has ended (${how}); another one is started in ${pause} ms`);
        await sleep(pause, undefined, { signal: this.ending.signal }).catch(() => undefined);
      }
      if (this.ending.signal.aborted) return;
      life = this.fork();
    }
  }

  private fork(): Life {
    const worker = cluster.fork(this.options.environment);
    const began = performance.now();
    // Of a process that could not be made, or a signal that could not be passed on; its 'exit' comes as well.
    worker.on('error', (error: Error) => this.options.warn(`A worker has failed: ${error.message}`));
    const serving = new Promise<string | undefined>((resolve) => {
      worker.once('message', resolve);
      worker.once('exit', () => resolve(undefined));
    });
    const over = new Promise<Awaited<Life['over']>>((resolve) =>
      worker.once('exit', (code: number | null, signal: string | null) =>
        resolve({ how: signal ?? code, length: performance.now() - began }),
      ),
    );
    void this.judge(serving, over);
    return { serving, over };
  }

  /** One that has not served yet, or dies before the end, leaves nothing half done by us. */
  private async judge(serving: Life['serving'], over: Life['over']): Promise<void> {
    const [served, { how }] = await Promise.all([serving, over]);
    if (this.ending.signal.aborted && served !== undefined && how !== 0) this.failed = true;
  }
}
