import type { KeyObject } from 'node:crypto';
import { LruMap } from 'toad-cache';

/** passport-jwt's `JwtVerifier`: it leaves the check of a token to this function, and lets it be replaced. */
export type JwtVerifier = (
  token: string,
  key: KeyObject,
  options: object,
  done: (error: Error | null, claims?: object) => void,
) => void;

/** Some 20 MB at the most, because longer tokens are not remembered; in characters. */
const MOST = 10_000;
const LONGEST = 2_000;

/**
 * Remembers tokens whose signature was good, because checking one takes longer than all else in a request.
 * It says nothing of expiry, session or user: those are looked at each time. A token is remembered for one
 * key and one set of options, so a key that is withdrawn takes its tokens along.
 */
export function rememberVerified(verify: JwtVerifier): JwtVerifier {
  const verified = new LruMap<{ key: KeyObject; options: object; claims: object }>(MOST);
  return (token, key, options, done) => {
    const known = verified.get(token);
    if (known?.key === key && known.options === options) return done(null, known.claims);
    verify(token, key, options, (error, claims) => {
      if (claims && token.length <= LONGEST)
        verified.set(token, { key, options, claims: Object.freeze(claims) });
      done(error, claims);
    });
  };
}
