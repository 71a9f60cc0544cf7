import type { FastifyRequest } from 'fastify';
import { bearerToken } from './bearer';
import { accessCookie } from './cookies';

export interface PresentedToken {
  readonly token: string;
  /** A browser sends a cookie by itself, whoever made it ask; a header it does not. */
  readonly byCookie: boolean;
}

/**
 * The access token that a request presents. Who sends an `Authorization` header means it: cookies beside it are not
 * looked at.
 * @throws InvalidToken when a cookie comes more than once
 */
export function presentedToken(request: Pick<FastifyRequest, 'headers'>): PresentedToken | null {
  const byCookie = request.headers.authorization === undefined;
  const token = byCookie ? accessCookie(request) : bearerToken(request);
  return token === null ? null : { token, byCookie };
}
