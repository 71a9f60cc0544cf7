import { parseJson } from '../../platform/json/parse-json';

/** What a signed JWT says of itself (RFC 7515, section 4), as far as we look at it. */
export interface JoseHeader {
  readonly alg: string;
  readonly kid: string | undefined;
}

/** A JWT, read and not checked. */
export interface UncheckedJwt {
  readonly header: JoseHeader;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** In characters; no issuer's are nearly as long. */
const LONGEST = 8_192;
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/;
/** Kinds that say who somebody is. Others, such as logout tokens, are of the same issuer and mean something else (RFC 8725, 3.11). */
const TYPES = [undefined, 'jwt', 'at+jwt'];

/** Null for what is no signed JWT, or of a kind that nobody is known by. */
export function readJwt(jwt: string): UncheckedJwt | null {
  if (jwt.length > LONGEST || !COMPACT.test(jwt)) return null;
  const [header, claims] = jwt.split('.', 2).map(parse);
  if (!header || !claims) return null;
  const { alg, kid, typ, crit } = header;
  const type = typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : typ;
  if (typeof alg !== 'string' || !TYPES.includes(type as string | undefined)) return null;
  if (kid !== undefined && typeof kid !== 'string') return null;
  // It says that more must be understood than we do.
  if (crit !== undefined || claims['events'] !== undefined) return null;
  return { header: { alg, kid }, claims };
}

function parse(part: string): Readonly<Record<string, unknown>> | null {
  const parsed = parseJson(Buffer.from(part, 'base64url').toString());
  return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
    ? (parsed as Record<string, unknown>)
    : null;
}
