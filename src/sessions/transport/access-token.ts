import type { FastifyRequest } from 'fastify';
import { contractOf, type ContractName } from '../../platform/http/contract-name';
import { bearerToken } from './bearer';
import {
  accessCookie,
  activeAccountCookie,
  hasRefreshCookie,
  issuerRefreshCookie,
  issuerTokenCookie,
} from './cookies';

export interface PresentedToken {
  readonly token: string;
  /** A browser sends a cookie by itself, whoever made it ask; a header it does not. */
  readonly byCookie: boolean;
  /** It is of an issuer elsewhere: good in a cookie, and as a Bearer token never. */
  readonly ofIssuer: boolean;
}

/** A cookie that may show a session. */
interface Source {
  readonly read: (request: FastifyRequest) => string | null;
  readonly ofIssuer: boolean;
}

const access: Source = { read: accessCookie, ofIssuer: false };
const activeAccount: Source = { read: activeAccountCookie, ofIssuer: false };
/** A browser keeps the JWT for as long as that is good; then the refresh token beside it is all that is left. */
const issuerToken: Source = {
  read: (request) => issuerTokenCookie(request) ?? issuerRefreshCookie(request),
  ofIssuer: true,
};
/** Who comes by a PIN is nobody once a minute is over: then its refresh cookie is there alone, and the client is to use it. */
const unlessByPin = ({ read, ofIssuer }: Source): Source => ({
  read: (request) => (hasRefreshCookie(request) ? null : read(request)),
  ofIssuer,
});

/** Where a contract looks for the token of a request that has no header: the first cookie that is there is meant. */
const COOKIES: Readonly<Partial<Record<ContractName, readonly Source[]>>> = {
  pin: [access],
  wallet: [activeAccount, access, issuerToken],
  crossmint: [issuerToken, access, activeAccount],
};
/** Elsewhere a token of any contract will do. */
const ANY: readonly Source[] = [access, unlessByPin(activeAccount), unlessByPin(issuerToken)];

/**
 * The access token that a request presents. Who sends an `Authorization` header means it: cookies beside it are not
 * looked at.
 * @throws InvalidToken when a cookie comes more than once
 */
export function presentedToken(request: FastifyRequest): PresentedToken | null {
  if (request.headers.authorization !== undefined) {
    const token = bearerToken(request);
    return token === null ? null : { token, byCookie: false, ofIssuer: false };
  }
  for (const { read, ofIssuer } of COOKIES[contractOf(request)] ?? ANY) {
    const token = read(request);
    if (token !== null) return { token, byCookie: true, ofIssuer };
  }
  return null;
}
