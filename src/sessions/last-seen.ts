import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Clock } from '../platform/clock/clock';
import { markSessionsSeen, SEEN_EVERY } from './session-statements';

/** Sessions in one statement. */
const BATCH = 1_000;

/**
 * Remembers when a session was used last. No request waits for it, neither for the row nor for a connection: one statement at a
 * time writes what has come together since the one before.
 */
@Injectable()
export class LastSeen implements BeforeApplicationShutdown {
  private readonly logger = new Logger('Sessions');
  private readonly due = new Set<string>();
  private writing?: Promise<void>;

  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
  ) {}

  mark({ id, lastSeenAt }: { id: string; lastSeenAt: Date }, now: Date): void {
    if (now.getTime() - lastSeenAt.getTime() < SEEN_EVERY) return;
    this.due.add(id);
    this.writing ??= this.write().finally(() => (this.writing = undefined));
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.writing;
  }

  private async write(): Promise<void> {
    while (this.due.size > 0) {
      const batch = [...this.due].slice(0, BATCH);
      for (const id of batch) this.due.delete(id);
      await markSessionsSeen
        .run(this.database, [batch, this.clock.now()])
        .catch((error: Error) => this.logger.warn(`Last seen was not written: ${error.message}`));
    }
  }
}
