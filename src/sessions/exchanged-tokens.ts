import { timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Clock } from '../platform/clock/clock';
import { hashToken } from '../platform/crypto/opaque-token';
import type { Live } from './live-session';
import { principalOf } from './live-session';
import { LastSeen } from './last-seen';
import { bindExchangedToken, findExchangedToken, keepSessionIdle } from './session-statements';
import { sessionSettings, type SessionSettings } from './session.settings';

/** A JWT of an issuer elsewhere, whose signature is for others to check. */
export interface ForeignToken {
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

/** What is stored of a token: the hash of what was signed, that of the whole, and its end. */
export const storedForm = ({ jwt, expiresAt }: ForeignToken): [Buffer, Buffer, Date] => [
  statementHash(jwt),
  hashToken(jwt),
  expiresAt,
];

const statementHash = (jwt: string): Buffer => hashToken(jwt.slice(0, jwt.lastIndexOf('.')));

/** The JWTs of issuers elsewhere that stand for sessions of ours. */
@Injectable()
export class ExchangedTokens {
  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
    private readonly lastSeen: LastSeen,
    @Inject(sessionSettings.token) private readonly settings: SessionSettings,
  ) {}

  /** What a JWT stands for; null for one that was never exchanged. One indexed query. */
  async find(jwt: string): Promise<Exchanged | null> {
    const now = this.clock.now();
    const values = [statementHash(jwt), now, this.settings.requireVerifiedEmail];
    const [row] = await findExchangedToken.run(this.database, values);
    if (!row) return null;
    const same = timingSafeEqual(row.tokenHash, hashToken(jwt));
    if (!row.live) return { live: null, same };
    this.lastSeen.mark(row, now);
    return { live: principalOf(row), same };
  }

  /** Lets one more JWT stand for a session, unless that has ended, or the JWT stands for one already. */
  async bind(sessionId: string, token: ForeignToken): Promise<void> {
    const { requireVerifiedEmail } = this.settings;
    const values = [...storedForm(token), sessionId, this.clock.now(), requireVerifiedEmail];
    await bindExchangedToken.run(this.database, values);
  }

  /** A session that was to end with its JWT goes on as any other, because its client can renew that. */
  async keepIdle(sessionId: string): Promise<void> {
    await keepSessionIdle.run(this.database, [sessionId, this.settings.idleTtl, this.clock.now()]);
  }
}
