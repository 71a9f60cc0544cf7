import { Inject, Injectable, Logger } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { Clock } from '../platform/clock/clock';
import type { Client } from '../platform/http/client';
import type { ContractName } from '../platform/http/contract-name';
import type { Principal } from '../platform/http/principal';
import { RefreshTokens } from './refresh-tokens';
import { Session } from './session.entity';
import {
  findLiveSession,
  findSpentToken,
  findSuccessor,
  markSessionSeen,
  openSession,
  spendRefreshToken,
  type LiveRow,
} from './session-statements';
import { sessionSettings, type SessionSettings } from './session.settings';

/** Last seen is written at most this often for one session: a list of devices needs no more. */
const SEEN_EVERY = 60_000;

/** Rotations within one grace that a straggler is led through; who makes more is no straggler. */
const LONGEST_CHAIN = 100;

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

  /** @returns null when the account may have no session, or its credentials changed after the proof was made */
  async open(request: SessionRequest): Promise<OpenedSession | null> {
    const { userId, client } = request;
    const now = this.clock.now();
    const { absoluteTtl, idleTtl } = this.settings;
    const expiresAt = later(now, absoluteTtl);
    const refreshToken = this.refreshTokens.make();
    const [opened] = await openSession.run(this.database, [
      userId,
      request.credentialVersion,
      request.method,
      request.contract,
      client.ip,
      client.userAgent,
      now,
      idleTtl,
      later(now, idleTtl),
      expiresAt,
      this.refreshTokens.hash(refreshToken),
    ]);
    return opened ? { id: opened.id, userId, expiresAt, refreshToken } : null;
  }

  /** The caller behind a session, or null when it has ended, however it ended. One indexed query. */
  async findLive(sessionId: string, now: Date): Promise<Principal | null> {
    const [row] = await findLiveSession.run(this.database, [sessionId, now]);
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
    const [session] = await spendRefreshToken.run(this.database, [
      this.refreshTokens.hash(refreshToken),
      this.refreshTokens.hash(successor),
      now,
      this.refreshTokens.sealSuccessor(successor, refreshToken),
    ]);
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
   * A token that was spent before. Within the grace its holder lost a race, or the answer: it gets the
   * newest token of the family, which is the one that was made then unless that has been spent too. Later
   * it is a stolen copy, or the thief's victim: nobody can tell, so the session ends (RFC 9700, 4.14.2).
   */
  private async recall(refreshToken: string, now: Date): Promise<OpenedSession | null> {
    const [row] = await findSpentToken.run(this.database, [this.refreshTokens.hash(refreshToken), now]);
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
    const [row] = await findSuccessor.run(this.database, [this.refreshTokens.hash(refreshToken)]);
    if (!row?.successor) return refreshToken;
    return this.newestOf(this.refreshTokens.unsealSuccessor(row.successor, refreshToken), left - 1);
  }

  /** Not waited for: no read path waits for a write. */
  private markSeen(sessionId: string, now: Date): void {
    markSessionSeen
      .run(this.database, [sessionId, now])
      .catch((error: Error) => this.logger.warn(`Last seen was not written: ${error.message}`));
  }
}

const later = (now: Date, milliseconds: number): Date => new Date(now.getTime() + milliseconds);

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
