import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { IssuerCalls } from '../auth/exchange/issuer-calls';
import { Clock } from '../platform/clock/clock';
import { hashToken } from '../platform/crypto/opaque-token';
import { deriveKey, seal, unseal } from '../platform/crypto/sealing';
import { deleteInBatches, BATCH } from '../platform/database/in-batches';
import { Jobs } from '../platform/jobs/jobs';
import { CrossmintApi, type Asked, type RefreshAnswer } from './crossmint-api';
import type { CrossmintRefresh } from './crossmint-refresh.entity';

const PURPOSE = 'answer to a refresh token';
/**
 * How long an answer holds for others who offer the same token, in ms: who lost the race gets what the winner got, a
 * refusal is not asked for again and again, and of an issuer that is away not everybody finds out by waiting.
 */
const HOLDS = { accepted: 10_000, refused: 60_000, unavailable: 3_000 } as const;
/** Beyond the time of a call: then whoever asked has died. */
const SLACK = 2_000;
const LOOK_EVERY = 50;
const SWEEP_EVERY_SECONDS = 60 * 60;

type Outcome = Asked<RefreshAnswer>['outcome'];
type Row = Pick<CrossmintRefresh, 'state' | 'answer'>;

/** Of all who offer one token one gets to ask. Values: hash, now, until when. */
const CLAIM = `
  INSERT INTO crossmint_refreshes AS r (secret_hash, state, claimed_at, holds_until) VALUES ($1, 'asking', $2, $3)
  ON CONFLICT (secret_hash) DO UPDATE SET state = 'asking', answer = NULL, claimed_at = $2, holds_until = $3
    WHERE r.holds_until <= $2
  RETURNING state`;
/** Values: hash, when it was claimed, outcome, sealed answer, until when it holds. */
const SETTLE = `
  UPDATE crossmint_refreshes SET state = $3, answer = $4, holds_until = $5
   WHERE secret_hash = $1 AND claimed_at = $2 AND state = 'asking'`;

/**
 * Offers refresh tokens to Crossmint, each once at a time: where it rotates them, of parallel offers only the first would
 * be taken, and the others' browsers would be signed out. Nobody holds a connection while Crossmint is asked.
 */
@Injectable()
export class CrossmintRefreshes {
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
    jobs.every(SWEEP_EVERY_SECONDS, 'sweep-crossmint-refreshes', () => this.sweep());
  }

  offer(secret: string): Promise<Asked<RefreshAnswer>> {
    const hash = hashToken(secret);
    const key = hash.toString('base64');
    const offered =
      this.offered.get(key) ?? this.askOnce(secret, hash).finally(() => this.offered.delete(key));
    this.offered.set(key, offered);
    return offered;
  }

  private async askOnce(secret: string, hash: Buffer): Promise<Asked<RefreshAnswer>> {
    // As long as one who asks may take, and another after it that died.
    for (let looks = (2 * this.lease) / LOOK_EVERY; looks > 0; looks--) {
      const now = this.clock.now();
      const claimed = await this.database.query<unknown[]>(CLAIM, [hash, now, later(now, this.lease)]);
      if (claimed.length > 0) return this.ask(secret, hash, now);
      const told = await this.answerOf(secret, hash);
      if (told) return told;
      await sleep(LOOK_EVERY);
    }
    return { outcome: 'unavailable', reason: 'nobody got an answer in time' };
  }

  private async ask(secret: string, hash: Buffer, claimedAt: Date): Promise<Asked<RefreshAnswer>> {
    const asked = await this.api.refresh(secret);
    const answer =
      asked.outcome === 'accepted'
        ? seal(JSON.stringify(asked.answer), deriveKey(secret, PURPOSE), PURPOSE)
        : null;
    const until = later(this.clock.now(), HOLDS[asked.outcome]);
    await this.database.query(SETTLE, [hash, claimedAt, asked.outcome, answer, until]);
    return asked;
  }

  /** What another was told; null while it asks. */
  private async answerOf(secret: string, hash: Buffer): Promise<Asked<RefreshAnswer> | null> {
    const [row] = await this.database.query<Row[]>(
      'SELECT state, answer FROM crossmint_refreshes WHERE secret_hash = $1',
      [hash],
    );
    if (!row || row.state === 'asking') return null;
    if (row.answer === null)
      return { outcome: row.state as Exclude<Outcome, 'accepted'>, reason: 'as before' };
    const answer = unseal(row.answer, deriveKey(secret, PURPOSE), PURPOSE).toString();
    return { outcome: 'accepted', answer: JSON.parse(answer) as RefreshAnswer };
  }

  private async sweep(): Promise<void> {
    const statement = `
      DELETE FROM crossmint_refreshes WHERE secret_hash IN (
        SELECT secret_hash FROM crossmint_refreshes WHERE holds_until <= $1 LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)`;
    await deleteInBatches(this.database, statement, this.clock.now());
  }
}

const later = (now: Date, milliseconds: number): Date => new Date(now.getTime() + milliseconds);
