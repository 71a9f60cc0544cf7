import type { FastifyRequest } from 'fastify';
import { cookieNames, cookieValues } from '../../platform/http/cookies';
import { InvalidRefreshToken, InvalidToken } from '../session.errors';

/** The cookies of the pin contract. */
export const ACCESS_COOKIE = 'accessToken';
export const REFRESH_COOKIE = 'refreshToken';

/** Those of the wallet contract: an access token for each account, and the address of the one in use. */
export const ACTIVE_ACCOUNT_COOKIE = 'thirdweb_auth_active_account';
const ACCOUNT_COOKIE_PREFIX = 'thirdweb_auth_token_';
export const accountCookieName = (address: string): string => ACCOUNT_COOKIE_PREFIX + address;

type Request = Pick<FastifyRequest, 'headers'>;

/** @throws InvalidToken when the cookie comes more than once */
export const accessCookie = (request: Request): string | null => only(request, ACCESS_COOKIE);

/**
 * The token of the account in use.
 * @throws InvalidToken when either cookie comes more than once
 */
export function activeAccountCookie(request: Request): string | null {
  const address = activeAccount(request);
  return address === null ? null : accountCookie(request, address);
}

/** @throws InvalidToken when the cookie comes more than once */
export const activeAccount = (request: Request): string | null => only(request, ACTIVE_ACCOUNT_COOKIE);

/** @throws InvalidToken when the cookie comes more than once */
export const accountCookie = (request: Request, address: string): string | null =>
  only(request, accountCookieName(address));

/** The addresses that a browser keeps a token of, in the order in which it sends them: the oldest first. */
export const accountsOf = (request: Request): string[] =>
  cookieNames(request)
    .filter((name) => name.startsWith(ACCOUNT_COOKIE_PREFIX))
    .map((name) => name.slice(ACCOUNT_COOKIE_PREFIX.length));

/** Whether a request shows that its client speaks the wallet contract. */
export const hasAccountCookies = (request: Request): boolean =>
  cookieValues(request, ACTIVE_ACCOUNT_COOKIE).length > 0 || accountsOf(request).length > 0;

/** @throws InvalidRefreshToken when the cookie is missing, or comes more than once */
export function refreshCookie(request: Request): string {
  const [token, ...others] = cookieValues(request, REFRESH_COOKIE);
  if (others.length > 0) throw new InvalidRefreshToken(REFRESH_COOKIE);
  if (!token) throw new InvalidRefreshToken();
  return token;
}

function only(request: Request, name: string): string | null {
  const [value, ...others] = cookieValues(request, name);
  if (others.length > 0) throw new InvalidToken(undefined, name);
  return value || null;
}
