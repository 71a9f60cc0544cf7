import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { Clock } from '../clock/clock';
import type { Client } from '../http/client';
import { AuditEvent, type AuditAction } from './audit-event.entity';

const PAGE = 500;

export interface Happening {
  readonly action: AuditAction;
  readonly userId: string | null;
  readonly sessionId?: string;
  readonly client: Client;
  readonly details?: Record<string, unknown>;
}

export interface AuditQuery {
  readonly userId?: string;
  readonly action?: string;
  readonly since?: Date;
  readonly until?: Date;
}

/** Records what happens to accounts. Where a single statement makes the change, that statement writes the event. */
@Injectable()
export class AuditTrail {
  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
  ) {}

  /** Within the transaction of what it tells of: the one is not there without the other. */
  async record(
    { action, userId, sessionId, client, details = {} }: Happening,
    transaction: EntityManager = this.database.manager,
  ): Promise<void> {
    const where = { ip: client.ip, userAgent: client.userAgent };
    const event = { at: this.clock.now(), action, userId, sessionId: sessionId ?? null, ...where, details };
    await transaction.insert(AuditEvent, event as object);
  }

  /** The events that match, oldest first, read in pages: there may be millions. */
  async *list({ userId, action, since, until }: AuditQuery): AsyncGenerator<AuditEvent> {
    let last: AuditEvent | undefined;
    for (;;) {
      const page: AuditEvent[] = await this.database.manager
        .createQueryBuilder(AuditEvent, 'e')
        .where('(:userId::uuid IS NULL OR e.user_id = :userId)', { userId: userId ?? null })
        .andWhere('(:action::text IS NULL OR e.action = :action)', { action: action ?? null })
        .andWhere('e.at >= :since AND e.at < :until', {
          since: since ?? '-infinity',
          until: until ?? 'infinity',
        })
        .andWhere('(e.at, e.id) > (:at, :id)', { at: last?.at ?? '-infinity', id: last?.id ?? 0 })
        .orderBy('e.at')
        .addOrderBy('e.id')
        .limit(PAGE)
        .getMany();
      yield* page;
      last = page.at(-1);
      if (page.length < PAGE) return;
    }
  }
}
