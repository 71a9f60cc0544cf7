import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../../platform/http/principal';
import { InvalidToken } from '../session.errors';

/** Knows who comes by the cookies that hold tokens of an issuer elsewhere. */
export interface IssuerCookieReader {
  /**
   * Whose the cookies are; the answer may bring newer ones.
   * @throws InvalidToken, or another error of the contract that the request speaks
   */
  callerOf(request: FastifyRequest, reply: FastifyReply): Promise<Principal>;
}

/** Where a method whose clients keep another's token in a cookie says how that is read. Without one such cookies mean nothing. */
@Injectable()
export class IssuerCookies {
  private reader?: IssuerCookieReader;

  /** To be called while the application is wired. */
  readBy(reader: IssuerCookieReader): void {
    if (this.reader) throw new Error('two methods claim the cookies of issuers');
    this.reader = reader;
  }

  /** @throws InvalidToken, or another error of the contract that the request speaks */
  async callerOf(request: FastifyRequest, reply: FastifyReply): Promise<Principal> {
    if (!this.reader) throw new InvalidToken();
    return this.reader.callerOf(request, reply);
  }
}
