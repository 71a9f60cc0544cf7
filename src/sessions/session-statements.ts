import type { ContractName } from '../platform/http/contract-name';
import { Statement } from '../platform/database/statement';
import { MAY_HAVE_SESSIONS } from '../users/users.service';

/** A session that is live at `$now`, as a predicate on `sessions s JOIN users u`. */
const liveAt = (now: string): string =>
  `s.revoked_at IS NULL AND s.expires_at > ${now} AND s.idle_expires_at > ${now} AND ${MAY_HAVE_SESSIONS}`;

export interface LiveRow {
  readonly id: string;
  readonly method: string;
  readonly contract: ContractName;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly lastSeenAt: Date;
  readonly userId: string;
  readonly email: string | null;
  readonly name: string | null;
  readonly userCreatedAt: Date;
}

export interface RotatedRow {
  readonly id: string;
  readonly userId: string;
  readonly expiresAt: Date;
}

export interface SpentRow extends RotatedRow {
  readonly rotatedAt: Date | null;
  readonly successor: Buffer | null;
}

/**
 * Opens a session, unless the account may have none, or its credentials changed after the proof was made: the
 * share lock makes this statement wait for a change under way and then see it.
 * Values: user, credential version, method, contract, ip, user agent, now, idle ms, idle end, end, token's hash.
 */
export const openSession = new Statement<{ id: string }>(
  'open_session',
  `WITH allowed AS (
     SELECT u.id FROM users u WHERE u.id = $1 AND u.credential_version = $2 AND ${MAY_HAVE_SESSIONS} FOR SHARE
   ), opened AS (
     INSERT INTO sessions (user_id, method, contract, ip, user_agent,
                           created_at, last_seen_at, idle_ttl_ms, idle_expires_at, expires_at)
     SELECT id, $3, $4, $5, $6, $7, $7, $8, $9, $10 FROM allowed RETURNING id
   ), family AS (
     INSERT INTO refresh_tokens (token_hash, session_id, created_at) SELECT $11, id, $7 FROM opened
   )
   SELECT id FROM opened`,
);

/** The session and its user, if they live. Values: session, now. */
export const findLiveSession = new Statement<LiveRow>(
  'find_live_session',
  `SELECT s.id, s.method, s.contract, s.created_at AS "createdAt", s.expires_at AS "expiresAt",
          s.last_seen_at AS "lastSeenAt",
          u.id AS "userId", u.email, u.name, u.created_at AS "userCreatedAt"
     FROM sessions s JOIN users u ON u.id = s.user_id
    WHERE s.id = $1 AND ${liveAt('$2')}`,
);

/**
 * The statement that decides the race of parallel refreshes: of all who present one token, one gets its row
 * while it is unspent. The grace runs from when token and session are ours, not from when it was asked for: the
 * database may have made us wait between. Values: token's hash, successor's hash, now, sealed successor.
 */
export const spendRefreshToken = new Statement<RotatedRow>(
  'spend_refresh_token',
  `WITH unspent AS (
     SELECT t.token_hash
       FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id JOIN users u ON u.id = s.user_id
      WHERE t.token_hash = $1 AND t.rotated_at IS NULL AND ${liveAt('$3')}
        FOR UPDATE OF t, s
   ), spent AS (
     UPDATE refresh_tokens t
        SET rotated_at = $3::timestamptz + (clock_timestamp() - statement_timestamp()), successor = $4
       FROM unspent WHERE t.token_hash = unspent.token_hash
     RETURNING t.session_id
   ), grown AS (
     INSERT INTO refresh_tokens (token_hash, session_id, created_at) SELECT $2, session_id, $3 FROM spent
   ), seen AS (
     UPDATE sessions s
        SET last_seen_at = $3, idle_expires_at = $3::timestamptz + s.idle_ttl_ms * interval '1 ms'
       FROM spent WHERE s.id = spent.session_id
     RETURNING s.id, s.user_id AS "userId", s.expires_at AS "expiresAt"
   )
   SELECT * FROM seen`,
);

/** A token of a live session, spent or not. Values: token's hash, now. */
export const findSpentToken = new Statement<SpentRow>(
  'find_spent_token',
  `SELECT s.id, s.user_id AS "userId", s.expires_at AS "expiresAt", t.rotated_at AS "rotatedAt", t.successor
     FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id JOIN users u ON u.id = s.user_id
    WHERE t.token_hash = $1 AND ${liveAt('$2')}`,
);

/** Values: token's hash. */
export const findSuccessor = new Statement<{ successor: Buffer | null }>(
  'find_successor',
  `SELECT successor FROM refresh_tokens WHERE token_hash = $1`,
);

/** Values: session, now. */
export const markSessionSeen = new Statement<never>(
  'mark_session_seen',
  `UPDATE sessions SET last_seen_at = $2, idle_expires_at = $2::timestamptz + idle_ttl_ms * interval '1 ms'
    WHERE id = $1 AND last_seen_at < $2`,
);
