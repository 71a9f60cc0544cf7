import { hash, type KeyObject } from 'node:crypto';
import { LruMap } from 'toad-cache';

/** passport-jwt's `JwtVerifier`: it leaves the check of a token to this function, and lets it be replaced. */
export type JwtVerifier = (
  token: string,
  key: KeyObject,
  options: object,
  done: (error: Error | null, claims?: object) => void,
) => void;

/** What longer tokens say is not remembered; in characters. */
const LONGEST = 2_000;

/**
 * Remembers tokens whose signature was good, because checking one takes longer than all else in a request.
 * It says nothing of expiry, session or user: those are looked at each time. A token is remembered for one
 * key and one set of options, so a key that is withdrawn takes its tokens along. Of the token itself its SHA-256 is kept,
 * which is a twentieth of it.
 */
export function rememberVerified(verify: JwtVerifier, most: number): JwtVerifier {
  const verified = new LruMap<{ key: KeyObject; options: object; claims: object }>(most);
  return (token, key, options, done) => {
    const digest = hash('sha256', token, 'base64');
    const known = verified.get(digest);
    if (known?.key === key && known.options === options) return done(null, known.claims);
    verify(token, key, options, (error, claims) => {
      if (claims && token.length <= LONGEST)
        verified.set(digest, { key, options, claims: Object.freeze(claims) });
      done(error, claims);
    });
  };
}
