import type { DataSource, EntityManager } from 'typeorm';

/** What instances that start at once do one after the other. The numbers mean nothing but must differ. */
const TURNS = { migrations: 0x6d69_6772, queues: 0x7175_6575, 'signing keys': 0x6b65_7973 } as const;

/**
 * Does work that no two instances may do at once. The lock belongs to a transaction, not to a session: so it
 * also holds through a pooler, and it goes with a process that dies.
 */
export function inTurn<T>(
  database: DataSource,
  turn: keyof typeof TURNS,
  work: (transaction: EntityManager) => Promise<T>,
): Promise<T> {
  return database.transaction(async (transaction) => {
    // The work may use other connections for long, and this one with the lock must not be ended meanwhile.
    await transaction.query('SET LOCAL idle_in_transaction_session_timeout = 0');
    await transaction.query('SELECT pg_advisory_xact_lock($1)', [TURNS[turn]]);
    return work(transaction);
  });
}
