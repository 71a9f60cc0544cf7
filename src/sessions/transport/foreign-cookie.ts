import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../../platform/http/principal';

/** Knows who comes by a token of an issuer elsewhere. */
export interface ForeignCookieReader {
  /**
   * Who a token belongs to that a cookie brings; the answer may bring a newer one.
   * @throws InvalidToken, or another error of the contract that the request speaks
   */
  callerOf(token: string, request: FastifyRequest, reply: FastifyReply): Promise<Principal>;
}

/** Where a method whose clients keep another's token in a cookie says how that is read. Without one such cookies mean nothing. */
@Injectable()
export class ForeignCookies {
  reader?: ForeignCookieReader;
}
