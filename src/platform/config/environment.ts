import cluster from 'node:cluster';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { Environment } from './settings';

/** The only reader of `process.env`. A `.env` file in the working directory fills what is not set. */
export function readEnvironment(): Environment {
  if (existsSync('.env')) process.loadEnvFile('.env');
  return process.env;
}

/** How many cores this process may keep busy: all of the machine, or as a worker of a cluster its share of them. */
export function coresToUse(): number {
  const workers = cluster.isWorker ? Number(process.env['CLUSTER_WORKERS']) || 1 : 1;
  return Math.max(1, Math.floor(availableParallelism() / workers));
}

/**
 * bcrypt, DNS and file access share libuv's threads. As many threads as there are hashes in flight would
 * leave none for the rest, so four stay free. Works only before the first use of the pool: main calls it first.
 */
export function sizeThreadPool(cores: number): void {
  const hashes = Number(process.env['HASH_CONCURRENCY']) || cores;
  process.env['UV_THREADPOOL_SIZE'] ??= String(hashes + 4);
}
