import type { Environment } from '../config/settings';

/** Connections that all workers together keep at most unless told otherwise: PostgreSQL's own default is 100. */
const CONNECTIONS = 80;
/** Beside its pool: on which it hears of changes, and asks whether it does. */
const LISTENING = 2;
const LEAST_CONNECTIONS = 2;
const MOST_CONNECTIONS = 10;

/** What one of so many workers takes where nothing else is set: the defaults are made for one alone on its machine. */
export function sharesOf(environment: Environment, workers: number, cores: number): Record<string, string> {
  const connections = Math.floor(CONNECTIONS / workers) - LISTENING;
  const shares = {
    CLUSTER_WORKERS: workers,
    HASH_CONCURRENCY: Math.max(1, Math.floor(cores / workers)),
    DATABASE_POOL_SIZE: Math.max(LEAST_CONNECTIONS, Math.min(connections, MOST_CONNECTIONS)),
  };
  const unset = Object.entries(shares).filter(([name]) => !environment[name]?.trim());
  return Object.fromEntries(unset.map(([name, share]) => [name, String(share)]));
}
