import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import Ajv, { type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { describeApi } from '../../src/openapi';

/**
 * Holds every answer of a test application against the OpenAPI document: the status must be documented and
 * the body must be exactly of the documented shape, without a field more. Returns what did not fit.
 */
export function watchConformance(app: NestFastifyApplication): string[] {
  const violations: string[] = [];
  let check:
    ((request: FastifyRequest, reply: FastifyReply, payload: unknown) => string | undefined) | undefined;
  const fastify: FastifyInstance = app.getHttpAdapter().getInstance();
  fastify.addHook('onSend', (request, reply, payload, done) => {
    check ??= checker(strict(describeApi(app)));
    const violation = check(request, reply, payload);
    if (violation) violations.push(violation);
    done();
  });
  return violations;
}

function checker(document: object) {
  const ajv = addFormats(new Ajv({ strict: false }));
  ajv.addSchema(document, 'api');
  const validators = new Map<string, ValidateFunction>();
  return (request: FastifyRequest, reply: FastifyReply, payload: unknown): string | undefined => {
    const path = request.routeOptions.url?.replace(/:(\w+)/g, '{$1}');
    // It is answered as its GET is, without the body.
    if (request.method === 'HEAD') return undefined;
    // A page is for people, and no part of the API.
    if (String(reply.getHeader('content-type')).startsWith('text/html')) return undefined;
    if (!path || !Object.hasOwn((document as { paths: object }).paths, path)) return undefined;
    const place = ['paths', path, request.method.toLowerCase(), 'responses', String(reply.statusCode)];
    const name = `${request.method} ${path} ${reply.statusCode}`;
    const bodiless = bodilessOf(document, place);
    if (bodiless)
      return bodiless(reply, payload) ? undefined : `${name}: not the empty answer that is documented`;
    const pointer = [...place, 'content', 'application/json', 'schema'].map(escape).join('/');
    try {
      const validator = validators.get(name) ?? ajv.compile({ $ref: `api#/${pointer}` });
      validators.set(name, validator);
      if (validator(JSON.parse(String(payload)))) return undefined;
      return `${name}: ${ajv.errorsText(validator.errors)} in ${String(payload)}`;
    } catch (error) {
      return `${name}: ${(error as Error).message}`;
    }
  };
}

/** Checks an answer that is documented without a body: it says where it leads, where that is documented, and nothing else. */
const bodilessOf = (
  document: object,
  place: readonly string[],
): ((reply: FastifyReply, payload: unknown) => boolean) | undefined => {
  const response = place.reduce<unknown>(
    (at, key) => (at as Record<string, unknown> | undefined)?.[key],
    document,
  );
  const { headers = {}, content } = (response ?? { content: {} }) as { headers?: object; content?: object };
  if (content !== undefined) return undefined;
  return (reply, payload) => !payload && (!('Location' in headers) || reply.hasHeader('location'));
};

const escape = (part: string): string => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));

/** The document with every object closed: a field that it does not name is a violation. */
function strict(document: object): object {
  return JSON.parse(
    JSON.stringify(document, (_key, value: unknown) =>
      typeof value === 'object' && value !== null && 'properties' in value && 'type' in value
        ? { additionalProperties: false, ...value }
        : value,
    ),
  ) as object;
}
