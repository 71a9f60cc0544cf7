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

  /** Idempotent. Every session that is shown, by a header and by cookies. */
  async signOut(request: FastifyRequest): Promise<void> {
    await this.endByBearer(request);
    const client = clientOf(request);
    const { sessions, refreshTokens } = await this.shown.in(request);
    for (const { session } of sessions) await this.endings.end(session.id, { reason: 'logout', client });
    // Nobody can have us call Crossmint who has no session to end.
    if (refreshTokens.length === 0) return;
    await this.database.transaction(async (transaction) => {
      for (const secret of refreshTokens) await this.jobs.add(JOB, { secret }, transaction);
    });
  }

  async endByBearer(request: FastifyRequest): Promise<void> {
    const token = bearerToken(request);
    const caller = token === null ? null : await this.tokens.principalOf(token);
    if (caller) await this.endings.end(caller.session.id, { reason: 'logout', client: clientOf(request) });
  }
}
