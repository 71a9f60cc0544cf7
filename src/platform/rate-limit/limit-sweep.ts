import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Clock } from '../clock/clock';
import { BATCH, deleteInBatches } from '../database/in-batches';
import { Jobs } from '../jobs/jobs';
import { FORGOTTEN_AFTER } from './guess-statements';

const EVERY_SECONDS = 15 * 60;

/** Removes counts that no longer count. */
@Injectable()
export class LimitSweep {
  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
    jobs: Jobs,
  ) {
    jobs.every(EVERY_SECONDS, 'sweep-limits', () => this.sweep());
  }

  async sweep(): Promise<void> {
    const now = this.clock.now();
    await deleteInBatches(
      this.database,
      `DELETE FROM guess_locks WHERE subject IN (
         SELECT subject FROM guess_locks WHERE begun_at <= $1::timestamptz - ${FORGOTTEN_AFTER} ORDER BY begun_at
          LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)`,
      now,
    );
    await deleteInBatches(
      this.database,
      `DELETE FROM rate_limits WHERE key IN (
         SELECT key FROM rate_limits WHERE expire <= $1 ORDER BY expire LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)`,
      now.getTime(),
    );
  }
}
