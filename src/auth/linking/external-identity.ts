import type { MethodName } from '../../sessions/method-name';
import { readEmail } from '../../users/email';
import { readName } from '../../users/name';

/** Who somebody is elsewhere, as an issuer has told us. */
export interface ExternalIdentity {
  readonly method: MethodName;
  readonly issuer: string;
  readonly subject: string;
  /** Null unless the issuer calls it verified, and it is one that we take. */
  readonly email: string | null;
  readonly name: string | null;
  /** What the person is called there: a login, or a name. */
  readonly knownAs: string | null;
}

/** What an issuer says, unchecked. */
interface Claims {
  readonly subject: unknown;
  readonly email: unknown;
  readonly emailVerified: unknown;
  readonly name: unknown;
  readonly login?: unknown;
}

/** OpenID Connect Core, 2. The database would make one of two that it can't write. */
const SUBJECT = /^[\x21-\x7e][\x20-\x7e]{0,254}$/;

export const isSubject = (given: unknown): given is string =>
  typeof given === 'string' && SUBJECT.test(given);

/**
 * @throws Error when there is no subject: two people without one would be one
 */
export function readIdentity(
  { method, issuer }: Pick<ExternalIdentity, 'method' | 'issuer'>,
  { subject, email, emailVerified, name, login }: Claims,
): ExternalIdentity {
  if (!isSubject(subject)) {
    throw new Error(`${issuer} names no subject of at most 255 ASCII characters`);
  }
  // Some issuers write the boolean as a text.
  const vouched = emailVerified === true || emailVerified === 'true';
  return {
    method,
    issuer,
    subject,
    email: vouched ? readEmail(email) : null,
    name: readName(name),
    knownAs: readName(login) ?? readName(name),
  };
}
