import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { readJwt } from '../auth/exchange/unchecked-jwt';
import { Clock } from '../platform/clock/clock';
import { cookieValues } from '../platform/http/cookies';
import { ExchangedTokens } from '../sessions/exchanged-tokens';
import type { Live } from '../sessions/live-session';
import { LiveSessions } from '../sessions/live-sessions';
import { ISSUER_TOKEN_COOKIE, issuerRefreshCookies } from '../sessions/transport/cookies';
import { CrossmintIssuer } from './crossmint-issuer';
import { CrossmintRefreshTokens } from './crossmint-refresh-tokens';

/** Of several domains and paths; each is looked for. */
const MOST_COOKIES = 8;

/** What a browser's cookies show. */
export interface Shown {
  /** The live sessions that they belong to. */
  readonly sessions: readonly Live[];
  /** The refresh tokens of these. */
  readonly refreshTokens: readonly string[];
}

/**
 * The sessions that the cookies of a browser belong to, good or expired: by the very JWT that was exchanged, and by the very
 * refresh token that was given. A browser may have a cookie twice; then it shows both. It asks the issuer nothing, and uses
 * nothing.
 */
@Injectable()
export class ShownSessions {
  constructor(
    private readonly clock: Clock,
    private readonly issuer: CrossmintIssuer,
    private readonly exchanged: ExchangedTokens,
    private readonly refreshTokens: CrossmintRefreshTokens,
    private readonly sessions: LiveSessions,
  ) {}

  async in(request: FastifyRequest): Promise<Shown> {
    const [byJwt, byRefresh] = await Promise.all([this.byJwt(request), this.byRefreshToken(request)]);
    const all = [...byJwt, ...byRefresh.map(({ live }) => live)];
    return {
      sessions: [...new Map(all.map((live) => [live.session.id, live])).values()],
      refreshTokens: byRefresh.map(({ token }) => token),
    };
  }

  private async byJwt(request: FastifyRequest): Promise<Live[]> {
    const { issuer } = this.issuer.issuer;
    const jwts = cookieValues(request, ISSUER_TOKEN_COOKIE).filter((jwt) => readJwt(jwt) !== null);
    const known = await Promise.all(
      jwts.slice(0, MOST_COOKIES).map((jwt) => this.exchanged.find({ issuer, jwt })),
    );
    return known.flatMap((one) => (one?.live && one.same ? [one.live] : []));
  }

  private async byRefreshToken(request: FastifyRequest): Promise<{ token: string; live: Live }[]> {
    const tokens = issuerRefreshCookies(request).slice(0, MOST_COOKIES);
    const known = await Promise.all(
      tokens.map(async (token) => {
        const held = await this.refreshTokens.find(token);
        const live = held && (await this.sessions.find(held.sessionId, this.clock.now()));
        return live ? [{ token, live }] : [];
      }),
    );
    return known.flat();
  }
}
