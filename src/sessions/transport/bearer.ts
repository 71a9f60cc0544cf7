import type { FastifyRequest } from 'fastify';

/** RFC 6750, section 2.1: the scheme in any case, one token. */
const BEARER = /^Bearer +([\w.~+/-]+=*)$/i;

/** The access token of an `Authorization` header, or null. */
export function bearerToken(request: Pick<FastifyRequest, 'headers'>): string | null {
  return BEARER.exec(request.headers.authorization ?? '')?.[1] ?? null;
}
