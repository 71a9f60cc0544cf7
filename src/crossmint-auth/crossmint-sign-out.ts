import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DataSource } from 'typeorm';
import { Jobs } from '../platform/jobs/jobs';
import { clientOf } from '../platform/http/client';
import { cookieValues } from '../platform/http/cookies';
import { AccessTokenCheck } from '../sessions/access-token-check';
import { ExchangedTokens } from '../sessions/exchanged-tokens';
import { SessionEndings } from '../sessions/session-endings';
import { bearerToken } from '../sessions/transport/bearer';
import {
  FOREIGN_REFRESH_COOKIE,
  FOREIGN_TOKEN_COOKIE,
  foreignRefreshCookie,
} from '../sessions/transport/cookies';
import { CrossmintApi } from './crossmint-api';

const JOB = 'crossmint-logout';
/** Of several domains and paths; each is looked for. */
const MOST_COOKIES = 4;

/** Ends the sessions that a request shows, here and at Crossmint. Neither a JWT whose time is over nor an issuer that is away keeps it from that. */
@Injectable()
export class CrossmintSignOut {
  constructor(
    private readonly database: DataSource,
    private readonly exchanged: ExchangedTokens,
    private readonly tokens: AccessTokenCheck,
    private readonly endings: SessionEndings,
    private readonly jobs: Jobs,
    api: CrossmintApi,
  ) {
    jobs.define<{ secret: string }>(JOB, ({ secret }) => api.logout(secret));
  }

  /** Idempotent. */
  async signOut(request: FastifyRequest): Promise<void> {
    const client = clientOf(request);
    const shown = await this.shownBy(request);
    for (const sessionId of shown) await this.endings.end(sessionId, { reason: 'logout', client });
    const once = cookieValues(request, FOREIGN_REFRESH_COOKIE).length === 1;
    const secret = once ? foreignRefreshCookie(request) : null;
    // Nobody can have us call Crossmint who has no session to end.
    if (shown.length === 0 || secret === null) return;
    await this.database.transaction((transaction) => this.jobs.add(JOB, { secret }, transaction));
  }

  /** A browser may have the cookie twice; then it shows both. */
  private async shownBy(request: FastifyRequest): Promise<string[]> {
    const bearer = bearerToken(request);
    if (bearer !== null) {
      const caller = await this.tokens.principalOf(bearer);
      return caller ? [caller.session.id] : [];
    }
    const known = await Promise.all(
      cookieValues(request, FOREIGN_TOKEN_COOKIE)
        .slice(0, MOST_COOKIES)
        .map((jwt) => this.exchanged.find(jwt)),
    );
    return known.flatMap((one) => (one?.live && one.same ? [one.live.session.id] : []));
  }
}
