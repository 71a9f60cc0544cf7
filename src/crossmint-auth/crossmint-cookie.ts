import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { setForeignSession } from '../auth/contracts/crossmint.contract';
import { isOver } from '../auth/exchange/issuer-jwt.strategy';
import type { VerifiedJwt } from '../auth/exchange/issuer-jwts';
import { readJwt, type UncheckedJwt } from '../auth/exchange/unchecked-jwt';
import { Identities } from '../auth/linking/identities';
import { Clock } from '../platform/clock/clock';
import { contractOf } from '../platform/http/contract-name';
import type { Principal } from '../platform/http/principal';
import { ExchangedTokens } from '../sessions/exchanged-tokens';
import { InvalidToken } from '../sessions/session.errors';
import { foreignRefreshCookie } from '../sessions/transport/cookies';
import { ForeignCookies, type ForeignCookieReader } from '../sessions/transport/foreign-cookie';
import { CrossmintIssuer } from './crossmint-issuer';
import { CrossmintRenewal } from './crossmint-renewal';
import { UserNotFound } from './crossmint.errors';
import { crossmintSettings, type CrossmintSettings } from './crossmint.settings';

/** Who comes by the cookie that holds a JWT of Crossmint. The JWT must be good, and so must the session that it opened. */
@Injectable()
export class CrossmintCookie implements ForeignCookieReader {
  constructor(
    private readonly clock: Clock,
    private readonly issuer: CrossmintIssuer,
    private readonly exchanged: ExchangedTokens,
    private readonly identities: Identities,
    private readonly renewal: CrossmintRenewal,
    @Inject(crossmintSettings.token) { isOn }: CrossmintSettings,
    cookies: ForeignCookies,
  ) {
    if (isOn) cookies.reader = this;
  }

  async callerOf(jwt: string, request: FastifyRequest, reply: FastifyReply): Promise<Principal> {
    const read = readJwt(jwt);
    if (!read) throw new InvalidToken();
    const { exp } = read.claims;
    if (typeof exp === 'number' && isOver(exp, this.clock.now())) {
      return this.renew(jwt, read, request, reply);
    }
    const token = await this.issuer.verify(jwt);
    return (await this.callerBy(token)) ?? this.refuse(token, request);
  }

  /**
   * One whose time is over, of a session that lives. It is not held against keys, which may be gone: it is the very one
   * that was when it was exchanged. That its person is still the same is what the issuer's answer says.
   */
  private async renew(
    jwt: string,
    { claims }: UncheckedJwt,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<Principal> {
    const secret = foreignRefreshCookie(request);
    const known = secret === null ? null : await this.exchanged.find(jwt);
    if (secret === null || !known?.live || !known.same) throw new InvalidToken();
    const { token, refresh } = await this.renewal.renew(secret, claims['sub']);
    await this.exchanged.bind(known.live.session.id, token);
    const caller = await this.callerBy(token);
    // It was revoked meanwhile.
    if (!caller) throw new InvalidToken();
    setForeignSession(reply, { jwt: token.jwt, expiresAt: token.expiresAt, refresh }, this.clock.now());
    return caller;
  }

  private async callerBy({ jwt, issuedAt, expiresAt }: VerifiedJwt): Promise<Principal | null> {
    const known = await this.exchanged.find(jwt);
    return known?.live ? { ...known.live, token: { issuedAt, expiresAt } } : null;
  }

  /** Its own clients are told when nobody here is known by a JWT that is good. */
  private async refuse({ claims }: VerifiedJwt, request: FastifyRequest): Promise<never> {
    const identity = { issuer: this.issuer.issuer.issuer, subject: claims.sub };
    if (contractOf(request) === 'crossmint' && !(await this.identities.ownerOf(identity))) {
      throw new UserNotFound();
    }
    throw new InvalidToken();
  }
}
