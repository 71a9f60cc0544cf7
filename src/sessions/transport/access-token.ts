import type { FastifyRequest } from 'fastify';
import { contractOf, type ContractName } from '../../platform/http/contract-name';
import { bearerToken } from './bearer';
import { accessCookie, activeAccountCookie, foreignTokenCookie, hasRefreshCookie } from './cookies';

export interface PresentedToken {
  readonly token: string;
  /** A browser sends a cookie by itself, whoever made it ask; a header it does not. */
  readonly byCookie: boolean;
  /** It is a token of an issuer elsewhere: in a cookie that is good, and as a Bearer token never. */
  readonly foreign: boolean;
}

/** A cookie that may show a session. */
interface Source {
  readonly read: (request: FastifyRequest) => string | null;
  readonly foreign: boolean;
}

const access: Source = { read: accessCookie, foreign: false };
const activeAccount: Source = { read: activeAccountCookie, foreign: false };
const foreignToken: Source = { read: foreignTokenCookie, foreign: true };
/** Who comes by a PIN is nobody once a minute is over: then its refresh cookie is there alone, and the client is to use it. */
const unlessByPin = ({ read, foreign }: Source): Source => ({
  read: (request) => (hasRefreshCookie(request) ? null : read(request)),
  foreign,
});

/** Where a contract looks for the token of a request that has no header: the first cookie that is there is meant. */
const COOKIES: Readonly<Partial<Record<ContractName, readonly Source[]>>> = {
  pin: [access],
  wallet: [activeAccount, access, foreignToken],
  crossmint: [foreignToken, access, activeAccount],
};
/** Elsewhere a token of any contract will do. */
const ANY: readonly Source[] = [access, unlessByPin(activeAccount), unlessByPin(foreignToken)];

/**
 * The access token that a request presents. Who sends an `Authorization` header means it: cookies beside it are not
 * looked at.
 * @throws InvalidToken when a cookie comes more than once
 */
export function presentedToken(request: FastifyRequest): PresentedToken | null {
  if (request.headers.authorization !== undefined) {
    const token = bearerToken(request);
    return token === null ? null : { token, byCookie: false, foreign: false };
  }
  for (const { read, foreign } of COOKIES[contractOf(request)] ?? ANY) {
    const token = read(request);
    if (token !== null) return { token, byCookie: true, foreign };
  }
  return null;
}
