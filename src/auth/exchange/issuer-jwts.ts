import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock';
import { outcomeOf } from '../../platform/http/strategy-outcome';
import type { IssuerToken } from '../../sessions/exchanged-tokens';
import { InvalidToken } from '../../sessions/session.errors';
import { IssuerUnavailable } from '../auth.errors';
import { IssuerCalls } from './issuer-calls';
import { IssuerJwtStrategy, type Claims } from './issuer-jwt.strategy';
import { ASYMMETRIC, IssuerKeys } from './issuer-keys';
import type { TrustedIssuer } from './trusted-issuer';
import { readJwt } from './unchecked-jwt';

/** A JWT that an issuer has signed, for us, and that is good now. */
export interface VerifiedJwt extends IssuerToken {
  readonly issuedAt: Date;
  /** When its user showed the issuer who they are, null where it does not say: a JWT may come from a refresh. */
  readonly authenticatedAt: Date | null;
  readonly claims: Claims;
}

/** Checks the JWTs of one issuer. */
export interface JwtCheck {
  readonly issuer: TrustedIssuer;
  /**
   * @throws InvalidToken
   * @throws IssuerUnavailable when its key is not known and can't be asked for
   */
  verify(jwt: string): Promise<VerifiedJwt>;
}

/** Makes checks of JWTs, one for each issuer that is trusted. */
@Injectable()
export class IssuerJwts {
  constructor(
    private readonly strategy: IssuerJwtStrategy,
    private readonly calls: IssuerCalls,
    private readonly clock: Clock,
  ) {}

  checkOf(issuer: TrustedIssuer): JwtCheck {
    const keys = new IssuerKeys(issuer, this.calls, this.clock);
    return { issuer, verify: (jwt) => this.verify(jwt, issuer, keys) };
  }

  private async verify(jwt: string, issuer: TrustedIssuer, keys: IssuerKeys): Promise<VerifiedJwt> {
    const { header } = readJwt(jwt) ?? {};
    // Before any key is asked for.
    if (!header || !ASYMMETRIC.includes(header.alg)) throw new InvalidToken();
    const outcome = await outcomeOf<Claims>(this.strategy, { jwt, header, issuer, keys });
    if (outcome.user === null) {
      throw outcome.info instanceof IssuerUnavailable
        ? outcome.info
        : new InvalidToken({ cause: outcome.info });
    }
    const { exp, iat, auth_time: authTime } = outcome.user;
    const now = this.clock.now();
    return {
      issuer: issuer.issuer,
      jwt,
      claims: outcome.user,
      issuedAt: pastMoment(iat, now) ?? now,
      authenticatedAt: pastMoment(authTime, now),
      expiresAt: new Date(exp * 1_000),
    };
  }
}

/** Null for what is no moment, or still to come. */
const pastMoment = (seconds: unknown, now: Date): Date | null =>
  typeof seconds === 'number' && seconds >= 0 && seconds * 1_000 <= now.getTime()
    ? new Date(seconds * 1_000)
    : null;
