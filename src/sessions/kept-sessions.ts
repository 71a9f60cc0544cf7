import { Inject, Injectable } from '@nestjs/common';
import { LruMap } from 'toad-cache';
import { ChangeFeed } from '../platform/changes/change-feed';
import { principalOf, type Live } from './live-session';
import { SEEN_EVERY, type LiveRow } from './session-statements';
import { sessionSettings, type SessionSettings } from './session.settings';

/** On which triggers tell the id of a session or a user that has changed, or that all have. */
const CHANNEL = 'gatehouse_sessions';
const ALL = '*';

/**
 * As long a change is remembered, and so nothing that was read before is believed: by a clock that nobody sets back, unlike
 * the one that `until` goes by.
 */
const LONGEST = 2 * SEEN_EVERY;

/** More changes within a minute than are remembered, and all that is kept is dropped. */
const MOST_CHANGES = 20_000;

interface Kept {
  readonly live: Live;
  /** Of `performance.now()`: when the query began that has read it. */
  readonly readAt: number;
  /** When it has to be read again, in ms since 1970: as it ends, and as its last use must be written. */
  readonly until: number;
}

/**
 * Live sessions in memory. One is believed while all changes have been heard, and none of it or of its user since it was
 * read. That one comparison decides every race: what a query that began before the change has found is not believed,
 * however late it comes.
 */
@Injectable()
export class KeptSessions {
  private readonly kept: LruMap<Kept>;
  /** What a hash stands for never changes. */
  private readonly named: LruMap<string>;
  private readonly isOn: boolean;
  /** When, of `performance.now()`, a change of a session or a user was heard of last; in that order. */
  private readonly changed = new Map<string, number>();
  /** The same for all. */
  private allChanged = -Infinity;

  constructor(
    private readonly feed: ChangeFeed,
    @Inject(sessionSettings.token) { mostKept }: SessionSettings,
  ) {
    this.isOn = mostKept > 0;
    this.kept = new LruMap(Math.max(1, mostKept));
    this.named = new LruMap(Math.max(1, mostKept));
    if (this.isOn) feed.on(CHANNEL, (id) => this.note(id));
  }

  /** A session that lives, or null where the database has to be asked. */
  find(sessionId: string, now: Date): Live | null {
    const found = this.kept.get(sessionId);
    if (!found) return null;
    return found.until > now.getTime() && this.isCredible(found, now) ? found.live : null;
  }

  /** The same by the hash of a JWT that was exchanged for it. */
  findBy(tokenHash: Buffer, now: Date): Live | null {
    const sessionId = this.named.get(tokenHash.toString('base64'));
    return sessionId === undefined ? null : this.find(sessionId, now);
  }

  /**
   * @param readAt of `performance.now()`, before the query began
   * @param tokenHash by which it was found, where that was not its id
   */
  keep(row: LiveRow, readAt: number, now: Date, tokenHash?: Buffer): Live {
    const live = principalOf(row);
    if (!this.isOn) return live;
    this.kept.set(row.id, { live, readAt, until: believedUntil(row, now) });
    if (tokenHash) this.named.set(tokenHash.toString('base64'), row.id);
    return live;
  }

  private isCredible({ live, readAt }: Kept, now: Date): boolean {
    return (
      this.feed.isCurrent(now) &&
      readAt > performance.now() - LONGEST &&
      readAt > this.feed.listensSince &&
      readAt > this.allChanged &&
      readAt > (this.changed.get(live.session.id) ?? -Infinity) &&
      readAt > (this.changed.get(live.user.id) ?? -Infinity)
    );
  }

  private note(id: string): void {
    const now = performance.now();
    if (id === ALL) return this.forgetAll(now);
    // Anew at the end, so that the oldest come first.
    this.changed.delete(id);
    this.changed.set(id, now);
    for (const [oldest, at] of this.changed) {
      if (at > now - LONGEST) break;
      this.changed.delete(oldest);
    }
    if (this.changed.size > MOST_CHANGES) this.forgetAll(now);
  }

  private forgetAll(now: number): void {
    this.allChanged = now;
    this.changed.clear();
    this.kept.clear();
  }
}

/** No longer than until its last use is due to be written: that query reads it again. */
function believedUntil({ lastSeenAt, idleExpiresAt, expiresAt }: LiveRow, now: Date): number {
  const isDue = now.getTime() - lastSeenAt.getTime() >= SEEN_EVERY;
  const seenAt = isDue ? now : lastSeenAt;
  return Math.min(seenAt.getTime() + SEEN_EVERY, idleExpiresAt.getTime(), expiresAt.getTime());
}
