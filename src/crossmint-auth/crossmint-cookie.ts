import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { setIssuerSession } from '../auth/contracts/crossmint.contract';
import { isOver } from '../auth/exchange/issuer-jwt.strategy';
import type { VerifiedJwt } from '../auth/exchange/issuer-jwts';
import { readJwt } from '../auth/exchange/unchecked-jwt';
import { Identities } from '../auth/linking/identities';
import { Clock } from '../platform/clock/clock';
import { clientOf } from '../platform/http/client';
import { contractOf } from '../platform/http/contract-name';
import type { Principal } from '../platform/http/principal';
import { ExchangedTokens } from '../sessions/exchanged-tokens';
import { InvalidToken } from '../sessions/session.errors';
import { LiveSessions } from '../sessions/live-sessions';
import { issuerEmailCookie, issuerRefreshCookie, issuerTokenCookie } from '../sessions/transport/cookies';
import { IssuerCookies, type IssuerCookieReader } from '../sessions/transport/issuer-cookies';
import { CrossmintIssuer } from './crossmint-issuer';
import { CrossmintRefreshTokens } from './crossmint-refresh-tokens';
import { CrossmintRenewal } from './crossmint-renewal';
import { UserNotFound } from './crossmint.errors';
import { crossmintSettings, type CrossmintSettings } from './crossmint.settings';

/** Who comes by the cookies of Crossmint. The JWT must be good, and so must the session that it opened. */
@Injectable()
export class CrossmintCookie implements IssuerCookieReader {
  constructor(
    private readonly clock: Clock,
    private readonly issuer: CrossmintIssuer,
    private readonly exchanged: ExchangedTokens,
    private readonly refreshTokens: CrossmintRefreshTokens,
    private readonly sessions: LiveSessions,
    private readonly identities: Identities,
    private readonly renewal: CrossmintRenewal,
    @Inject(crossmintSettings.token) { isOn }: CrossmintSettings,
    cookies: IssuerCookies,
  ) {
    if (isOn) cookies.readBy(this);
  }

  async callerOf(request: FastifyRequest, reply: FastifyReply): Promise<Principal> {
    const jwt = issuerTokenCookie(request);
    // A browser forgets it when its time is over.
    if (jwt === null) return this.renew(request, reply);
    const read = readJwt(jwt);
    if (!read) throw new InvalidToken();
    const { exp, sub } = read.claims;
    if (typeof exp === 'number' && isOver(exp, this.clock.now())) return this.renew(request, reply, sub);
    return this.callerByJwt(jwt, request).catch((error: unknown) => {
      // Its key may have been withdrawn; the refresh token beside it is a proof of its own.
      if (!(error instanceof InvalidToken) || issuerRefreshCookie(request) === null) throw error;
      return this.renew(request, reply, sub);
    });
  }

  private async callerByJwt(jwt: string, request: FastifyRequest): Promise<Principal> {
    const token = await this.issuer.verify(jwt);
    return (await this.callerBy(token)) ?? this.refuse(token, request);
  }

  /**
   * By the refresh token alone, which stands for a session that must live, of an identity that is still its user's.
   * @param sub of a JWT that came along: a refresh token of somebody before is not taken with it
   */
  private async renew(request: FastifyRequest, reply: FastifyReply, sub?: unknown): Promise<Principal> {
    const given = issuerRefreshCookie(request);
    const held = given === null ? null : await this.refreshTokens.find(given);
    if (given === null || !held || (sub !== undefined && sub !== held.subject)) throw new InvalidToken();
    const { sessionId, subject } = held;
    const live = await this.sessions.find(sessionId, this.clock.now());
    const owner = live && (await this.identities.ownerOf({ issuer: this.issuer.issuer.issuer, subject }));
    if (!live || owner?.id !== live.user.id) throw new InvalidToken();
    const { token, refresh } = await this.renewal.renew(given, subject, clientOf(request));
    await this.exchanged.bind(sessionId, token);
    await this.refreshTokens.hold(refresh.secret, { sessionId, subject });
    const caller = await this.callerBy(token);
    // It was revoked meanwhile.
    if (!caller) throw new InvalidToken();
    const { jwt, expiresAt } = token;
    setIssuerSession(reply, { jwt, expiresAt, refresh, email: issuerEmailCookie(request) }, this.clock.now());
    return caller;
  }

  private async callerBy(token: VerifiedJwt): Promise<Principal | null> {
    const live = await this.exchanged.use(token);
    const { issuedAt, expiresAt } = token;
    return live && { ...live, token: { issuedAt, expiresAt } };
  }

  /** Its own clients are told when nobody here is known by a JWT that is good. */
  private async refuse({ issuer, claims }: VerifiedJwt, request: FastifyRequest): Promise<never> {
    const identity = { issuer, subject: claims.sub };
    if (contractOf(request) === 'crossmint' && !(await this.identities.ownerOf(identity))) {
      throw new UserNotFound();
    }
    throw new InvalidToken();
  }
}
