import { Inject, Injectable, Logger } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { Clock } from '../platform/clock/clock';
import type { Client } from '../platform/http/client';
import type { ContractName } from '../platform/http/contract-name';
import type { Principal } from '../platform/http/principal';
import { MAY_HAVE_SESSIONS } from '../users/users.service';
import { RefreshTokens } from './refresh-tokens';
import { Session } from './session.entity';
import { sessionSettings, type SessionSettings } from './session.settings';

/** Last seen is written at most this often for one session: a list of devices needs no more. */
const SEEN_EVERY = 60_000;

/** Rotations within one grace that a straggler is led through; who makes more is no straggler. */
const LONGEST_CHAIN = 100;

/** A session that is live at `$now`, as a predicate on `sessions s JOIN users u`. */
const liveAt = (now: string): string =>
  `s.revoked_at IS NULL AND s.expires_at > ${now} AND s.idle_expires_at > ${now} AND ${MAY_HAVE_SESSIONS}`;

export type RevocationReason = 'logout' | 'password_changed' | 'refresh_token_reused';

export interface OpenedSession {
  readonly id: string;
  readonly userId: string;
  readonly expiresAt: Date;
  readonly refreshToken: string;
}

export interface SessionRequest {
  readonly userId: string;
  /** The version of the user's credentials under which the proof was made. */
  readonly credentialVersion: number;
  readonly method: string;
  readonly contract: ContractName;
  readonly client: Client;
}

interface LiveRow {
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

type RotatedRow = Omit<OpenedSession, 'refreshToken'>;

interface SpentToken {
  readonly rotatedAt: Date | null;
  readonly successor: Buffer | null;
}

/** Opens, rotates and ends sessions; of a method it knows no more than the name. */
@Injectable()
export class SessionsService {
  private readonly logger = new Logger('Sessions');

  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
    private readonly refreshTokens: RefreshTokens,
    @Inject(sessionSettings.token) private readonly settings: SessionSettings,
  ) {}

  /**
   * Opens a session, unless the account may have none, or its credentials changed after the proof was made:
   * the share lock makes this statement wait for a change under way and then see it.
   * @returns null when the account may not have it
   */
  async open(request: SessionRequest): Promise<OpenedSession | null> {
    const now = this.clock.now();
    const expiresAt = new Date(now.getTime() + this.settings.absoluteTtl);
    const idleExpiresAt = new Date(now.getTime() + this.settings.idleTtl);
    const refreshToken = this.refreshTokens.make();
    const rows = await this.database.query<{ id: string }[]>(
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
      [
        request.userId,
        request.credentialVersion,
        request.method,
        request.contract,
        request.client.ip,
        request.client.userAgent,
        now,
        this.settings.idleTtl,
        idleExpiresAt,
        expiresAt,
        this.refreshTokens.hash(refreshToken),
      ],
    );
    const id = rows[0]?.id;
    return id === undefined ? null : { id, userId: request.userId, expiresAt, refreshToken };
  }

  /** The caller behind a session, or null when it has ended, however it ended. One indexed query. */
  async findLive(sessionId: string, now: Date): Promise<Principal | null> {
    const [row] = await this.database.query<LiveRow[]>(
      `SELECT s.id, s.method, s.contract, s.created_at AS "createdAt", s.expires_at AS "expiresAt",
              s.last_seen_at AS "lastSeenAt",
              u.id AS "userId", u.email, u.name, u.created_at AS "userCreatedAt"
         FROM sessions s JOIN users u ON u.id = s.user_id
        WHERE s.id = $1 AND ${liveAt('$2')}`,
      [sessionId, now],
    );
    if (!row) return null;
    if (now.getTime() - row.lastSeenAt.getTime() >= SEEN_EVERY) this.markSeen(sessionId, now);
    return principalOf(row);
  }

  /**
   * Exchanges a refresh token for its successor. Of parallel exchanges one makes the successor and the
   * others get the same one; so does a late one within the grace.
   * @returns null when the token or its session is no longer good
   */
  async rotate(refreshToken: string): Promise<OpenedSession | null> {
    const now = this.clock.now();
    const successor = this.refreshTokens.make();
    const session = await this.spend(refreshToken, successor, now);
    if (session) return { ...session, refreshToken: successor };
    return this.recall(refreshToken, now);
  }

  /** Ends one session; idempotent. */
  async revoke(sessionId: string, reason: RevocationReason): Promise<void> {
    await this.database
      .createQueryBuilder()
      .update(Session)
      .set({ revokedAt: this.clock.now(), revokedReason: reason })
      .where('id = :sessionId AND revoked_at IS NULL', { sessionId })
      .execute();
  }

  /** Ends every session of a user but one, within the caller's transaction. */
  async revokeOthers(
    userId: string,
    keptSessionId: string,
    reason: RevocationReason,
    transaction: EntityManager,
  ): Promise<void> {
    await transaction
      .createQueryBuilder()
      .update(Session)
      .set({ revokedAt: this.clock.now(), revokedReason: reason })
      .where('user_id = :userId AND id <> :keptSessionId AND revoked_at IS NULL', { userId, keptSessionId })
      .execute();
  }

  /**
   * The statement that decides the race: of all who present one token, one gets its row while it is unspent.
   * The grace runs from then, not from when it was asked for: the database may have made us wait between.
   */
  private async spend(refreshToken: string, successor: string, now: Date): Promise<RotatedRow | undefined> {
    const [row] = await this.database.query<RotatedRow[]>(
      `WITH unspent AS (
         SELECT t.token_hash
           FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id JOIN users u ON u.id = s.user_id
          WHERE t.token_hash = $1 AND t.rotated_at IS NULL AND ${liveAt('$3')}
            FOR UPDATE OF t
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
      [
        this.refreshTokens.hash(refreshToken),
        this.refreshTokens.hash(successor),
        now,
        this.refreshTokens.sealSuccessor(successor, refreshToken),
      ],
    );
    return row;
  }

  /**
   * A token that was spent before. Within the grace its holder lost a race, or the answer: it gets the
   * newest token of the family, which is the one that was made then unless that has been spent too. Later
   * it is a stolen copy, or the thief's victim: nobody can tell, so the session ends (RFC 9700, 4.14.2).
   */
  private async recall(refreshToken: string, now: Date): Promise<OpenedSession | null> {
    const [row] = await this.database.query<(RotatedRow & SpentToken)[]>(
      `SELECT s.id, s.user_id AS "userId", s.expires_at AS "expiresAt", t.rotated_at AS "rotatedAt", t.successor
         FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id JOIN users u ON u.id = s.user_id
        WHERE t.token_hash = $1 AND ${liveAt('$2')}`,
      [this.refreshTokens.hash(refreshToken), now],
    );
    if (!row?.rotatedAt || !row.successor) return null;
    if (!this.refreshTokens.isWithinGrace(row.rotatedAt, now)) {
      this.logger.warn(`Refresh token reused: session ${row.id} is ended`);
      await this.revoke(row.id, 'refresh_token_reused');
      return null;
    }
    const newest = await this.newestOf(this.refreshTokens.unsealSuccessor(row.successor, refreshToken));
    return newest === null
      ? null
      : { id: row.id, userId: row.userId, expiresAt: row.expiresAt, refreshToken: newest };
  }

  private async newestOf(refreshToken: string, left = LONGEST_CHAIN): Promise<string | null> {
    if (left === 0) return null;
    const [row] = await this.database.query<{ successor: Buffer | null }[]>(
      `SELECT successor FROM refresh_tokens WHERE token_hash = $1`,
      [this.refreshTokens.hash(refreshToken)],
    );
    if (!row?.successor) return refreshToken;
    return this.newestOf(this.refreshTokens.unsealSuccessor(row.successor, refreshToken), left - 1);
  }

  /** Not waited for: no read path waits for a write. */
  private markSeen(sessionId: string, now: Date): void {
    this.database
      .query(
        `UPDATE sessions SET last_seen_at = $2, idle_expires_at = $2::timestamptz + idle_ttl_ms * interval '1 ms'
          WHERE id = $1 AND last_seen_at < $2`,
        [sessionId, now],
      )
      .catch((error: Error) => this.logger.warn(`Last seen was not written: ${error.message}`));
  }
}

const principalOf = (row: LiveRow): Principal => ({
  user: { id: row.userId, email: row.email, name: row.name, createdAt: row.userCreatedAt },
  session: {
    id: row.id,
    method: row.method,
    contract: row.contract,
    createdAt: row.createdAt,
    expiresAt: row.expiresAt,
  },
});
