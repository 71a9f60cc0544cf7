import { timingSafeEqual } from 'node:crypto';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Clock } from '../platform/clock/clock';
import { hashToken } from '../platform/crypto/opaque-token';
import type { Statement } from '../platform/database/statement';
import { CallerFacts } from './caller-facts';
import { KeptSessions } from './kept-sessions';
import { LastSeen } from './last-seen';
import { principalOf, type Live } from './live-session';
import { bindExchangedToken, findExchangedToken, type ExchangedRow } from './session-statements';
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
export class ExchangedTokens implements OnModuleInit {
  private statement: Statement<ExchangedRow>;

  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
    private readonly kept: KeptSessions,
    private readonly lastSeen: LastSeen,
    private readonly facts: CallerFacts,
    @Inject(sessionSettings.token) private readonly settings: SessionSettings,
  ) {}

  onModuleInit(): void {
    this.statement = findExchangedToken(this.facts.expression);
  }

  /** What a JWT stands for, whether it is good or not; null for one that was never exchanged. One indexed query. */
  async find(token: Named): Promise<Exchanged | null> {
    const row = await this.rowOf(statementHash(token), this.clock.now());
    if (!row) return null;
    const same = timingSafeEqual(row.tokenHash, hashToken(token.jwt));
    return { live: row.live ? principalOf(row) : null, same };
  }

  /** The live session of a JWT that was checked, which is used by it; null where it has none. */
  async use(token: Named): Promise<Live | null> {
    const now = this.clock.now();
    const hash = statementHash(token);
    const kept = this.kept.findBy(hash, now);
    if (kept) return kept;
    const readAt = performance.now();
    const row = await this.rowOf(hash, now);
    if (!row?.live) return null;
    this.lastSeen.mark(row, now);
    return this.kept.keep(row, readAt, now, hash);
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

  private async rowOf(hash: Buffer, now: Date): Promise<ExchangedRow | undefined> {
    const [row] = await this.statement.run(this.database, [hash, now, this.settings.requireVerifiedEmail]);
    return row;
  }
}
