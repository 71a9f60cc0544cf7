import { Inject, Injectable, Logger } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DataSource } from 'typeorm';
import { LARGEST_COOKIE_VALUE, type IssuerSession } from '../auth/contracts/crossmint.contract';
import type { VerifiedJwt } from '../auth/exchange/issuer-jwts';
import { TokenExchange, type ExchangeResult } from '../auth/exchange/token-exchange';
import { Clock } from '../platform/clock/clock';
import { clientOf, type Client } from '../platform/http/client';
import { CrossSite } from '../platform/http/cross-site';
import type { Live } from '../sessions/live-session';
import { SessionEndings } from '../sessions/session-endings';
import { SessionsService } from '../sessions/sessions.service';
import { readEmail } from '../users/email';
import { CrossmintIssuer } from './crossmint-issuer';
import { CrossmintProfiles } from './crossmint-profiles';
import { CrossmintRefreshTokens } from './crossmint-refresh-tokens';
import { CrossmintRenewal, type Renewal } from './crossmint-renewal';
import type { ExchangeBody } from './crossmint.dto';
import { TooLarge } from './crossmint.errors';
import { crossmintSettings, type CrossmintSettings } from './crossmint.settings';
import { ShownSessions } from './shown-sessions';
import { SuiWallets } from './sui-wallets';

/** Last seen is written once a minute, so no session lies idle for less; in ms. */
const LEAST_IDLE = 5 * 60_000;

/** A session, and whose. */
interface Mine {
  readonly userId: string;
  readonly sessionId: string;
  /** By this exchange, and not by one before with the same JWT. */
  readonly opened: boolean;
}

/** From a JWT of Crossmint to a session of ours, and to what is kept of its user. */
@Injectable()
export class CrossmintSignIn {
  private readonly logger = new Logger('Crossmint');

  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
    private readonly issuer: CrossmintIssuer,
    private readonly exchange: TokenExchange,
    private readonly sessions: SessionsService,
    private readonly endings: SessionEndings,
    private readonly shown: ShownSessions,
    private readonly refreshTokens: CrossmintRefreshTokens,
    private readonly renewal: CrossmintRenewal,
    private readonly profiles: CrossmintProfiles,
    private readonly wallets: SuiWallets,
    private readonly crossSite: CrossSite,
    @Inject(crossmintSettings.token) private readonly settings: CrossmintSettings,
  ) {}

  /**
   * @returns what the browser is to keep
   * @throws InvalidToken
   * @throws IssuerUnavailable
   * @throws ValidationFailed
   * @throws whatever else an exchange throws
   */
  async signIn(body: ExchangeBody, request: FastifyRequest): Promise<IssuerSession> {
    const { jwt, refreshToken, email = null } = body;
    const client = clientOf(request);
    const token = await this.issuer.verify(jwt);
    if (jwt.length > LARGEST_COOKIE_VALUE) throw new TooLarge();
    const before = this.crossSite.isForeign(request) ? [] : (await this.shown.in(request)).sessions;
    const mine = await this.open(token, client, before);
    const renewal = refreshToken ? await this.tryToRenew(refreshToken, token, client) : null;
    if (mine) await this.keepGoing(mine, token, renewal);
    const others = before.filter(({ user }) => user.id !== mine?.userId);
    // Nobody can reach them any more.
    for (const { session } of others) await this.endings.end(session.id, { reason: 'logout', client });
    if (mine) await this.remember(mine, token, renewal, email);
    const stranger = before.length === 0 || others.length > 0;
    return { jwt, expiresAt: token.expiresAt, refresh: renewal?.refresh, email, stranger };
  }

  private async open(token: VerifiedJwt, client: Client, shown: readonly Live[]): Promise<Mine | null> {
    const { signUp } = this.settings;
    const longestIdle = this.lifeOf(token);
    const how = { method: 'crossmint', contract: 'crossmint', client, signUp, longestIdle, shown } as const;
    const result = await this.exchange.exchange(token, this.issuer, how);
    return result && mineOf(result);
  }

  /** Without a refresh token nobody could use the session for longer. */
  private lifeOf({ expiresAt }: VerifiedJwt): number {
    return Math.max(LEAST_IDLE, expiresAt.getTime() - this.clock.now().getTime());
  }

  /** Null, and no more than that, where the issuer gives nothing for it. */
  private async tryToRenew(
    refreshToken: string,
    { claims }: VerifiedJwt,
    client: Client,
  ): Promise<Renewal | null> {
    try {
      return await this.renewal.renew(refreshToken, claims.sub, client);
    } catch (error) {
      this.logger.log(`A refresh token was left out: ${(error as Error).message}`);
      return null;
    }
  }

  private async keepGoing({ sessionId }: Mine, token: VerifiedJwt, renewal: Renewal | null): Promise<void> {
    const { sub: subject } = token.claims;
    if (renewal) await this.refreshTokens.hold(renewal.refresh.secret, { sessionId, subject });
    await this.sessions.lengthenIdle(sessionId, renewal ? Infinity : this.lifeOf(token));
  }

  private async remember(
    { userId, opened }: Mine,
    { claims }: VerifiedJwt,
    renewal: Renewal | null,
    given: string | null,
  ): Promise<void> {
    const told = readEmail(claims['email']) ?? renewal?.email ?? null;
    await this.database.transaction(async (transaction) => {
      await this.profiles.note(userId, { email: told ?? given, named: told !== null }, transaction);
      await this.wallets.begin({ userId, subject: claims.sub }, opened, transaction);
    });
  }
}

const mineOf = (result: ExchangeResult): Mine =>
  'opened' in result
    ? { userId: result.opened.user.id, sessionId: result.opened.session.id, opened: true }
    : { userId: result.joined.user.id, sessionId: result.joined.session.id, opened: false };
