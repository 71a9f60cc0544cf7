import type { FastifyInstance, FastifyRequest } from 'fastify';
import { UnsupportedMediaType, ValidationFailed } from './api-error';
import { pageOf } from './contract-name';

/** Hooks that every request passes: its id on the answer, no caching unless a route asks for it, its log line. */
export function addRequestHooks(fastify: FastifyInstance): void {
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    void reply.header('x-request-id', request.id);
    if (!reply.hasHeader('cache-control')) void reply.header('cache-control', 'no-store');
    done();
  });
  fastify.addHook('onRequestAbort', (request, done) => {
    request.log.info({ method: request.method, path: pathOf(request), ip: request.ip }, 'request aborted');
    done();
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    const line = {
      method: request.method,
      path: pathOf(request),
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
      ip: request.ip,
    };
    // Reads that went well are the bulk of the traffic and the least of the news.
    const dull = request.method === 'GET' && reply.statusCode < 400;
    request.log[dull ? 'debug' : 'info'](line, 'request');
    done();
  });
}

/** The route's pattern where there is one: a path may hold an email address. */
const pathOf = (request: FastifyRequest): string =>
  request.routeOptions.url ?? request.url.split('?')[0] ?? '';

/**
 * JSON alone, so that no cross-site form can speak to us. An empty body is no body: clients that always send
 * a content type may also call routes that take none. Only the pages' own routes take forms, and look where they come from.
 */
export function acceptJsonOnly(fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const text = decode(body as Buffer);
    if (text === '') return done(null, undefined);
    void parse(request, text ?? '{', (error, parsed) =>
      error || !isOrdinary(parsed) ? done(malformed()) : done(null, parsed),
    );
  });
}

export function acceptFormsOfPages(fastify: FastifyInstance): void {
  const type = 'application/x-www-form-urlencoded';
  fastify.addContentTypeParser(type, { parseAs: 'buffer' }, (request, body, done) => {
    if (!pageOf(request)) return done(new UnsupportedMediaType());
    const text = decode(body as Buffer);
    if (text === undefined) return done(malformed());
    done(null, Object.fromEntries(new URLSearchParams(text)));
  });
}

/** Node's own decoding makes one character of all bytes that are no UTF-8: different passwords would be equal. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

function decode(body: Buffer): string | undefined {
  try {
    return utf8.decode(body);
  } catch {
    return undefined;
  }
}

/** No body of ours nests deeper; validation walks it by recursion, which a body of brackets would exhaust. */
const DEEPEST = 16;
/** Nor has one more values in all, a list of a thousand included: each is copied, so many more would hold everybody up. */
const MOST_VALUES = 2_000;

function isOrdinary(body: unknown): boolean {
  let values = 0;
  const walk = (value: unknown, levels: number): boolean =>
    ++values <= MOST_VALUES &&
    (typeof value !== 'object' ||
      value === null ||
      (levels > 0 && Object.values(value).every((inner) => walk(inner, levels - 1))));
  return walk(body, DEEPEST);
}

const malformed = () =>
  new ValidationFailed([
    { field: 'body', message: 'The body is not valid JSON in UTF-8, nests too deep, or has too many values' },
  ]);
