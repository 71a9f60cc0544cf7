import { ApiProperty } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { ApiError } from '../../platform/http/api-error';
import { crossSiteAttributes } from '../../platform/http/cookies';
import { accountCookieName, accountsOf, ACTIVE_ACCOUNT_COOKIE } from '../../sessions/transport/cookies';
import type { Renewed, SignedIn } from '../signed-in';
import type { Contract } from './contract';

const DAY = 86_400_000;
/** Each is half a kilobyte of every request, and proxies refuse a header of 8 KB: then nobody could even sign out. */
const MOST_ACCOUNTS = 10;

export class WalletToken {
  @ApiProperty({ description: 'Access token: a JWT signed with ES256, also in a cookie' })
  token: string;
}

export class WalletMessage {
  @ApiProperty({ example: 'Successfully logged out' })
  message: string;
}

/** Where the error's own text speaks of what these clients don't have. */
const TEXTS: Readonly<Record<string, string>> = {
  INVALID_CREDENTIALS: 'This account can’t be signed in to',
};

const errorSchema = {
  type: 'object',
  required: ['error'],
  properties: { error: { type: 'string', description: 'For people' } },
};

/** Sets the token of an account, and makes it the one in use. */
export function setAccountCookies(
  reply: FastifyReply,
  address: string,
  { accessToken, expiresIn }: Pick<Renewed, 'accessToken' | 'expiresIn'>,
): void {
  void reply.setCookie(accountCookieName(address), accessToken, lasting(reply, expiresIn));
  setActiveAccount(reply, address, expiresIn);
}

/** @param expiresIn seconds */
export function setActiveAccount(reply: FastifyReply, address: string, expiresIn: number): void {
  void reply.setCookie(ACTIVE_ACCOUNT_COOKIE, address, lasting(reply, expiresIn));
}

/**
 * Answers `POST /auth/logout`: which account was in use stays known, as its clients expect.
 * @param address of the account that was, null where none was
 */
export function writeLoggedOut(reply: FastifyReply, address: string | null): WalletMessage {
  if (address !== null) forgetAccount(reply, address);
  return { message: 'Successfully logged out' };
}

const forgetAccount = (reply: FastifyReply, address: string): void =>
  void reply.clearCookie(accountCookieName(address), crossSiteAttributes(reply));

const lasting = (reply: FastifyReply, maxAge: number) => ({ ...crossSiteAttributes(reply), maxAge });

/** Makes room for one more: the browser sends first what it has had for longest. */
function forgetSurplus(reply: FastifyReply, address: string): void {
  const others = accountsOf(reply.request).filter((one) => one !== address);
  for (const surplus of others.slice(0, Math.max(0, others.length + 1 - MOST_ACCOUNTS)))
    forgetAccount(reply, surplus);
}

export const wallet = {
  errorSchema,
  error: ({ code, message }: ApiError) => ({ error: TEXTS[code] ?? message }),
  lives: { accessToken: DAY, fixedRefreshToken: false, idle: DAY },
  signedIn: (result: SignedIn, reply: FastifyReply): WalletToken => {
    const address = result.credential?.knownAs;
    if (address) {
      forgetSurplus(reply, address);
      setAccountCookies(reply, address, result);
    }
    return { token: result.accessToken };
  },
  signedInType: WalletToken,
} satisfies Contract;
