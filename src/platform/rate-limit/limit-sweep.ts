import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Clock } from '../clock/clock';
import { Jobs } from '../jobs/jobs';
import { FORGOTTEN_AFTER } from './guess-statements';

const EVERY_SECONDS = 15 * 60;
const BATCH = 1_000;

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
    await this.inBatches(
      `DELETE FROM guess_locks WHERE subject IN (
         SELECT subject FROM guess_locks WHERE begun_at <= $1::timestamptz - ${FORGOTTEN_AFTER} ORDER BY begun_at
          LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)`,
      now,
    );
    await this.inBatches(
      `DELETE FROM rate_limits WHERE key IN (
         SELECT key FROM rate_limits WHERE expire <= $1 ORDER BY expire LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)`,
      now.getTime(),
    );
  }

  private async inBatches(statement: string, until: unknown): Promise<void> {
    for (let removed = BATCH; removed === BATCH;) {
      [, removed] = await this.database.query<[unknown[], number]>(statement, [until]);
    }
  }
}
