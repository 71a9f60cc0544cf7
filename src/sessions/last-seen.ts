import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { markSessionSeen, SEEN_EVERY } from './session-statements';

/** Remembers when a session was used last. */
@Injectable()
export class LastSeen {
  private readonly logger = new Logger('Sessions');

  constructor(private readonly database: DataSource) {}

  /** Not waited for: no read path waits for a write. */
  mark({ id, lastSeenAt }: { id: string; lastSeenAt: Date }, now: Date): void {
    if (now.getTime() - lastSeenAt.getTime() < SEEN_EVERY) return;
    markSessionSeen
      .run(this.database, [id, now])
      .catch((error: Error) => this.logger.warn(`Last seen was not written: ${error.message}`));
  }
}
