import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Clock } from '../platform/clock/clock';
import { cookieValues } from '../platform/http/cookies';
import { ExchangedTokens } from '../sessions/exchanged-tokens';
import type { Live } from '../sessions/live-session';
import { SessionsService } from '../sessions/sessions.service';
import {
  ISSUER_REFRESH_COOKIE,
  ISSUER_TOKEN_COOKIE,
  issuerRefreshCookie,
} from '../sessions/transport/cookies';
import { CrossmintIssuer } from './crossmint-issuer';
import { CrossmintRefreshTokens } from './crossmint-refresh-tokens';

/** Of several domains and paths; each is looked for. */
const MOST_COOKIES = 4;

/** What a browser's cookies show. */
export interface Shown {
  /** The live sessions that they belong to. */
  readonly sessions: readonly Live[];
  /** The refresh token of one of these. */
  readonly refresh: { readonly token: string; readonly session: Live } | null;
}

/**
 * The sessions that the cookies of a browser belong to, good or expired: by the very JWT that was exchanged, and by the very
 * refresh token that was given. It asks the issuer nothing, and uses nothing.
 */
@Injectable()
export class ShownSessions {
  constructor(
    private readonly clock: Clock,
    private readonly issuer: CrossmintIssuer,
    private readonly exchanged: ExchangedTokens,
    private readonly refreshTokens: CrossmintRefreshTokens,
    private readonly sessions: SessionsService,
  ) {}

  async in(request: FastifyRequest): Promise<Shown> {
    const { issuer } = this.issuer.issuer;
    // A browser may have the cookie twice; then it shows both.
    const jwts = cookieValues(request, ISSUER_TOKEN_COOKIE).slice(0, MOST_COOKIES);
    const known = await Promise.all(jwts.map((jwt) => this.exchanged.find({ issuer, jwt })));
    const refresh = await this.refreshIn(request);
    const byJwt = known.flatMap((one) => (one?.live && one.same ? [one.live] : []));
    const all = [...byJwt, ...(refresh ? [refresh.session] : [])];
    return { sessions: [...new Map(all.map((live) => [live.session.id, live])).values()], refresh };
  }

  private async refreshIn(request: FastifyRequest): Promise<Shown['refresh']> {
    const once = cookieValues(request, ISSUER_REFRESH_COOKIE).length === 1;
    const token = once ? issuerRefreshCookie(request) : null;
    const held = token === null ? null : await this.refreshTokens.find(token);
    const session = held && (await this.sessions.findLive(held.sessionId, this.clock.now()));
    return token !== null && session ? { token, session } : null;
  }
}
