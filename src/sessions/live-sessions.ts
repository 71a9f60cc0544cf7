import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Statement } from '../platform/database/statement';
import { CallerFacts } from './caller-facts';
import { KeptSessions } from './kept-sessions';
import { LastSeen } from './last-seen';
import type { Live } from './live-session';
import { findLiveSession, type LiveRow } from './session-statements';
import { sessionSettings, type SessionSettings } from './session.settings';

/** Who is behind a session: from memory where that can be trusted, else in one indexed query. */
@Injectable()
export class LiveSessions implements OnModuleInit {
  private statement: Statement<LiveRow>;

  constructor(
    private readonly database: DataSource,
    private readonly kept: KeptSessions,
    private readonly lastSeen: LastSeen,
    private readonly facts: CallerFacts,
    @Inject(sessionSettings.token) private readonly settings: SessionSettings,
  ) {}

  onModuleInit(): void {
    this.statement = findLiveSession(this.facts.expression);
  }

  /** Null when the session has ended, however it ended. */
  async find(sessionId: string, now: Date): Promise<Live | null> {
    const kept = this.kept.find(sessionId, now);
    if (kept) return kept;
    const readAt = performance.now();
    const values = [sessionId, now, this.settings.requireVerifiedEmail];
    const [row] = await this.statement.run(this.database, values);
    if (!row) return null;
    this.lastSeen.mark(row, now);
    return this.kept.keep(row, readAt, now);
  }
}
