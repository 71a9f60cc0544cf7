import { Inject, Injectable, Logger } from '@nestjs/common';
import { IssuerUnavailable } from '../auth/auth.errors';
import { LARGEST_COOKIE_VALUE, type IssuerSession } from '../auth/contracts/crossmint.contract';
import { ExchangeLimit } from '../auth/exchange/exchange-limit';
import { isOver } from '../auth/exchange/issuer-jwt.strategy';
import type { VerifiedJwt } from '../auth/exchange/issuer-jwts';
import { readJwt } from '../auth/exchange/unchecked-jwt';
import { Clock } from '../platform/clock/clock';
import type { Client } from '../platform/http/client';
import { SessionEndings } from '../sessions/session-endings';
import { InvalidToken } from '../sessions/session.errors';
import { sessionSettings, type SessionSettings } from '../sessions/session.settings';
import { readEmail } from '../users/email';
import type { RefreshAnswer } from './crossmint-api';
import { CrossmintIssuer } from './crossmint-issuer';
import { CrossmintRefreshTokens, type Held } from './crossmint-refresh-tokens';

/** What the issuer gives for a refresh token. */
export interface Renewal {
  readonly token: VerifiedJwt;
  readonly refresh: NonNullable<IssuerSession['refresh']>;
  /** The address that it names. */
  readonly email: string | null;
}

/** After this a token that comes back after its successor was used is a stolen copy, or the thief's victim; in ms. */
const GRACE = 120_000;
/** Answers that got lost, one after the other. */
const LONGEST_CHAIN = 5;

/** Renews a person's tokens at Crossmint. */
@Injectable()
export class CrossmintRenewal {
  private readonly logger = new Logger('Crossmint');

  constructor(
    private readonly clock: Clock,
    private readonly issuer: CrossmintIssuer,
    private readonly refreshTokens: CrossmintRefreshTokens,
    private readonly endings: SessionEndings,
    private readonly limit: ExchangeLimit,
    @Inject(sessionSettings.token) private readonly settings: SessionSettings,
  ) {}

  /**
   * @param subject whose it must be: a browser may still have that of somebody before
   * @throws InvalidToken when it is refused, or is somebody else's, or what it was exchanged for was used before
   * @throws IssuerUnavailable
   * @throws RateLimited
   */
  async renew(refreshToken: string, subject: string, client: Client, left = LONGEST_CHAIN): Promise<Renewal> {
    const held = await this.refreshTokens.find(refreshToken);
    if (left === 0 || (held && held.subject !== subject)) throw new InvalidToken();
    const mayAsk = () => this.limit.consume('renewal', this.issuer.issuer.issuer, subject);
    const asked = await this.refreshTokens.offer(refreshToken, mayAsk);
    if (asked.outcome === 'reused') return this.refuseReuse(held, asked.spentAt, client);
    if (asked.outcome !== 'accepted') {
      const options = { cause: new Error(asked.reason) };
      throw asked.outcome === 'refused' ? new InvalidToken(options) : new IssuerUnavailable(options);
    }
    const { answer } = asked;
    // It was lost for so long that its JWT is over; its successor is good, because nobody has used it.
    if (answer.secret !== refreshToken && this.isOver(answer.jwt)) {
      return this.renew(answer.secret, subject, client, left - 1);
    }
    return this.read(answer, subject);
  }

  /** Two have it, and nobody can tell which of them is the thief: the session ends (RFC 9700, 4.14.2). */
  private async refuseReuse(held: Held | null, spentAt: Date, client: Client): Promise<never> {
    if (held && this.clock.now().getTime() - spentAt.getTime() > GRACE) {
      this.logger.warn(`Refresh token of Crossmint reused: session ${held.sessionId} is ended`);
      await this.endings.end(held.sessionId, { reason: 'refresh_token_reused', client });
    }
    throw new InvalidToken();
  }

  private async read(answer: RefreshAnswer, subject: string): Promise<Renewal> {
    const token = await this.verified(answer);
    if (token.claims.sub !== subject || !fitsIntoCookies(answer)) throw new InvalidToken();
    return {
      token,
      refresh: { secret: answer.secret, expiresAt: this.endOf(answer) },
      email: readEmail(token.claims['email']) ?? readEmail(answer.email),
    };
  }

  private isOver(jwt: string): boolean {
    const exp = readJwt(jwt)?.claims['exp'];
    return typeof exp === 'number' && isOver(exp, this.clock.now());
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
