import { timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Clock } from '../platform/clock/clock';
import { hashToken } from '../platform/crypto/opaque-token';
import { principalOf, type Live } from './live-session';
import { LastSeen } from './last-seen';
import { bindExchangedToken, findExchangedToken } from './session-statements';
import { sessionSettings, type SessionSettings } from './session.settings';

/** A JWT of an issuer elsewhere, whose signature is for others to check. */
export interface IssuerToken {
  /** Whose it is. */
  readonly issuer: string;
  /** Base64url in three parts. */
  readonly jwt: string;
  readonly expiresAt: Date;
}

export interface Exchanged {
  /** The session that it stands for, null where that has ended. */
  readonly live: Live | null;
  /** Whether it is the very token that was exchanged, and not one that only says the same. */
  readonly same: boolean;
}

type Named = Pick<IssuerToken, 'issuer' | 'jwt'>;

/** What is stored of a token: the hash of what was signed, that of the whole, and its end. */
export const storedForm = ({ issuer, jwt, expiresAt }: IssuerToken): [Buffer, Buffer, Date] => [
  statementHash({ issuer, jwt }),
  hashToken(jwt),
  expiresAt,
];

const statementHash = ({ issuer, jwt }: Named): Buffer =>
  hashToken(`${issuer}\n${jwt.slice(0, jwt.lastIndexOf('.'))}`);

/** The JWTs of issuers elsewhere that stand for sessions of ours. */
@Injectable()
export class ExchangedTokens {
  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
    private readonly lastSeen: LastSeen,
    @Inject(sessionSettings.token) private readonly settings: SessionSettings,
  ) {}

  /** What a JWT stands for, whether it is good or not; null for one that was never exchanged. One indexed query. */
  async find(token: Named): Promise<Exchanged | null> {
    const row = await this.rowOf(token);
    if (!row) return null;
    const same = timingSafeEqual(row.tokenHash, hashToken(token.jwt));
    return { live: row.live ? principalOf(row) : null, same };
  }

  /** The live session of a JWT that was checked, which is used by it; null where it has none. */
  async use(token: Named): Promise<Live | null> {
    const row = await this.rowOf(token);
    if (!row?.live) return null;
    this.lastSeen.mark(row, this.clock.now());
    return principalOf(row);
  }

  /**
   * Lets one more JWT stand for a session, unless that has ended, or the JWT stands for one already.
   * @param token may say when its user showed who they are
   */
  async bind(sessionId: string, token: IssuerToken & { authenticatedAt: Date | null }): Promise<void> {
    const { requireVerifiedEmail } = this.settings;
    const values = [
      ...storedForm(token),
      sessionId,
      this.clock.now(),
      requireVerifiedEmail,
      token.authenticatedAt,
    ];
    await bindExchangedToken.run(this.database, values);
  }

  private async rowOf(token: Named) {
    const values = [statementHash(token), this.clock.now(), this.settings.requireVerifiedEmail];
    const [row] = await findExchangedToken.run(this.database, values);
    return row;
  }
}
