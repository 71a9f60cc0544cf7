import { Inject, Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { LARGEST_COOKIE_VALUE, type ForeignSession } from '../auth/contracts/crossmint.contract';
import type { VerifiedJwt } from '../auth/exchange/issuer-jwts';
import { TokenExchange, type ExchangeResult } from '../auth/exchange/token-exchange';
import { Clock } from '../platform/clock/clock';
import type { Client } from '../platform/http/client';
import { ExchangedTokens } from '../sessions/exchanged-tokens';
import { InvalidToken } from '../sessions/session.errors';
import { readEmail } from '../users/email';
import { CrossmintIssuer } from './crossmint-issuer';
import { CrossmintProfiles } from './crossmint-profiles';
import { CrossmintRenewal, type Renewal } from './crossmint-renewal';
import type { ExchangeBody } from './crossmint.dto';
import { crossmintSettings, type CrossmintSettings } from './crossmint.settings';
import { SuiWallets } from './sui-wallets';

/** Last seen is written once a minute, so no session lies idle for less; in ms. */
const LEAST_IDLE = 5 * 60_000;

/** From a JWT of Crossmint to a session of ours, and to what is kept of its user. */
@Injectable()
export class CrossmintSignIn {
  private readonly logger = new Logger('Crossmint');

  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
    private readonly issuer: CrossmintIssuer,
    private readonly exchange: TokenExchange,
    private readonly exchanged: ExchangedTokens,
    private readonly renewal: CrossmintRenewal,
    private readonly profiles: CrossmintProfiles,
    private readonly wallets: SuiWallets,
    @Inject(crossmintSettings.token) private readonly settings: CrossmintSettings,
  ) {}

  /**
   * @returns what the browser is to keep
   * @throws InvalidToken
   * @throws IssuerUnavailable
   * @throws whatever else an exchange throws
   */
  async signIn({ jwt, refreshToken, email }: ExchangeBody, client: Client): Promise<ForeignSession> {
    // A browser would drop the cookie without a word.
    if (jwt.length > LARGEST_COOKIE_VALUE) throw new InvalidToken();
    const token = await this.issuer.verify(jwt);
    const how = { method: 'crossmint', contract: 'crossmint', client } as const;
    const longestIdle = refreshToken ? undefined : this.lifeOf(token);
    const { signUp } = this.settings;
    const result = await this.exchange.exchange(token, this.issuer, { ...how, signUp, longestIdle });
    const renewal = refreshToken ? await this.tryToRenew(refreshToken, token) : null;
    if (result) await this.remember(result, token, renewal, email ?? null);
    return { jwt, expiresAt: token.expiresAt, refresh: renewal?.refresh, email: email ?? undefined };
  }

  /** Without a refresh token nobody can use the session for longer. */
  private lifeOf({ expiresAt }: VerifiedJwt): number {
    return Math.max(LEAST_IDLE, expiresAt.getTime() - this.clock.now().getTime());
  }

  /** Null, and no more than that, where the issuer gives nothing for it. */
  private async tryToRenew(secret: string, { claims }: VerifiedJwt): Promise<Renewal | null> {
    try {
      return await this.renewal.renew(secret, claims.sub);
    } catch (error) {
      this.logger.log(`A refresh token was left out: ${(error as Error).message}`);
      return null;
    }
  }

  private async remember(
    result: ExchangeResult,
    { claims }: VerifiedJwt,
    renewal: Renewal | null,
    given: string | null,
  ): Promise<void> {
    const { user } = 'opened' in result ? result.opened : result.joined;
    if ('joined' in result && renewal) await this.exchanged.keepIdle(result.joined.session.id);
    const told = readEmail(claims['email']) ?? renewal?.email ?? null;
    await this.database.transaction(async (transaction) => {
      await this.profiles.note(user.id, { email: told ?? given, named: told !== null }, transaction);
      await this.wallets.begin(user.id, claims.sub, transaction);
    });
  }
}
