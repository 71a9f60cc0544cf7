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
 * How long an answer holds for others who offer the same token, in ms. An accepted one is all that is left of a token that
 * is spent: it holds until who lost the race, or the answer, has asked again, and until the key of a new JWT can be fetched.
 * A refusal is not asked for again and again, and of an issuer that is away not everybody finds out by waiting.
 */
const HOLDS = { accepted: 120_000, refused: 60_000, unavailable: 3_000 } as const;
/** Beyond the time of a call: then whoever asked has died. */
const SLACK = 2_000;
const LOOK_EVERY = 50;
const SWEEP_EVERY_SECONDS = 60;

type Row = Pick<CrossmintRefreshToken, 'state' | 'answer'>;

/** What a browser's refresh token stands for. */
export interface Held {
  readonly sessionId: string;
  /** Whose it is at Crossmint. */
  readonly subject: string;
}

/** Values: hash, session, subject. */
const HOLD = `
  INSERT INTO crossmint_refresh_tokens (token_hash, session_id, subject, state) VALUES ($1, $2, $3, 'held')
  ON CONFLICT (token_hash) DO UPDATE SET session_id = $2, subject = $3`;
/** Of all who offer one token one gets to ask. Values: hash, now, until when. */
const CLAIM = `
  INSERT INTO crossmint_refresh_tokens AS t (token_hash, state, claimed_at, holds_until) VALUES ($1, 'asking', $2, $3)
  ON CONFLICT (token_hash) DO UPDATE SET state = 'asking', answer = NULL, claimed_at = $2, holds_until = $3
    WHERE t.holds_until IS NULL OR t.holds_until <= $2
  RETURNING state`;
/** Values: hash, when it was claimed, outcome, sealed answer, until when it holds. */
const SETTLE = `
  UPDATE crossmint_refresh_tokens SET state = $3, answer = $4, holds_until = $5
   WHERE token_hash = $1 AND claimed_at = $2 AND state = 'asking'`;
/** What is of use to nobody: an answer that holds no more. One of a browser that was not answered may be good yet. */
const SWEEP = `
  DELETE FROM crossmint_refresh_tokens WHERE token_hash IN (
    SELECT token_hash FROM crossmint_refresh_tokens
     WHERE holds_until <= $1 AND (state IN ('accepted', 'refused') OR session_id IS NULL)
     LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)`;

/**
 * The refresh tokens of Crossmint. Each is offered there once at a time: where they rotate, of parallel offers only the
 * first would be taken, and the others' browsers would be signed out. Nobody holds a connection while Crossmint is asked.
 */
@Injectable()
export class CrossmintRefreshTokens {
  private readonly logger = new Logger('Crossmint');
  private readonly lease: number;
  /** Those of this instance who offer the same wait for one. */
  private readonly offered = new Map<string, Promise<Asked<RefreshAnswer>>>();

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
    await this.database.query(HOLD, [hashToken(token), sessionId, subject]);
  }

  /** Null for one that was not given out here, or is spent. */
  async find(token: string): Promise<Held | null> {
    const [held] = await this.database.query<Held[]>(
      `SELECT session_id AS "sessionId", subject FROM crossmint_refresh_tokens
        WHERE token_hash = $1 AND session_id IS NOT NULL`,
      [hashToken(token)],
    );
    return held ?? null;
  }

  /** @param mayAsk whoever is to ask Crossmint passes it before, and all who wait for them fail with it */
  offer(token: string, mayAsk: () => Promise<void>): Promise<Asked<RefreshAnswer>> {
    const hash = hashToken(token);
    const key = hash.toString('base64');
    const known = this.offered.get(key);
    if (known) return known;
    const offered = mayAsk()
      .then(() => this.askOnce(token, hash))
      .finally(() => this.offered.delete(key));
    this.offered.set(key, offered);
    return offered;
  }

  private async askOnce(token: string, hash: Buffer): Promise<Asked<RefreshAnswer>> {
    // As long as one who asks may take, and another after it that died.
    for (let looks = (2 * this.lease) / LOOK_EVERY; looks > 0; looks--) {
      const now = this.clock.now();
      const claimed = await this.database.query<unknown[]>(CLAIM, [hash, now, later(now, this.lease)]);
      if (claimed.length > 0) return this.ask(token, hash, now);
      const told = await this.answerOf(token, hash);
      if (told) return told;
      await sleep(LOOK_EVERY);
    }
    return { outcome: 'unavailable', reason: 'nobody got an answer in time' };
  }

  private async ask(token: string, hash: Buffer, claimedAt: Date): Promise<Asked<RefreshAnswer>> {
    const asked = await this.api.refresh(token);
    const answer =
      asked.outcome === 'accepted'
        ? seal(JSON.stringify(asked.answer), deriveKey(token, PURPOSE), PURPOSE)
        : null;
    const until = later(this.clock.now(), HOLDS[asked.outcome]);
    await this.database
      .query(SETTLE, [hash, claimedAt, asked.outcome, answer, until])
      // Whoever asked has it, at least.
      .catch((error: Error) => this.logger.warn(`An answer was not kept: ${error.message}`));
    return asked;
  }

  /** What another was told; null while it asks. */
  private async answerOf(token: string, hash: Buffer): Promise<Asked<RefreshAnswer> | null> {
    const [row] = await this.database.query<Row[]>(
      'SELECT state, answer FROM crossmint_refresh_tokens WHERE token_hash = $1',
      [hash],
    );
    if (!row || row.state === 'asking' || row.state === 'held') return null;
    if (row.state !== 'accepted' || row.answer === null) {
      return { outcome: row.state === 'refused' ? 'refused' : 'unavailable', reason: 'it was a moment ago' };
    }
    const answer = unseal(row.answer, deriveKey(token, PURPOSE), PURPOSE).toString();
    return { outcome: 'accepted', answer: JSON.parse(answer) as RefreshAnswer };
  }
}

const later = (now: Date, milliseconds: number): Date => new Date(now.getTime() + milliseconds);
