import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Clock } from '../clock/clock';
import { BATCH, deleteInBatches } from '../database/in-batches';
import { Jobs } from '../jobs/jobs';

const EVERY_SECONDS = 60 * 60;

/** Removes tokens that nobody used in time. */
@Injectable()
export class OneTimeSweep {
  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
    jobs: Jobs,
  ) {
    jobs.every(EVERY_SECONDS, 'sweep-one-time', () => this.sweep());
  }

  async sweep(): Promise<void> {
    const statement = `
      DELETE FROM one_time_tokens WHERE token_hash IN (
        SELECT token_hash FROM one_time_tokens WHERE expires_at <= $1 ORDER BY expires_at LIMIT ${BATCH}
           FOR UPDATE SKIP LOCKED)`;
    await deleteInBatches(this.database, statement, this.clock.now());
  }
}
