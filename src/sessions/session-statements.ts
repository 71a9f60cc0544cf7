import type { ContractName } from '../platform/http/contract-name';
import { Statement } from '../platform/database/statement';
import { mayHaveSessions } from '../users/users.service';

/** A session that has not ended at `$now`, as a predicate on `sessions s`. */
const lastsAt = (now: string): string =>
  `s.revoked_at IS NULL AND s.expires_at > ${now} AND s.idle_expires_at > ${now}`;

/** One that is good for something: its user may have sessions. On `sessions s JOIN users u`. */
const liveAt = (now: string, verified: string): string => `${lastsAt(now)} AND ${mayHaveSessions(verified)}`;

/** Last seen is written at most this often for one session, in ms: a list of devices needs no more. */
export const SEEN_EVERY = 60_000;

/** To be narrowed by a condition on `sessions s`. */
const seenAt = (now: string): string =>
  `UPDATE sessions s SET last_seen_at = ${now}, idle_expires_at = ${now}::timestamptz + s.idle_ttl_ms * interval '1 ms'
    WHERE s.last_seen_at <= ${now}::timestamptz - interval '${SEEN_EVERY} ms'`;

export interface LiveRow {
  readonly id: string;
  readonly method: string;
  readonly contract: ContractName;
  readonly credentialId: string | null;
  readonly createdAt: Date;
  readonly authenticatedAt: Date;
  readonly expiresAt: Date;
  readonly lastSeenAt: Date;
  readonly idleExpiresAt: Date;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly userId: string;
  readonly email: string | null;
  readonly name: string | null;
  readonly userCreatedAt: Date;
}

export interface ExchangedRow extends LiveRow {
  readonly live: boolean;
  readonly tokenHash: Buffer;
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
 * Values: user, credential version, method, contract, ip, user agent, now, idle ms, idle end, end, token's hash,
 * whether that token is fixed, whether the email must be verified, the credential, and of a JWT that is exchanged for it
 * what is stored, and when its user showed who they are. Of parallel exchanges of one JWT all but one fail with a violation of `exchanged_tokens_pkey`.
 */
export const openSession = new Statement<{ id: string | null; unverified: boolean }>(
  'open_session_2',
  `WITH allowed AS (
     SELECT u.id FROM users u WHERE u.id = $1 AND u.credential_version = $2 AND ${mayHaveSessions('$13')} FOR SHARE
   ), opened AS (
     INSERT INTO sessions (user_id, method, contract, credential_id, ip, user_agent,
                           created_at, last_seen_at, idle_ttl_ms, idle_expires_at, expires_at, authenticated_at)
     SELECT id, $3, $4, $14::uuid, $5, $6, $7, $7, $8, $9, $10, $18 FROM allowed RETURNING id
   ), family AS (
     INSERT INTO refresh_tokens (token_hash, session_id, created_at, fixed) SELECT $11, id, $7, $12 FROM opened
   ), exchanged AS (
     INSERT INTO exchanged_tokens (statement_hash, token_hash, expires_at, session_id)
     SELECT $15::bytea, $16::bytea, $17::timestamptz, id FROM opened WHERE $15::bytea IS NOT NULL
   ), told AS (
     INSERT INTO audit_events (at, action, user_id, session_id, ip, user_agent, details)
     SELECT $7, 'signed_in', $1, id, $5, $6, jsonb_build_object('method', $3::text, 'contract', $4::text) FROM opened
   )
   SELECT (SELECT id FROM opened) AS id,
          EXISTS (SELECT FROM users u WHERE u.id = $1 AND u.disabled_at IS NULL AND u.email_verified_at IS NULL
                     AND u.email IS NOT NULL AND $13::boolean) AS unverified`,
);

/**
 * The columns of a `LiveRow`.
 * @param facts an expression of type jsonb on `sessions s JOIN users u`, as `CallerFacts` has it
 */
const liveRow = (facts: string): string => `
  s.id, s.method, s.contract, s.credential_id AS "credentialId", s.created_at AS "createdAt", s.expires_at AS "expiresAt",
  coalesce(s.authenticated_at, s.created_at) AS "authenticatedAt", s.last_seen_at AS "lastSeenAt",
  s.idle_expires_at AS "idleExpiresAt", ${facts} AS facts,
  u.id AS "userId", u.email, u.name, u.created_at AS "userCreatedAt"`;

/** The session and its user, if they live. Values: session, now, whether the email must be verified. */
export const findLiveSession = (facts: string): Statement<LiveRow> =>
  new Statement(
    'find_live_session_3',
    `SELECT ${liveRow(facts)} FROM sessions s JOIN users u ON u.id = s.user_id
      WHERE s.id = $1 AND ${liveAt('$2', '$3')}`,
  );

/**
 * A JWT that was exchanged, and its session, whether that lives or not; its columns are null where it is gone.
 * Values: the statement's hash, now, whether the email must be verified.
 */
export const findExchangedToken = (facts: string): Statement<ExchangedRow> =>
  new Statement(
    'find_exchanged_token_2',
    `SELECT t.token_hash AS "tokenHash", coalesce(${liveAt('$2', '$3')}, false) AS live, ${liveRow(facts)}
       FROM exchanged_tokens t LEFT JOIN sessions s ON s.id = t.session_id LEFT JOIN users u ON u.id = s.user_id
      WHERE t.statement_hash = $1`,
  );

/**
 * One more JWT for a session that lives: the lock makes it wait for a revocation under way. Those that it follows are
 * kept for a day, for a browser that has not got the new one.
 * Values: what is stored of the JWT, the session, now, whether the email must be verified, when its user showed who they are.
 */
export const bindExchangedToken = new Statement<never>(
  'bind_exchanged_token',
  `WITH lives AS (
     SELECT s.id FROM sessions s JOIN users u ON u.id = s.user_id
      WHERE s.id = $4 AND ${liveAt('$5', '$6')} FOR UPDATE OF s
   ), old AS (
     DELETE FROM exchanged_tokens t USING lives
      WHERE t.session_id = lives.id AND t.expires_at <= $5::timestamptz - interval '1 day'
   ), shown AS (
     UPDATE sessions s SET authenticated_at = $7::timestamptz FROM lives
      WHERE s.id = lives.id AND $7::timestamptz > coalesce(s.authenticated_at, s.created_at)
   )
   INSERT INTO exchanged_tokens (statement_hash, token_hash, expires_at, session_id)
   SELECT $1::bytea, $2::bytea, $3::timestamptz, id FROM lives ON CONFLICT DO NOTHING`,
);

/** Lets a session lie idle for longer than it may. Values: session, idle ms, now. */
export const lengthenIdle = new Statement<never>(
  'lengthen_idle',
  `UPDATE sessions s SET idle_ttl_ms = $2::bigint, idle_expires_at = $3::timestamptz + $2::bigint * interval '1 ms'
    WHERE s.id = $1 AND s.idle_ttl_ms < $2::bigint AND ${lastsAt('$3')}`,
);

/**
 * The statement that decides the race of parallel refreshes: of all who present one token, one gets its row
 * while it is unspent. The grace runs from when token and session are ours, not from when it was asked for: the
 * database may have made us wait between. A fixed token is none of these.
 * Values: token's hash, successor's hash, now, the successor's seed, whether the email must be verified.
 */
export const spendRefreshToken = new Statement<RotatedRow>(
  'spend_refresh_token',
  `WITH unspent AS (
     SELECT t.token_hash, s.id, s.user_id, s.expires_at
       FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id JOIN users u ON u.id = s.user_id
      WHERE t.token_hash = $1 AND t.rotated_at IS NULL AND NOT t.fixed AND ${liveAt('$3', '$5')}
        FOR UPDATE OF t, s
   ), spent AS (
     UPDATE refresh_tokens t
        SET rotated_at = $3::timestamptz + (clock_timestamp() - statement_timestamp()), successor = $4
       FROM unspent WHERE t.token_hash = unspent.token_hash
     RETURNING t.session_id
   ), grown AS (
     INSERT INTO refresh_tokens (token_hash, session_id, created_at) SELECT $2, session_id, $3 FROM spent
   ), seen AS (
     ${seenAt('$3')} AND s.id IN (SELECT session_id FROM spent)
   )
   SELECT id, user_id AS "userId", expires_at AS "expiresAt" FROM unspent JOIN spent ON spent.session_id = unspent.id`,
);

/** One more token for a live session. Values: session, token's hash, now, whether the email must be verified. */
export const growFamily = new Statement<{ id: string }>(
  'grow_family',
  `INSERT INTO refresh_tokens (token_hash, session_id, created_at)
   SELECT $2::bytea, s.id, $3::timestamptz FROM sessions s JOIN users u ON u.id = s.user_id
    WHERE s.id = $1 AND ${liveAt('$3', '$4')}
   RETURNING session_id AS id`,
);

/** A token of a live session, spent or not. Values: token's hash, now, whether the email must be verified. */
export const findSpentToken = new Statement<SpentRow>(
  'find_spent_token',
  `SELECT s.id, s.user_id AS "userId", s.expires_at AS "expiresAt", t.rotated_at AS "rotatedAt", t.successor
     FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id JOIN users u ON u.id = s.user_id
    WHERE t.token_hash = $1 AND ${liveAt('$2', '$3')}`,
);

/** The session of a fixed token, if it lives. Values: token's hash, now, whether the email must be verified. */
export const findByFixedToken = new Statement<RotatedRow & { lastSeenAt: Date }>(
  'find_by_fixed_token',
  `SELECT s.id, s.user_id AS "userId", s.expires_at AS "expiresAt", s.last_seen_at AS "lastSeenAt"
     FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id JOIN users u ON u.id = s.user_id
    WHERE t.token_hash = $1 AND t.fixed AND ${liveAt('$2', '$3')}`,
);

/** Values: token's hash. */
export const findSuccessor = new Statement<{ successor: Buffer | null }>(
  'find_successor',
  `SELECT successor FROM refresh_tokens WHERE token_hash = $1`,
);

/** One that somebody changes meanwhile is left out: another request will come. Values: sessions, now. */
export const markSessionsSeen = new Statement<never>(
  'mark_sessions_seen',
  `${seenAt('$2')} AND s.id IN (
     SELECT o.id FROM sessions o WHERE o.id = ANY($1::uuid[]) ORDER BY o.id FOR UPDATE SKIP LOCKED)`,
);

/** Values: user, now. */
export const countSessions = new Statement<{ count: number }>(
  'count_sessions',
  `SELECT count(*)::int FROM sessions s WHERE s.user_id = $1 AND ${lastsAt('$2')}`,
);

/** A user's sessions, newest first. Values: user, now. */
export const listSessions = `
  SELECT s.id, s.user_id AS "userId", s.method, s.ip, s.user_agent AS "userAgent", s.created_at AS "createdAt",
         s.last_seen_at AS "lastSeenAt", s.expires_at AS "expiresAt"
    FROM sessions s WHERE s.user_id = $1 AND ${lastsAt('$2')} ORDER BY s.created_at DESC, s.id`;

/**
 * Ends the sessions that a condition on `sessions s` names and that have not ended yet; the audit is told in the same
 * statement. They are locked in one order, whoever ends them: else two who end several at once wait for each other.
 * Values: now, reason, ip, user agent, the session that asked for it, then those of the condition.
 */
export const endSessions = (condition: string): string =>
  `WITH chosen AS (
     SELECT s.id FROM sessions s WHERE ${lastsAt('$1')} AND ${condition} ORDER BY s.id FOR UPDATE
   ), ended AS (
     UPDATE sessions s SET revoked_at = $1, revoked_reason = $2 FROM chosen WHERE s.id = chosen.id
     RETURNING s.id, s.user_id, s.method
   ), told AS (
     INSERT INTO audit_events (at, action, user_id, session_id, ip, user_agent, details)
     SELECT $1, 'session_revoked', user_id, id, $3, $4,
            jsonb_strip_nulls(jsonb_build_object('reason', $2::text, 'method', method, 'by', $5::text)) FROM ended
   )
   SELECT id FROM ended`;

/**
 * Keeps a user's sessions from being ended until the transaction is over. All of them, in the order in which they are
 * ended: who held one and then ended the others could wait for somebody who waits for that one. Values: user, now.
 */
export const holdSessions = `
  SELECT s.id FROM sessions s WHERE s.user_id = $1 AND ${lastsAt('$2')} ORDER BY s.id FOR UPDATE`;
