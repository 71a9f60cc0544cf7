import type { FastifyRequest } from 'fastify';
import { cookieValues } from '../../platform/http/cookies';
import { InvalidRefreshToken, InvalidToken } from '../session.errors';

/** The cookies of the pin contract. */
export const ACCESS_COOKIE = 'accessToken';
export const REFRESH_COOKIE = 'refreshToken';

type Request = Pick<FastifyRequest, 'headers'>;

/** @throws InvalidToken when the cookie comes more than once */
export function accessCookie(request: Request): string | null {
  const [token, ...others] = cookieValues(request, ACCESS_COOKIE);
  if (others.length > 0) throw new InvalidToken(undefined, ACCESS_COOKIE);
  return token || null;
}

/** @throws InvalidRefreshToken when the cookie is missing, or comes more than once */
export function refreshCookie(request: Request): string {
  const [token, ...others] = cookieValues(request, REFRESH_COOKIE);
  if (others.length > 0) throw new InvalidRefreshToken(REFRESH_COOKIE);
  if (!token) throw new InvalidRefreshToken();
  return token;
}
