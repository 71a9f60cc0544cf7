import { Inject, Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { isUUID } from 'class-validator';
import type { FastifyRequest } from 'fastify';
import { Strategy, type SecretOrKeyProvider } from 'passport-jwt';
import { LruMap } from 'toad-cache';
import { Clock } from '../platform/clock/clock';
import type { Principal } from '../platform/http/principal';
import {
  ACCESS_TOKEN_ALGORITHM,
  ACCESS_TOKEN_TYPE,
  AccessTokens,
  type AccessTokenClaims,
} from './access-tokens';
import { LiveSessions } from './live-sessions';
import { sessionSettings, type SessionSettings } from './session.settings';
import { SigningKeys } from './signing-keys';
import { presentedToken } from './transport/access-token';
import { rememberVerified, type JwtVerifier } from './verified-tokens';

/** More than keys are published at a time. */
const MOST_HEADERS = 10;

const passportJwt = Strategy as unknown as { JwtVerifier: JwtVerifier };
const verify = passportJwt.JwtVerifier;
/** Tokens that are remembered where fewer sessions, or none, are kept. */
const LEAST_TOKENS = 5_000;

/**
 * Checks an access token: signature (passport-jwt, ES256 only), type, issuer, audience and expiry, then that
 * its session lives. A good signature alone opens nothing, so logout and revocation hold at once.
 */
@Injectable()
export class AccessTokenStrategy extends PassportStrategy(Strategy, 'access-token') {
  constructor(
    keys: SigningKeys,
    tokens: AccessTokens,
    private readonly clock: Clock,
    private readonly sessions: LiveSessions,
    @Inject(sessionSettings.token) { mostKept }: SessionSettings,
  ) {
    super({
      jwtFromRequest: ((request: FastifyRequest) => presentedToken(request)?.token ?? null) as never,
      secretOrKeyProvider: keyProvider(keys),
      algorithms: [ACCESS_TOKEN_ALGORITHM],
      issuer: tokens.issuer,
      audience: tokens.audience,
      // Checked below by our own clock, which a test can move.
      ignoreExpiration: true,
    });
    passportJwt.JwtVerifier = rememberVerified(verify, Math.max(mostKept, LEAST_TOKENS));
  }

  async validate(claims: AccessTokenClaims): Promise<Principal | null> {
    const now = this.clock.now();
    if (typeof claims.exp !== 'number' || claims.exp * 1_000 <= now.getTime()) return null;
    if (!isUUID(claims.sid)) return null;
    const live = await this.sessions.find(claims.sid, now);
    if (live?.user.id !== claims.sub) return null;
    const token = { issuedAt: new Date(claims.iat * 1_000), expiresAt: new Date(claims.exp * 1_000) };
    return { ...live, token };
  }
}

/**
 * The header is not to be trusted yet; it may only choose among our own published keys. Tokens of one key have one header,
 * so the ids of keys are remembered by it.
 */
function keyProvider(keys: SigningKeys): SecretOrKeyProvider {
  const kids = new LruMap<string>(MOST_HEADERS);
  const kidOf = (header: string): string | undefined => {
    const known = kids.get(header);
    if (known !== undefined) return known;
    const { typ, kid } = readHeader(header);
    if (typ !== ACCESS_TOKEN_TYPE || typeof kid !== 'string' || !keys.find(kid)) return undefined;
    kids.set(header, kid);
    return kid;
  };
  return (_request, token: string, done) => {
    const key = keys.find(kidOf(token.slice(0, token.indexOf('.'))));
    done(key ? null : new Error('not one of our access tokens'), key as never);
  };
}

/** A JOSE header, unchecked. */
function readHeader(header: string): { typ?: unknown; kid?: unknown } {
  try {
    return Object(JSON.parse(Buffer.from(header, 'base64url').toString())) as object;
  } catch {
    return {};
  }
}
