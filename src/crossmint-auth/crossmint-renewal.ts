import { Inject, Injectable } from '@nestjs/common';
import { IssuerUnavailable } from '../auth/auth.errors';
import { LARGEST_COOKIE_VALUE, type IssuerSession } from '../auth/contracts/crossmint.contract';
import { ExchangeLimit } from '../auth/exchange/exchange-limit';
import type { VerifiedJwt } from '../auth/exchange/issuer-jwts';
import { Clock } from '../platform/clock/clock';
import { InvalidToken } from '../sessions/session.errors';
import { sessionSettings, type SessionSettings } from '../sessions/session.settings';
import { readEmail } from '../users/email';
import type { RefreshAnswer } from './crossmint-api';
import { CrossmintIssuer } from './crossmint-issuer';
import { CrossmintRefreshTokens } from './crossmint-refresh-tokens';

/** What the issuer gives for a refresh token. */
export interface Renewal {
  readonly token: VerifiedJwt;
  readonly refresh: NonNullable<IssuerSession['refresh']>;
  /** The address that it names. */
  readonly email: string | null;
}

/** Renews a person's tokens at Crossmint. */
@Injectable()
export class CrossmintRenewal {
  constructor(
    private readonly clock: Clock,
    private readonly issuer: CrossmintIssuer,
    private readonly refreshTokens: CrossmintRefreshTokens,
    private readonly limit: ExchangeLimit,
    @Inject(sessionSettings.token) private readonly settings: SessionSettings,
  ) {}

  /**
   * @param subject whose it must be: a browser may still have that of somebody before
   * @throws InvalidToken when it is refused, or is somebody else's
   * @throws IssuerUnavailable
   * @throws RateLimited
   */
  async renew(refreshToken: string, subject: string): Promise<Renewal> {
    const mayAsk = () => this.limit.consume(this.issuer.issuer.issuer, subject);
    const asked = await this.refreshTokens.offer(refreshToken, mayAsk);
    if (asked.outcome !== 'accepted') {
      const options = { cause: new Error(asked.reason) };
      throw asked.outcome === 'refused' ? new InvalidToken(options) : new IssuerUnavailable(options);
    }
    const { answer } = asked;
    const token = await this.verified(answer);
    if (token.claims.sub !== subject || !fitsIntoCookies(answer)) throw new InvalidToken();
    return {
      token,
      refresh: { secret: answer.secret, expiresAt: this.endOf(answer) },
      email: readEmail(token.claims['email']) ?? readEmail(answer.email),
    };
  }

  /** A JWT of the issuer's own that is not good has a key that is too new for us, as a rule: nobody is signed out for that. */
  private async verified({ jwt }: RefreshAnswer): Promise<VerifiedJwt> {
    return this.issuer.verify(jwt).catch((error: unknown) => {
      throw error instanceof InvalidToken ? new IssuerUnavailable({ cause: error }) : error;
    });
  }

  private endOf({ expiresAt }: RefreshAnswer): Date {
    const told = new Date(expiresAt ?? NaN);
    const now = this.clock.now().getTime();
    return told.getTime() > now ? told : new Date(now + this.settings.absoluteTtl);
  }
}

const fitsIntoCookies = ({ jwt, secret }: RefreshAnswer): boolean =>
  [jwt, encodeURIComponent(secret)].every(({ length }) => length <= LARGEST_COOKIE_VALUE);
