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
   * Counts once, atomically: of parallel calls no more than the rate get through.
   * @throws RateLimited saying how long to wait
   */
  async consume(key: string): Promise<void> {
    try {
      await this.limiter.consume(key);
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      throw new RateLimited(Math.max(1, Math.ceil(refusal.msBeforeNext / 1_000)));
    }
  }
}

/** Makes limits on how often a thing may be asked for, by rate-limiter-flexible. Guessing is limited by `GuessLocks`. */
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
