import type { FastifyRequest } from 'fastify';
import { cookieNames, cookieValues } from '../../platform/http/cookies';
import { InvalidRefreshToken, InvalidToken } from '../session.errors';

/** The cookies of the pin contract. */
export const ACCESS_COOKIE = 'accessToken';
export const REFRESH_COOKIE = 'refreshToken';

/** Those of the wallet contract: an access token for each account, and the address of the one in use. */
export const ACTIVE_ACCOUNT_COOKIE = 'thirdweb_auth_active_account';
const ACCOUNT_COOKIE_PREFIX = 'thirdweb_auth_token_';
/** What an address of any chain is written in; what else a client calls its account makes no cookie's name. */
const ADDRESS = /^[0-9A-Za-z]{1,100}$/;
export const accountCookieName = (address: string): string => ACCOUNT_COOKIE_PREFIX + address;

/** Those of the crossmint contract: its issuer's tokens, and an address. */
export const ISSUER_TOKEN_COOKIE = 'crossmint-jwt';
export const ISSUER_REFRESH_COOKIE = 'crossmint-refresh-token';
export const ISSUER_EMAIL_COOKIE = 'user-email';

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

/**
 * Its address; null for what is none.
 * @throws InvalidToken when the cookie comes more than once
 */
export function activeAccount(request: Request): string | null {
  const address = only(request, ACTIVE_ACCOUNT_COOKIE);
  return address !== null && ADDRESS.test(address) ? address : null;
}

/** @throws InvalidToken when the cookie comes more than once */
export const accountCookie = (request: Request, address: string): string | null =>
  only(request, accountCookieName(address));

/** The addresses that a browser keeps a token of, in the order in which it sends them: the oldest first. */
export const accountsOf = (request: Request): string[] =>
  cookieNames(request)
    .filter((name) => name.startsWith(ACCOUNT_COOKIE_PREFIX))
    .map((name) => name.slice(ACCOUNT_COOKIE_PREFIX.length))
    .filter((address) => ADDRESS.test(address));

/** Whether a request shows that its client speaks the wallet contract. */
export const hasAccountCookies = (request: Request): boolean =>
  cookieNames(request).some((name) => name.startsWith('thirdweb_auth_'));

export const hasRefreshCookie = (request: Request): boolean =>
  cookieValues(request, REFRESH_COOKIE).length > 0;

/** @throws InvalidToken when the cookie comes more than once */
export const issuerTokenCookie = (request: Request): string | null => only(request, ISSUER_TOKEN_COOKIE);

/**
 * What the issuer's refresh token is; null where there is none.
 * @throws InvalidToken when the cookie comes more than once
 */
export function issuerRefreshCookie(request: Request): string | null {
  const value = only(request, ISSUER_REFRESH_COOKIE);
  return value && decoded(value);
}

/** All that there are. */
export const issuerRefreshCookies = (request: Request): string[] =>
  cookieValues(request, ISSUER_REFRESH_COOKIE)
    .filter((value) => value !== '')
    .map(decoded);

/** The address beside them; null where there is none, or more than one. */
export function issuerEmailCookie(request: Request): string | null {
  const [value, ...others] = cookieValues(request, ISSUER_EMAIL_COOKIE);
  return value && others.length === 0 ? decoded(value) : null;
}

/** @throws InvalidRefreshToken when the cookie is missing, or comes more than once */
export function refreshCookie(request: Request): string {
  const [token, ...others] = cookieValues(request, REFRESH_COOKIE);
  if (others.length > 0) throw new InvalidRefreshToken(REFRESH_COOKIE);
  if (!token) throw new InvalidRefreshToken();
  return token;
}

/** As it was before it was written into a cookie. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function only(request: Request, name: string): string | null {
  const [value, ...others] = cookieValues(request, name);
  if (others.length > 0) throw new InvalidToken(undefined, name);
  return value || null;
}
