import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Clock } from '../platform/clock/clock';
import { BATCH, deleteInBatches } from '../platform/database/in-batches';
import { Jobs } from '../platform/jobs/jobs';

const EVERY_SECONDS = 6 * 60 * 60;

/** Removes JWTs that are good for nothing any more: whose session is gone, and whose own time is over. */
@Injectable()
export class ExchangedTokenSweep {
  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
    jobs: Jobs,
  ) {
    jobs.every(EVERY_SECONDS, 'sweep-exchanged-tokens', () => this.sweep());
  }

  async sweep(): Promise<void> {
    const statement = `
      DELETE FROM exchanged_tokens WHERE statement_hash IN (
        SELECT statement_hash FROM exchanged_tokens WHERE expires_at <= $1 AND session_id IS NULL
         ORDER BY expires_at LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)`;
    // The clocks of issuers may be late.
    await deleteInBatches(this.database, statement, new Date(this.clock.now().getTime() - 60_000));
  }
}
