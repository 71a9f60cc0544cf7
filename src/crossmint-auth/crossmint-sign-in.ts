import { Inject, Injectable, Logger } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DataSource } from 'typeorm';
import { LARGEST_COOKIE_VALUE, type IssuerSession } from '../auth/contracts/crossmint.contract';
import type { VerifiedJwt } from '../auth/exchange/issuer-jwts';
import { TokenExchange, type ExchangeResult } from '../auth/exchange/token-exchange';
import { Clock } from '../platform/clock/clock';
import { ValidationFailed } from '../platform/http/api-error';
import { clientOf, type Client } from '../platform/http/client';
import { SessionEndings } from '../sessions/session-endings';
import { SessionsService } from '../sessions/sessions.service';
import { readEmail } from '../users/email';
import { CrossmintIssuer } from './crossmint-issuer';
import { CrossmintProfiles } from './crossmint-profiles';
import { CrossmintRefreshTokens } from './crossmint-refresh-tokens';
import { CrossmintRenewal, type Renewal } from './crossmint-renewal';
import type { ExchangeBody } from './crossmint.dto';
import { crossmintSettings, type CrossmintSettings } from './crossmint.settings';
import { ShownSessions, type Shown } from './shown-sessions';
import { SuiWallets } from './sui-wallets';

/** Last seen is written once a minute, so no session lies idle for less; in ms. */
const LEAST_IDLE = 5 * 60_000;
/** How long a session goes on that another of the same browser has replaced, for requests under way; in ms. */
const FADES_IN = 2 * 60_000;

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
    const before = await this.shown.in(request);
    const result = await this.open(token, client);
    const mine = result && mineOf(result);
    const renewal = refreshToken ? await this.tryToRenew(refreshToken, token) : null;
    if (mine) await this.keepGoing(mine, token.claims.sub, renewal, before);
    await this.replace(before, mine, client);
    if (mine) await this.remember(mine, token, renewal, email);
    const stranger = !before.sessions.some(({ user }) => user.id === mine?.userId);
    return { jwt, expiresAt: token.expiresAt, refresh: renewal?.refresh, email, stranger };
  }

  /** Without a refresh token nobody could use the session for longer than its JWT lasts. */
  private open(token: VerifiedJwt, client: Client): Promise<ExchangeResult | null> {
    const left = token.expiresAt.getTime() - this.clock.now().getTime();
    const longestIdle = Math.max(LEAST_IDLE, left);
    const { signUp } = this.settings;
    const how = { method: 'crossmint', contract: 'crossmint', client, signUp, longestIdle } as const;
    return this.exchange.exchange(token, this.issuer, how);
  }

  /** Null, and no more than that, where the issuer gives nothing for it. */
  private async tryToRenew(refreshToken: string, { claims }: VerifiedJwt): Promise<Renewal | null> {
    try {
      return await this.renewal.renew(refreshToken, claims.sub);
    } catch (error) {
      this.logger.log(`A refresh token was left out: ${(error as Error).message}`);
      return null;
    }
  }

  /** The browser's refresh token, a new one or the one that it has, is from now on this session's. */
  private async keepGoing(
    mine: Mine,
    subject: string,
    renewal: Renewal | null,
    before: Shown,
  ): Promise<void> {
    const { refresh } = before;
    const own = refresh?.session.user.id === mine.userId ? refresh.token : undefined;
    const refreshToken = renewal?.refresh.secret ?? own;
    if (refreshToken === undefined) return;
    await this.refreshTokens.hold(refreshToken, { sessionId: mine.sessionId, subject });
    await this.sessions.letIdle(mine.sessionId, null);
  }

  /** What the browser had before: nobody can reach it any more. */
  private async replace({ sessions }: Shown, mine: Mine | null, client: Client): Promise<void> {
    for (const { user, session } of sessions) {
      if (session.id === mine?.sessionId) continue;
      if (user.id === mine?.userId) await this.sessions.letIdle(session.id, FADES_IN);
      else await this.endings.end(session.id, { reason: 'logout', client });
    }
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

/** A browser would drop the cookie without a word. */
export class TooLarge extends ValidationFailed {
  constructor() {
    const message = `jwt is larger than a cookie can be: ${LARGEST_COOKIE_VALUE} characters at most`;
    super([{ field: 'jwt', message }]);
  }
}
