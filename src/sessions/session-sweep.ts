import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Clock } from '../platform/clock/clock';
import { Jobs } from '../platform/jobs/jobs';

const EVERY_SECONDS = 6 * 60 * 60;
/** Sessions; each may take some thousand spent tokens along. */
const BATCH = 200;
/** An ended session is kept for so long, for whoever asks why it ended. */
const KEPT_AFTER_END = `interval '1 day'`;

interface Place {
  readonly expiresAt: Date | string;
  readonly id: string;
}

const START: Place = { expiresAt: '-infinity', id: '00000000-0000-0000-0000-000000000000' };

/**
 * Looks at a batch of sessions and removes those that have ended, with their tokens. It walks by the one index on a time
 * that never changes: one on last seen would make each of those writes dearer. Values: now, end and id to go on from.
 */
const SWEEP = `
  WITH batch AS (
    SELECT id, expires_at, least(expires_at, idle_expires_at, revoked_at) AS ended_at FROM sessions
     WHERE (expires_at, id) > ($2, $3) ORDER BY expires_at, id LIMIT ${BATCH}
  ), gone AS (
    DELETE FROM sessions WHERE id IN (
      SELECT id FROM batch WHERE ended_at <= $1::timestamptz - ${KEPT_AFTER_END})
  )
  SELECT expires_at AS "expiresAt", id FROM batch ORDER BY expires_at DESC, id DESC LIMIT 1`;

/** Removes sessions that have ended: in small batches, so that nobody waits for it. */
@Injectable()
export class SessionSweep {
  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
    jobs: Jobs,
  ) {
    jobs.every(EVERY_SECONDS, 'sweep-sessions', () => this.sweep());
  }

  async sweep(): Promise<void> {
    let place: Place | undefined = START;
    while (place) {
      const values: unknown[] = [this.clock.now(), place.expiresAt, place.id];
      [place] = await this.database.query<Place[]>(SWEEP, values);
    }
  }
}
