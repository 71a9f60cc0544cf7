import { Injectable } from '@nestjs/common';
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import { DataSource } from 'typeorm';
import { poolOf } from '../database/pool';
import { RateLimited } from '../http/api-error';

/** How often something may happen: `most` times within `window` milliseconds. */
export interface Rate {
  readonly most: number;
  readonly window: number;
}

/** One limit, counted in PostgreSQL and so shared by all instances. */
export class RateLimit {
  constructor(private readonly limiter: RateLimiterPostgres) {}

  /**
   * Counts nothing and writes nothing: for who must be refused before anything else is done.
   * @throws RateLimited saying how long to wait
   */
  async check(key: string): Promise<void> {
    const counted = await this.limiter.get(key);
    if (counted && counted.consumedPoints >= this.limiter.points) throw refused(counted);
  }

  /**
   * Counts once, atomically: of parallel calls no more than the rate get through. One that is refused does not count.
   * @returns how often it may still happen
   * @throws RateLimited saying how long to wait
   */
  async consume(key: string): Promise<number> {
    await this.check(key);
    try {
      return (await this.limiter.consume(key)).remainingPoints;
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      await this.refund(key);
      throw refused(refusal);
    }
  }

  /** Takes back a count that turned out to be none. */
  async refund(key: string): Promise<void> {
    await this.limiter.reward(key);
  }
}

const refused = ({ msBeforeNext }: RateLimiterRes): RateLimited =>
  new RateLimited(Math.max(1, Math.ceil(msBeforeNext / 1_000)));

/** Makes limits on addresses and the like, by rate-limiter-flexible. Locks on accounts are `GuessLocks`. */
@Injectable()
export class RateLimits {
  constructor(private readonly database: DataSource) {}

  limit(name: string, { most, window }: Rate): RateLimit {
    const limiter = new RateLimiterPostgres({
      storeClient: poolOf(this.database),
      storeType: 'pool',
      keyPrefix: name,
      tableName: 'rate_limits',
      // By our migrations, and cleared by our own job.
      tableCreated: true,
      clearExpiredByTimeout: false,
      points: most,
      duration: window / 1_000,
    });
    return new RateLimit(limiter);
  }
}
