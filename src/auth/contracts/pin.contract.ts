import { ApiProperty, PickType } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { ApiError } from '../../platform/http/api-error';
import { ACCESS_COOKIE, REFRESH_COOKIE } from '../../sessions/transport/cookies';
import type { User } from '../../users/user.entity';
import { UserView } from '../../users/user.view';
import type { Refreshed, Renewed, SignedIn } from '../signed-in';
import type { Contract } from './contract';

const ACCESS_TOKEN_LIFE = 60_000;

export class PinMessage {
  @ApiProperty({ example: 'Login successful' })
  message: string;
}

export class PinRenewed {
  @ApiProperty({ example: 'Access token refreshed successfully' })
  message: string;

  @ApiProperty({ description: 'The access token, also in the cookie accessToken' })
  accessToken: string;
}

class PinUser extends PickType(UserView, ['_id', 'name', 'createdAt']) {}

export class PinRegistered {
  @ApiProperty()
  user: PinUser;
}

/** Where this family of clients was promised another text than the error's own. */
const TEXTS: Readonly<Record<string, string>> = {
  INVALID_TOKEN: 'Unauthorized API access',
  INVALID_REFRESH_TOKEN: 'Invalid token',
  INVALID_CREDENTIALS: 'Invalid credentials',
};

const errorSchema = {
  oneOf: [
    { type: 'object', required: ['message'], properties: { message: { type: 'string' } } },
    {
      type: 'object',
      description: 'With 429',
      required: ['retryAfter'],
      properties: { retryAfter: { type: 'integer', description: 'Seconds' } },
    },
  ],
};

function setAccessCookie(reply: FastifyReply, { accessToken, expiresIn }: Renewed): void {
  void reply.setCookie(ACCESS_COOKIE, accessToken, { maxAge: expiresIn });
}

function setBothCookies(reply: FastifyReply, result: Refreshed): void {
  setAccessCookie(reply, result);
  void reply.setCookie(REFRESH_COOKIE, result.session.refreshToken, { maxAge: result.sessionExpiresIn });
}

/** Answers `POST /auth/refresh`: the refresh cookie stays as it is. */
export function writeRenewed(result: Renewed, reply: FastifyReply): PinRenewed {
  setAccessCookie(reply, result);
  return { message: 'Access token refreshed successfully', accessToken: result.accessToken };
}

/** Answers `POST /auth/logout`. */
export function writeSignedOut(reply: FastifyReply): PinMessage {
  for (const name of [ACCESS_COOKIE, REFRESH_COOKIE]) void reply.clearCookie(name);
  return { message: 'Logout successful' };
}

export const pin = {
  errorSchema,
  error: ({ code, message, retryAfter }: ApiError) =>
    code === 'RATE_LIMITED' ? { retryAfter } : { message: TEXTS[code] ?? message },
  lives: { accessToken: ACCESS_TOKEN_LIFE, fixedRefreshToken: true },
  signedIn: (result: SignedIn, reply: FastifyReply): PinMessage => {
    setBothCookies(reply, result);
    return { message: 'Login successful' };
  },
  signedInType: PinMessage,
  registered: (
    { id, name, createdAt }: User,
    result: SignedIn | null,
    reply: FastifyReply,
  ): PinRegistered => {
    if (result) setBothCookies(reply, result);
    return { user: { _id: id, name, createdAt } };
  },
  registeredType: PinRegistered,
} satisfies Contract;
