import type { Type } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { ApiError } from '../../platform/http/api-error';
import type { User } from '../../users/user.entity';
import type { SignedIn } from '../signed-in';

/** How results and errors are written for one family of clients. A contract decides nothing. */
export interface Contract {
  /** The body of an error's answer. */
  readonly error: (error: ApiError) => object;
  /** JSON Schema of that body, for the OpenAPI document. */
  readonly errorSchema: object;
  /** Where its clients were promised other lives than the settings give. */
  readonly lives?: Lives;
  /** The body of a sign-in's answer at `POST /auth/login`, where it takes part; a contract on cookies sets them on the reply. */
  readonly signedIn?: (result: SignedIn, reply: FastifyReply) => object;
  /** The class of that body, for the OpenAPI document. */
  readonly signedInType?: Type;
  /** The same for a registration; without a result where the account must first prove its email. */
  readonly registered?: (user: User, result: SignedIn | null, reply: FastifyReply) => object;
  readonly registeredType?: Type;
}

export interface Lives {
  /** Of an access token, in milliseconds. */
  readonly accessToken: number;
  /** The refresh token is kept for the whole session: it never rotates, and lying idle does not end it. */
  readonly fixedRefreshToken: boolean;
  /** How long a session may lie idle, in milliseconds; less where SESSION_IDLE_TTL is. */
  readonly idle?: number;
}
