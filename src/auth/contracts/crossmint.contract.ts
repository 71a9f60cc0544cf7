import { ApiProperty } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { ApiError } from '../../platform/http/api-error';
import { cookieValues, forgetEverywhere } from '../../platform/http/cookies';
import type { HttpSettings } from '../../platform/http/http.settings';
import {
  ISSUER_EMAIL_COOKIE,
  ISSUER_REFRESH_COOKIE,
  ISSUER_TOKEN_COOKIE,
} from '../../sessions/transport/cookies';
import type { Contract } from './contract';

/** Browsers keep no cookie for longer (RFC 6265bis, 5.5), in seconds. */
const LONGEST_COOKIE = 400 * 86_400;
/** Browsers drop a larger one without a word: name and value together, in bytes (RFC 6265bis, 5.6). */
export const LARGEST_COOKIE_VALUE = 4_000;

export class CrossmintSuccess {
  @ApiProperty({ enum: [true] })
  success: true;
}

/** What a browser keeps of a session: its issuer's tokens, and an address. */
export interface IssuerSession {
  readonly jwt: string;
  readonly expiresAt: Date;
  /** Where the issuer has taken the client's. */
  readonly refresh?: { readonly secret: string; readonly expiresAt: Date };
  readonly email: string | null;
  /** Nothing of what the browser has beside it is of the same person. */
  readonly stranger?: boolean;
}

const COOKIES = [ISSUER_TOKEN_COOKIE, ISSUER_REFRESH_COOKIE, ISSUER_EMAIL_COOKIE];

/** Codes that its clients know by another name. */
const CODES: Readonly<Record<string, string>> = {
  INVALID_TOKEN: 'UNAUTHORIZED',
  INVALID_CREDENTIALS: 'UNAUTHORIZED',
};
/** Where the error's own text speaks of what these clients don't have. */
const TEXTS: Readonly<Record<string, string>> = {
  INVALID_CREDENTIALS: 'This account can’t be signed in to',
};

const errorSchema = {
  type: 'object',
  required: ['error', 'code'],
  properties: {
    error: { type: 'string', description: 'For people' },
    code: { type: 'string', description: 'Stable; switch on it' },
  },
};

/** @param now to count the lives of the cookies from */
export function setIssuerSession(reply: FastifyReply, session: IssuerSession, now: Date): void {
  const until = (end: Date) => ({
    maxAge: Math.min(LONGEST_COOKIE, Math.max(0, Math.floor((end.getTime() - now.getTime()) / 1_000))),
  });
  const { jwt, expiresAt, refresh, email } = session;
  if (session.stranger) forget(reply, [ISSUER_REFRESH_COOKIE, ISSUER_EMAIL_COOKIE]);
  void reply.setCookie(ISSUER_TOKEN_COOKIE, jwt, until(expiresAt));
  if (refresh) void reply.setCookie(ISSUER_REFRESH_COOKIE, refresh.secret, until(refresh.expiresAt));
  if (email !== null)
    void reply.setCookie(ISSUER_EMAIL_COOKIE, email, until(refresh?.expiresAt ?? expiresAt));
}

/** Answers `POST /api/auth/logout`. */
export function writeForgotten(reply: FastifyReply, http: HttpSettings): CrossmintSuccess {
  for (const name of COOKIES) {
    if (cookieValues(reply.request, name).length > 1) forgetEverywhere(reply, name, http);
    void reply.clearCookie(name);
  }
  return { success: true };
}

/** Those that are there; one that is set after it stays. */
function forget(reply: FastifyReply, names: readonly string[]): void {
  for (const name of names) if (cookieValues(reply.request, name).length > 0) void reply.clearCookie(name);
}

export const crossmint = {
  errorSchema,
  error: ({ code, message }: ApiError) => ({ error: TEXTS[code] ?? message, code: CODES[code] ?? code }),
} satisfies Contract;
