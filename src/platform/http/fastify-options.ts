import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { LogController, type FastifyReply, type FastifyRequest, type FastifyServerOptions } from 'fastify';
import { ValidationFailed } from './api-error';
import type { ErrorForms } from './error.filter';
import type { HttpSettings } from './http.settings';
import type { LogSettings } from '../logging/log.settings';

/** The largest honest body is a JWT with its surroundings; this leaves ample room. */
export const BODY_LIMIT = 100 * 1024;
/** An email address of 254 characters, each written as %xx. */
const LONGEST_PARAMETER = 3 * 254;
/** Paths with a parameter in the managed contract: the router refuses a broken one before it knows the route. */
const MANAGED_PATH = /^\/v1\/|^\/auth\/(password-reset\/|[^/]*\/sessions)/;
/** What we take over from a proxy or a client as the id of a request: nothing that could break a log line. */
const FOREIGN_REQUEST_ID = /^[\w.-]{8,64}$/;

/** A body that takes longer to arrive is cut off, so that slow senders can't hold connections for good. */
const SLOWEST_REQUEST = 30_000;

/** What is logged of an error. Errors of the database also bear the statement's values: hashes, addresses. */
const withoutValues = ({ name, message, stack, code }: Error & { code?: unknown }) => ({
  type: name,
  message,
  stack: stack ?? '',
  code,
});

const malformed = new ValidationFailed([], 'The request is malformed');

export function fastifyOptions(
  http: HttpSettings,
  log: LogSettings,
  forms: Omit<ErrorForms, 'page'>,
): FastifyServerOptions {
  return {
    bodyLimit: BODY_LIMIT,
    routerOptions: { maxParamLength: LONGEST_PARAMETER },
    trustProxy: http.trustProxy,
    genReqId: (request) => {
      const given = String(request.headers['x-request-id'] ?? '');
      return FOREIGN_REQUEST_ID.test(given) ? given : randomUUID();
    },
    // One line per request is written by our own hook: a URL's query may hold a secret, so only its path is.
    logController: new LogController({ disableRequestLogging: true }),
    logger: { level: log.level, base: null, serializers: { err: withoutValues } },
    requestTimeout: SLOWEST_REQUEST,
    // A closing server still serves what a kept-alive connection has sent, and closes the connection.
    return503OnClosing: false,
    // What the parser of HTTP refuses never becomes a request: the answer is written to the bare socket.
    clientErrorHandler: (error: Error & { code?: string }, socket: Socket) => {
      if (error.code === 'ECONNRESET' || !socket.writable) return;
      const body = JSON.stringify(forms.wire(malformed));
      const head = ['HTTP/1.1 400 Bad Request', 'Content-Type: application/json; charset=utf-8'];
      const rest = [`Content-Length: ${Buffer.byteLength(body)}`, 'Connection: close', '', body];
      socket.end(
        [
          ...head,
          `X-Request-Id: ${randomUUID()}`,
          'Cache-Control: no-store',
          'X-Content-Type-Options: nosniff',
          ...rest,
        ].join('\r\n'),
      );
    },
    // What the router refuses (a URL with a broken %-sequence) never reaches hooks or filter.
    frameworkErrors: (_error: Error, request: FastifyRequest, reply: FastifyReply) => {
      reply
        .code(400)
        .headers({
          'x-request-id': request.id,
          'cache-control': 'no-store',
          'x-content-type-options': 'nosniff',
        })
        .send((MANAGED_PATH.test(request.url) ? (forms.managed ?? forms.wire) : forms.wire)(malformed));
    },
  };
}
