import { Inject, Injectable } from '@nestjs/common';
import { IssuerUnavailable } from '../auth/auth.errors';
import { LARGEST_COOKIE_VALUE, type ForeignSession } from '../auth/contracts/crossmint.contract';
import type { VerifiedJwt } from '../auth/exchange/issuer-jwts';
import { Clock } from '../platform/clock/clock';
import { InvalidToken } from '../sessions/session.errors';
import { sessionSettings, type SessionSettings } from '../sessions/session.settings';
import { readEmail } from '../users/email';
import type { RefreshAnswer } from './crossmint-api';
import { CrossmintIssuer } from './crossmint-issuer';
import { CrossmintRefreshes } from './crossmint-refreshes';

/** What the issuer gives for a refresh token. */
export interface Renewal {
  readonly token: VerifiedJwt;
  readonly refresh: NonNullable<ForeignSession['refresh']>;
  /** The address that it names. */
  readonly email: string | null;
}

/** Renews a person's tokens at Crossmint. */
@Injectable()
export class CrossmintRenewal {
  constructor(
    private readonly clock: Clock,
    private readonly issuer: CrossmintIssuer,
    private readonly refreshes: CrossmintRefreshes,
    @Inject(sessionSettings.token) private readonly settings: SessionSettings,
  ) {}

  /**
   * @param subject whose it must be: a browser may still have that of somebody before
   * @throws InvalidToken when it is refused, or is somebody else's
   * @throws IssuerUnavailable
   */
  async renew(secret: string, subject: unknown): Promise<Renewal> {
    const asked = await this.refreshes.offer(secret);
    if (asked.outcome !== 'accepted') {
      const options = { cause: new Error(asked.reason) };
      throw asked.outcome === 'refused' ? new InvalidToken(options) : new IssuerUnavailable(options);
    }
    const { answer } = asked;
    const token = await this.issuer.verify(answer.jwt);
    if (token.claims.sub !== subject || !fitsIntoCookies(answer)) throw new InvalidToken();
    return {
      token,
      refresh: { secret: answer.secret, expiresAt: this.endOf(answer) },
      email: readEmail(token.claims['email']) ?? readEmail(answer.email),
    };
  }

  private endOf({ expiresAt }: RefreshAnswer): Date {
    const told = new Date(expiresAt ?? NaN);
    const now = this.clock.now().getTime();
    return told.getTime() > now ? told : new Date(now + this.settings.absoluteTtl);
  }
}

const fitsIntoCookies = ({ jwt, secret }: RefreshAnswer): boolean =>
  [jwt, encodeURIComponent(secret)].every(({ length }) => length <= LARGEST_COOKIE_VALUE);
