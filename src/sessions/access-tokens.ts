import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { sign } from 'jsonwebtoken';
import { Clock } from '../platform/clock/clock';
import { httpSettings, type HttpSettings } from '../platform/http/http.settings';
import { SigningKeys } from './signing-keys';
import { sessionSettings, type SessionSettings } from './session.settings';

/** RFC 9068's type. Every other kind of JWT here has another, so that none passes for an access token. */
export const ACCESS_TOKEN_TYPE = 'at+jwt';
export const ACCESS_TOKEN_ALGORITHM = 'ES256';

/** Claims of an access token; times in seconds since the epoch (RFC 7519). */
export interface AccessTokenClaims {
  readonly iss: string;
  readonly aud: string;
  /** The user's id. */
  readonly sub: string;
  /** The session's id. */
  readonly sid: string;
  readonly jti: string;
  readonly iat: number;
  readonly exp: number;
}

@Injectable()
export class AccessTokens {
  /** What tokens of this server are issued by and for. */
  readonly issuer: string;
  readonly audience: string;

  constructor(
    private readonly keys: SigningKeys,
    private readonly clock: Clock,
    @Inject(sessionSettings.token) private readonly settings: SessionSettings,
    @Inject(httpSettings.token) { publicUrl }: HttpSettings,
  ) {
    this.issuer = publicUrl;
    this.audience = settings.audience ?? publicUrl;
  }

  /**
   * Signs an access token for a session. It never outlives the session.
   * @param ttl life in milliseconds, for contracts whose tokens live otherwise than ACCESS_TOKEN_TTL
   * @returns the token, and its life in seconds
   */
  issue(
    session: { id: string; userId: string; expiresAt: Date },
    ttl: number = this.settings.accessTokenTtl,
  ): { token: string; expiresIn: number } {
    const { kid, privateKey } = this.keys.current();
    const now = this.clock.now().getTime();
    const claims: AccessTokenClaims = {
      iss: this.issuer,
      aud: this.audience,
      sub: session.userId,
      sid: session.id,
      jti: randomUUID(),
      iat: Math.floor(now / 1_000),
      exp: Math.floor(Math.min(now + ttl, session.expiresAt.getTime()) / 1_000),
    };
    const header = { alg: ACCESS_TOKEN_ALGORITHM, typ: ACCESS_TOKEN_TYPE, kid } as const;
    const token = sign(claims, privateKey, { algorithm: ACCESS_TOKEN_ALGORITHM, header });
    return { token, expiresIn: claims.exp - claims.iat };
  }
}
