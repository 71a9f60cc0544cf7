import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy, type SecretOrKeyProvider } from 'passport-jwt';
import { Clock } from '../../platform/clock/clock';
import { isSubject } from '../linking/external-identity';
import { ASYMMETRIC, type IssuerKeys } from './issuer-keys';
import type { TrustedIssuer } from './trusted-issuer';
import type { JoseHeader, UncheckedJwt } from './unchecked-jwt';

export const ISSUER_JWT_STRATEGY = 'issuer-jwt';

/** How far an issuer's clock may be off, in ms. */
export const TOLERANCE = 5_000;
/** The year 10000: a later one is no date for everybody. */
const END_OF_TIME = 253_402_300_800;

/** What the strategy looks at, in place of a request. */
export interface PresentedJwt {
  readonly jwt: string;
  readonly header: JoseHeader;
  readonly issuer: TrustedIssuer;
  readonly keys: IssuerKeys;
}

/** Registered claims (RFC 7519, 4.1), as far as they are needed; times in seconds since the epoch. */
export type Claims = UncheckedJwt['claims'] & { readonly exp: number; readonly sub: string };

/**
 * Checks a JWT of an issuer elsewhere: its signature by passport-jwt, with a key of that issuer and an algorithm that the
 * key is for; then who it is by, for and about, and its times.
 */
@Injectable()
export class IssuerJwtStrategy extends PassportStrategy(Strategy, ISSUER_JWT_STRATEGY) {
  constructor(private readonly clock: Clock) {
    super({
      jwtFromRequest: (({ jwt }: PresentedJwt) => jwt) as never,
      secretOrKeyProvider: provideKey as unknown as SecretOrKeyProvider,
      algorithms: [...ASYMMETRIC] as never,
      passReqToCallback: true,
      // Checked below by our own clock, which a test can move.
      ignoreExpiration: true,
      jsonWebTokenOptions: { ignoreNotBefore: true },
    });
  }

  /** @returns null for one that is not good here, or not now */
  validate({ issuer: { iss, audiences } }: PresentedJwt, claims: UncheckedJwt['claims']): Claims | null {
    if (iss !== null && claims['iss'] !== iss) return null;
    const named = [claims['aud']].flat();
    if (audiences.length > 0 && !audiences.some((audience) => named.includes(audience))) return null;
    return isSubject(claims['sub']) && lastsAt(claims, this.clock.now()) ? (claims as Claims) : null;
  }
}

/** Whether a token says that it is good now; one that does not say until when is never. */
function lastsAt({ exp, nbf = 0 }: UncheckedJwt['claims'], now: Date): boolean {
  if (typeof exp !== 'number' || !(exp < END_OF_TIME) || typeof nbf !== 'number') return false;
  return nbf * 1_000 - TOLERANCE <= now.getTime() && !isOver(exp, now);
}

/** @param exp seconds since the epoch */
export const isOver = (exp: number, now: Date): boolean => exp * 1_000 + TOLERANCE <= now.getTime();

function provideKey(
  { keys, header }: PresentedJwt,
  _jwt: string,
  done: Parameters<SecretOrKeyProvider>[2],
): void {
  const refused = new Error('signed with no key of this issuer');
  keys.keyFor(header).then(
    (key) => done(key ? null : refused, key as never),
    (error: unknown) => done(error as Error),
  );
}
