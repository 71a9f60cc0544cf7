import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource, EntityManager } from 'typeorm';

/** What instances that start at once do one after the other. The numbers mean nothing but must differ. */
const TURNS = { migrations: 0x6d69_6772, queues: 0x7175_6575, 'signing keys': 0x6b65_7973 } as const;

/** How often one who waits looks whether it is his turn, in ms. */
const LOOK_EVERY = 100;

/**
 * Does work that no two instances may do at once. The lock belongs to a transaction, not to a session: so it
 * also holds through a pooler, and it goes with a process that dies.
 *
 * Neither who holds it nor who waits keeps a snapshot of the data: CREATE INDEX CONCURRENTLY, which may be the work, waits
 * for all snapshots to go. A waiting statement would have one, and the two would wait for each other for ever; so would
 * one in a transaction that is not READ COMMITTED.
 */
export function inTurn<T>(
  database: DataSource,
  turn: keyof typeof TURNS,
  work: (transaction: EntityManager) => Promise<T>,
): Promise<T> {
  return database.transaction('READ COMMITTED', async (transaction) => {
    // The work may use other connections for long, and this one with the lock must not be ended meanwhile.
    await transaction.query('SET LOCAL idle_in_transaction_session_timeout = 0');
    while (!(await takes(transaction, TURNS[turn]))) await sleep(LOOK_EVERY);
    return work(transaction);
  });
}

async function takes(transaction: EntityManager, turn: number): Promise<boolean> {
  // Without a parameter: a statement with one leaves its portal, and so its snapshot, until the next statement.
  const [row] = await transaction.query<[{ taken: boolean }]>(
    `SELECT pg_try_advisory_xact_lock(${turn}) AS taken`,
  );
  return row.taken;
}
