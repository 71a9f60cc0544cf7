import type { FastifyRequest } from 'fastify';
import { contractOf, type ContractName } from '../../platform/http/contract-name';
import { bearerToken } from './bearer';
import { accessCookie, activeAccountCookie, hasRefreshCookie } from './cookies';

export interface PresentedToken {
  readonly token: string;
  /** A browser sends a cookie by itself, whoever made it ask; a header it does not. */
  readonly byCookie: boolean;
}

type CookieOf = (request: FastifyRequest) => string | null;

/** Where a contract looks for the token of a request that has no header: the first cookie that is there is meant. */
const COOKIES: Readonly<Partial<Record<ContractName, readonly CookieOf[]>>> = {
  pin: [accessCookie],
  wallet: [activeAccountCookie, accessCookie],
};
/**
 * Elsewhere a token of any contract will do, but who comes by a PIN is not taken for the wallet beside it once a minute is
 * over: then its refresh cookie is there alone, and the client is to use it.
 */
const ANY: readonly CookieOf[] = [
  accessCookie,
  (request) => (hasRefreshCookie(request) ? null : activeAccountCookie(request)),
];

/**
 * The access token that a request presents. Who sends an `Authorization` header means it: cookies beside it are not
 * looked at.
 * @throws InvalidToken when a cookie comes more than once
 */
export function presentedToken(request: FastifyRequest): PresentedToken | null {
  if (request.headers.authorization !== undefined) {
    const token = bearerToken(request);
    return token === null ? null : { token, byCookie: false };
  }
  for (const cookieOf of COOKIES[contractOf(request)] ?? ANY) {
    const token = cookieOf(request);
    if (token !== null) return { token, byCookie: true };
  }
  return null;
}
