import type { Type } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { ApiError } from '../../platform/http/api-error';
import type { SignedIn } from '../sign-in.service';

/** How results and errors are written for one family of clients. A contract decides nothing. */
export interface Contract {
  /** The body of an error's answer. */
  readonly error: (error: ApiError) => object;
  /** JSON Schema of that body, for the OpenAPI document. */
  readonly errorSchema: object;
  /** The body of a sign-in's answer; a contract on cookies sets them on the reply. */
  readonly signedIn: (result: SignedIn, reply: FastifyReply) => object;
  /** The class of that body, for the OpenAPI document. */
  readonly signedInType: Type;
}
