import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { IssuerCalls } from '../auth/exchange/issuer-calls';
import { Clock } from '../platform/clock/clock';
import { hashToken } from '../platform/crypto/opaque-token';
import { deriveKey, seal, unseal } from '../platform/crypto/sealing';
import { BATCH, deleteInBatches } from '../platform/database/in-batches';
import { Jobs } from '../platform/jobs/jobs';
import { CrossmintApi, type Asked, type RefreshAnswer } from './crossmint-api';
import type { CrossmintRefreshToken } from './crossmint-refresh-token.entity';

const PURPOSE = 'answer to a refresh token';
/**
 * How long an answer holds for others who offer the same token, in ms: who lost the race gets what the winner got, a refusal
 * is not asked for again and again, and of an issuer that is away not everybody finds out by waiting.
 */
const HOLDS = { accepted: 120_000, refused: 600_000, unavailable: 10_000 } as const;
/** Beyond the time of a call: then whoever asked has died. */
const SLACK = 2_000;
const LOOK_EVERY = 50;
const SWEEP_EVERY_SECONDS = 60;

type Row = Pick<CrossmintRefreshToken, 'state' | 'answer' | 'claimedAt' | 'holdsUntil'>;

/** What a browser's refresh token stands for. */
export interface Held {
  readonly sessionId: string;
  /** Whose it is at Crossmint. */
  readonly subject: string;
}

/** What came of a token: also that it was exchanged, and what it was exchanged for has been used since. */
export type Offered = Asked<RefreshAnswer> | { readonly outcome: 'reused'; readonly spentAt: Date };

/** Those that were spent a day ago go: who has one yet is too late. Values: hash, session, subject, now. */
const HOLD = `
  WITH late AS (
    DELETE FROM crossmint_refresh_tokens
     WHERE session_id = $2 AND state = 'spent' AND claimed_at <= $4::timestamptz - interval '1 day'
  )
  INSERT INTO crossmint_refresh_tokens (token_hash, session_id, subject, state)
  SELECT $1::bytea, id, $3::text, 'held' FROM sessions WHERE id = $2 FOR KEY SHARE
  ON CONFLICT (token_hash) DO UPDATE SET session_id = excluded.session_id, subject = excluded.subject`;
/** Of all who offer one token one gets to ask. Values: hash, now, until when. */
const CLAIM = `
  INSERT INTO crossmint_refresh_tokens AS t (token_hash, state, claimed_at, holds_until) VALUES ($1, 'asking', $2, $3)
  ON CONFLICT (token_hash) DO UPDATE SET state = 'asking', answer = NULL, claimed_at = $2, holds_until = $3
    WHERE t.state <> 'spent' AND (t.holds_until IS NULL OR t.holds_until <= $2)
  RETURNING state`;
/**
 * The answer to a token that is spent is all that is left of it, and is kept until its successor is used: then it can't be
 * lost any more. Values: hash, when it was claimed, state, sealed answer, until when it holds.
 */
const SETTLE = `
  WITH settled AS (
    UPDATE crossmint_refresh_tokens SET state = $3, answer = $4, holds_until = $5
     WHERE token_hash = $1 AND claimed_at = $2 AND state = 'asking' RETURNING session_id
  )
  UPDATE crossmint_refresh_tokens t SET answer = NULL FROM settled
   WHERE $3 = 'spent' AND t.session_id = settled.session_id AND t.state = 'spent' AND t.token_hash <> $1`;
/** Those that a client has only offered; the others go with their session. */
const SWEEP = `
  DELETE FROM crossmint_refresh_tokens WHERE token_hash IN (
    SELECT token_hash FROM crossmint_refresh_tokens
     WHERE holds_until <= $1 AND session_id IS NULL LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)`;

/**
 * The refresh tokens of Crossmint. Each is offered there once at a time: where they rotate, of parallel offers only the
 * first would be taken, and the others' browsers would be signed out. Nobody holds a connection while Crossmint is asked.
 */
@Injectable()
export class CrossmintRefreshTokens {
  private readonly logger = new Logger('Crossmint');
  private readonly lease: number;
  /** Those of this instance who offer the same wait for one. */
  private readonly offered = new Map<string, Promise<Offered>>();

  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
    private readonly api: CrossmintApi,
    { timeout }: IssuerCalls,
    jobs: Jobs,
  ) {
    this.lease = timeout + SLACK;
    jobs.every(SWEEP_EVERY_SECONDS, 'sweep-crossmint-refresh-tokens', () =>
      deleteInBatches(this.database, SWEEP, this.clock.now()),
    );
  }

  /** Remembers which session a token belongs to that a browser is given. */
  async hold(token: string, { sessionId, subject }: Held): Promise<void> {
    await this.database.query(HOLD, [hashToken(token), sessionId, subject, this.clock.now()]);
  }

  /** Null for one that was not given out here. */
  async find(token: string): Promise<Held | null> {
    const [held] = await this.database.query<Held[]>(
      `SELECT session_id AS "sessionId", subject FROM crossmint_refresh_tokens
        WHERE token_hash = $1 AND session_id IS NOT NULL`,
      [hashToken(token)],
    );
    return held ?? null;
  }

  /** @param mayAsk passed before Crossmint is asked; all who wait for the answer fail with it */
  offer(token: string, mayAsk: () => Promise<void>): Promise<Offered> {
    const hash = hashToken(token);
    const key = hash.toString('base64');
    const known = this.offered.get(key);
    if (known) return known;
    const offered = this.answerOrAsk(token, hash, mayAsk).finally(() => this.offered.delete(key));
    this.offered.set(key, offered);
    return offered;
  }

  private async answerOrAsk(token: string, hash: Buffer, mayAsk: () => Promise<void>): Promise<Offered> {
    const told = await this.answerOf(token, hash);
    if (told) return told;
    await mayAsk();
    // As long as one who asks may take, and another after it that died.
    for (let looks = (2 * this.lease) / LOOK_EVERY; looks > 0; looks--) {
      const now = this.clock.now();
      const claimed = await this.database.query<unknown[]>(CLAIM, [hash, now, later(now, this.lease)]);
      if (claimed.length > 0) return this.ask(token, hash, now);
      const answer = await this.answerOf(token, hash);
      if (answer) return answer;
      await sleep(LOOK_EVERY);
    }
    return { outcome: 'unavailable', reason: 'nobody got an answer in time' };
  }

  private async ask(token: string, hash: Buffer, claimedAt: Date): Promise<Asked<RefreshAnswer>> {
    const asked = await this.api.refresh(token);
    const until = later(this.clock.now(), HOLDS[asked.outcome]);
    const [state, answer] =
      asked.outcome === 'accepted'
        ? [asked.answer.secret === token ? 'kept' : 'spent', this.sealed(asked.answer, token)]
        : [asked.outcome, null];
    await this.database
      .query(SETTLE, [hash, claimedAt, state, answer, until])
      // Whoever asked has it, at least.
      .catch((error: Error) => this.logger.warn(`An answer was not kept: ${error.message}`));
    return asked;
  }

  /** What another was told; null while it asks, and where it is time to ask again. */
  private async answerOf(token: string, hash: Buffer): Promise<Offered | null> {
    const [row] = await this.database.query<Row[]>(
      `SELECT state, answer, claimed_at AS "claimedAt", holds_until AS "holdsUntil"
         FROM crossmint_refresh_tokens WHERE token_hash = $1`,
      [hash],
    );
    if (!row || row.state === 'asking' || row.state === 'held') return null;
    if (row.state === 'spent' && row.answer === null) {
      return { outcome: 'reused', spentAt: row.claimedAt ?? this.clock.now() };
    }
    const holds = row.holdsUntil !== null && row.holdsUntil > this.clock.now();
    if (row.state !== 'spent' && !holds) return null;
    if (row.answer === null) {
      return { outcome: row.state === 'refused' ? 'refused' : 'unavailable', reason: 'it was a moment ago' };
    }
    const answer = unseal(row.answer, deriveKey(token, PURPOSE), PURPOSE).toString();
    return { outcome: 'accepted', answer: JSON.parse(answer) as RefreshAnswer };
  }

  private sealed(answer: RefreshAnswer, token: string): Buffer {
    return seal(JSON.stringify(answer), deriveKey(token, PURPOSE), PURPOSE);
  }
}

const later = (now: Date, milliseconds: number): Date => new Date(now.getTime() + milliseconds);
