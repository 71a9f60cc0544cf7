import { Statement } from '../database/statement';

/**
 * When no guess has begun for so long, those that are still under way belong to processes that died: they were never
 * answered. Where others keep coming, places that were lost stay lost: it is fewer at once, never more.
 */
const LOST_AFTER = `interval '60 s'`;
/** After a day without a guess everything is forgotten. */
export const FORGOTTEN_AFTER = `interval '1 day'`;

const forgotten = `g.begun_at <= $2::timestamptz - ${FORGOTTEN_AFTER}`;
const locks = `CASE WHEN ${forgotten} THEN 0 ELSE g.locks END`;
const failures = `CASE WHEN ${locks} = 0 AND g.window_ends_at <= $2 OR ${forgotten} THEN 0 ELSE g.failures END`;
const inFlight = `CASE WHEN g.begun_at <= $2::timestamptz - ${LOST_AFTER} THEN 0 ELSE g.in_flight END`;
const allowed = (locksInARow: string) => `CASE WHEN ${locksInARow} = 0 THEN $3::int ELSE 1 END`;

/**
 * Lets a guess through, or not: the statement that decides between parallel guesses. Those under way count as wrong
 * until they are known to be right. Values: subject, now, most, window in ms.
 */
export const beginGuess = new Statement<{ begun: boolean; lockedUntil: Date | null }>(
  'begin_guess',
  `WITH begun AS (
     INSERT INTO guess_locks AS g (subject, failures, in_flight, window_ends_at, begun_at, locks)
     VALUES ($1, 0, 1, $2::timestamptz + $4::bigint * interval '1 ms', $2, 0)
     ON CONFLICT (subject) DO UPDATE SET
       failures = ${failures},
       window_ends_at = CASE WHEN ${failures} = 0 THEN excluded.window_ends_at ELSE g.window_ends_at END,
       locks = ${locks},
       in_flight = ${inFlight} + 1,
       begun_at = excluded.begun_at
     WHERE (g.locked_until IS NULL OR g.locked_until <= $2) AND ${failures} + ${inFlight} < ${allowed(locks)}
     RETURNING subject
   )
   SELECT EXISTS (SELECT FROM begun) AS begun,
          (SELECT locked_until FROM guess_locks WHERE subject = $1 AND locked_until > $2) AS "lockedUntil"`,
);

const reachesLock = `failures + 1 >= ${allowed('locks')}`;

/**
 * A wrong guess. The one that reaches the limit locks, for the length that its place in the row of locks has.
 * Values: subject, now, most, lengths of locks in ms: none of them means until the window ends.
 * A row comes back when it locked.
 */
export const failGuess = `
  WITH counted AS (
    UPDATE guess_locks SET
      in_flight = greatest(in_flight - 1, 0),
      failures = CASE WHEN ${reachesLock} THEN 0 ELSE failures + 1 END,
      locks = CASE WHEN ${reachesLock} THEN least(locks + 1, cardinality($4::bigint[])) ELSE locks END,
      locked_until = CASE WHEN ${reachesLock} THEN coalesce($2::timestamptz
        + ($4::bigint[])[least(locks + 1, cardinality($4::bigint[]))] * interval '1 ms', window_ends_at)
        ELSE locked_until END
    WHERE subject = $1 RETURNING locked_until
  )
  SELECT locked_until AS "lockedUntil" FROM counted WHERE locked_until > $2`;

const nothingGuessed = 'failures = 0, locks = 0, locked_until = NULL, window_ends_at = $2';

/** A right guess ends it all, but for other guesses that are still under way. Values: subject, now. */
export const forgiveGuesses = new Statement<never>(
  'forgive_guesses',
  `UPDATE guess_locks SET in_flight = greatest(in_flight - 1, 0), ${nothingGuessed} WHERE subject = $1`,
);

/** Values: subject, now. */
export const clearGuesses = `UPDATE guess_locks SET ${nothingGuessed} WHERE subject = $1`;

/** A guess that was never checked. Values: subject. */
export const withdrawGuess = new Statement<never>(
  'withdraw_guess',
  `UPDATE guess_locks SET in_flight = greatest(in_flight - 1, 0) WHERE subject = $1`,
);
