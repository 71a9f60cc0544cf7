import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { ChangeFeed } from '../platform/changes/change-feed';
import { Clock } from '../platform/clock/clock';
import type { Client } from '../platform/http/client';
import { countSessions, endSessions, holdSessions } from './session-statements';
import { InvalidToken } from './session.errors';

export type EndingReason =
  | 'logout'
  | 'revoked'
  | 'password_changed'
  | 'password_reset'
  | 'pin_changed'
  | 'address_proven'
  | 'identity_unlinked'
  | 'refresh_token_reused'
  | 'too_many_sessions';

/** Why sessions are ended and who asks for it, for the audit. */
export interface Ending {
  readonly reason: EndingReason;
  readonly client: Client;
  /** The session that asks for it, where it is another one. */
  readonly by?: string;
}

const one = endSessions('s.id = $6');
const allButOne = endSessions('s.user_id = $6 AND s.id IS DISTINCT FROM $7::uuid');
const named = endSessions(
  `s.id = ANY($6::uuid[]) AND s.user_id = $7
   AND NOT EXISTS (SELECT FROM sessions f WHERE f.id = ANY($6::uuid[]) AND f.user_id <> $7)`,
);
/** The one that is named counts as seen last of all. */
const longestUnseen = endSessions(
  `s.id IN (SELECT o.id FROM sessions o
             WHERE o.user_id = $6 AND o.revoked_at IS NULL AND o.expires_at > $1 AND o.idle_expires_at > $1
             ORDER BY o.id = $7 DESC, o.last_seen_at DESC, o.id OFFSET $8)`,
);
/** Turns of one user in which surplus sessions are ended. */
const TURN = 'SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS mine';

/** Ends sessions: at once for every transport, because each of their tokens only names its session. */
@Injectable()
export class SessionEndings {
  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
    private readonly feed: ChangeFeed,
  ) {}

  /** Idempotent. */
  async end(sessionId: string, ending: Ending): Promise<void> {
    await this.run(one, ending, [sessionId]);
  }

  /** Ends every session of a user, but for one where it is named, within the caller's transaction. */
  async endAll(
    userId: string,
    kept: string | null,
    ending: Ending,
    transaction: EntityManager,
  ): Promise<void> {
    await this.run(allButOne, ending, [userId, kept], transaction);
  }

  /**
   * Ends those of a user's sessions that are named; those that have ended already are left as they are.
   * @returns how many were ended, and whether one is somebody else's: then none was
   */
  async endOwn(
    sessionIds: readonly string[],
    userId: string,
    ending: Ending,
  ): Promise<{ ended: number; foreign: boolean }> {
    const ended = await this.run(named, ending, [sessionIds, userId]);
    if (ended.length > 0) return { ended: ended.length, foreign: false };
    const [row] = await this.database.query<[{ foreign: boolean }]>(
      `SELECT EXISTS (SELECT FROM sessions WHERE id = ANY($1::uuid[]) AND user_id <> $2) AS foreign`,
      [sessionIds, userId],
    );
    return { ended: 0, foreign: row.foreign };
  }

  /**
   * Keeps a user within a number of sessions: those go that were not seen for longest, and not the one named. Of many
   * who come here at once one does it, and the others don't wait: it looks again after its turn, and so sees theirs.
   */
  async endSurplus(userId: string, kept: string, most: number, ending: Ending): Promise<void> {
    for (let mine = true; mine && (await this.count(userId)) > most;) {
      mine = await this.database.transaction(async (transaction) => {
        const [turn] = await transaction.query<[{ mine: boolean }]>(TURN, [userId]);
        if (turn.mine) await this.run(longestUnseen, ending, [userId, kept, most], transaction);
        return turn.mine;
      });
    }
  }

  private async count(userId: string): Promise<number> {
    const [row] = await countSessions.run(this.database, [userId, this.clock.now()]);
    return row?.count ?? 0;
  }

  /**
   * For a change that a user's session asks for: it must not have ended meanwhile, and does not before the change is
   * made.
   * @throws InvalidToken
   */
  async hold(userId: string, sessionId: string, transaction: EntityManager): Promise<void> {
    const held = await transaction.query<{ id: string }[]>(holdSessions, [userId, this.clock.now()]);
    if (!held.some(({ id }) => id === sessionId)) throw new InvalidToken();
  }

  private run(
    statement: string,
    { reason, client, by }: Ending,
    values: unknown[],
    manager: EntityManager = this.database.manager,
  ): Promise<{ id: string }[]> {
    const told = [this.clock.now(), reason, client.ip, client.userAgent, by ?? null];
    this.feed.changing();
    return manager.query<{ id: string }[]>(statement, [...told, ...values]);
  }
}
