import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DataSource } from 'typeorm';
import { clientOf } from '../platform/http/client';
import { Jobs } from '../platform/jobs/jobs';
import { AccessTokenCheck } from '../sessions/access-token-check';
import { SessionEndings } from '../sessions/session-endings';
import { bearerToken } from '../sessions/transport/bearer';
import { CrossmintApi } from './crossmint-api';
import { ShownSessions } from './shown-sessions';

const JOB = 'crossmint-logout';

/**
 * Ends the sessions that a request shows, here and at Crossmint. Neither a JWT whose time is over nor an issuer that is away
 * keeps it from that.
 */
@Injectable()
export class CrossmintSignOut {
  constructor(
    private readonly database: DataSource,
    private readonly shown: ShownSessions,
    private readonly tokens: AccessTokenCheck,
    private readonly endings: SessionEndings,
    private readonly jobs: Jobs,
    api: CrossmintApi,
  ) {
    jobs.define<{ secret: string }>(JOB, ({ secret }) => api.logout(secret));
  }

  /** Idempotent. Who sends an `Authorization` header means it: cookies beside it are not looked at. */
  async signOut(request: FastifyRequest): Promise<void> {
    if (request.headers.authorization !== undefined) return this.endByBearer(request);
    const client = clientOf(request);
    const { sessions, refresh } = await this.shown.in(request);
    for (const { session } of sessions) await this.endings.end(session.id, { reason: 'logout', client });
    // Nobody can have us call Crossmint who has no session to end.
    if (!refresh) return;
    const payload = { secret: refresh.token };
    await this.database.transaction((transaction) => this.jobs.add(JOB, payload, transaction));
  }

  private async endByBearer(request: FastifyRequest): Promise<void> {
    const token = bearerToken(request);
    const caller = token === null ? null : await this.tokens.principalOf(token);
    if (caller) await this.endings.end(caller.session.id, { reason: 'logout', client: clientOf(request) });
  }
}
