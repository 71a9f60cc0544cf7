import { readdirSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';

const THREADS = '/proc/self/task';

/**
 * Lets the event loop go before the threads of libuv's pool, in which hashes are made: in a flood of sign-ins they keep all
 * cores busy, and a session check would wait for its turn. Only Linux has priorities of threads; elsewhere nothing is done.
 * To be called before anything else uses the pool.
 */
export async function lowerThreadPool(): Promise<void> {
  if (process.platform !== 'linux') return;
  const others = new Set(readdirSync(THREADS));
  // At the first use all of them are made.
  await stat('/');
  for (const thread of readdirSync(THREADS).filter((one) => !others.has(one))) lower(Number(thread));
}

function lower(thread: number): void {
  try {
    setPriority(thread, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It has ended, or this is not allowed here: then the scheduler treats all alike, as everywhere else.
  }
}
