import { STATUS_CODES } from 'node:http';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, getSchemaPath, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { LOGIN_OPERATION, REGISTER_OPERATION, SETS_COOKIES } from './auth/auth.controller';
import { contractFor } from './auth/contracts/contracts';
import { SIGN_IN_METHODS, type SignInMethod } from './auth/sign-in-method';
import { methodsWith } from './auth/sign-in-registry';
import {
  Busy,
  Internal,
  PayloadTooLarge,
  UnsupportedMediaType,
  ValidationFailed,
  type ApiError,
  type FieldProblem,
} from './platform/http/api-error';
import { CONTRACTS, type ContractName } from './platform/http/contract-name';
import { CrossSiteRequest } from './platform/http/cross-site';
import { FAILURES } from './platform/http/failures.decorator';
import { BODY_LIMIT } from './platform/http/fastify-options';
import { httpSettings, type HttpSettings } from './platform/http/http.settings';
import { ISSUER_COOKIE_SCHEME, REFRESH_COOKIE_SCHEME } from './platform/http/session-security';
import { InvalidToken } from './sessions/session.errors';
import { ACCESS_COOKIE, ISSUER_TOKEN_COOKIE, REFRESH_COOKIE } from './sessions/transport/cookies';

type Failure = Pick<ApiError, 'code' | 'status' | 'message' | 'retryAfter'> & {
  problems?: readonly FieldProblem[];
};

interface Operation {
  operationId: string;
  security?: readonly object[];
  requestBody?: object;
  responses: Record<string, object>;
  [CONTRACTS]?: readonly ContractName[];
  [FAILURES]?: readonly Failure[];
}

const OK_TO_EVERYONE: readonly Failure[] = [new Busy(2), new Internal(undefined)];
const WITH_BODY: readonly Failure[] = [
  new ValidationFailed([
    { field: 'body', message: 'The body is not valid JSON in UTF-8, nests too deep, or has too many values' },
  ]),
  new PayloadTooLarge(BODY_LIMIT),
  new UnsupportedMediaType(),
];
const WITH_SESSION: readonly Failure[] = [new InvalidToken()];
/** A cookie that is the proof of a change must not come from another site. */
const WITH_SESSION_TO_CHANGE: readonly Failure[] = [...WITH_SESSION, new CrossSiteRequest()];

/** The page at /docs and the document at /openapi.json, whole enough to generate a client from. */
export function serveOpenApi(app: NestFastifyApplication): void {
  // Described at the first look: most instances are never asked.
  SwaggerModule.setup('docs', app, () => describeApi(app), {
    jsonDocumentUrl: 'openapi.json',
    yamlDocumentUrl: 'openapi.yaml',
    customSiteTitle: 'Gatehouse API',
  });
}

export function describeApi(app: NestFastifyApplication): OpenAPIObject {
  const { publicUrl } = app.get<HttpSettings>(httpSettings.token);
  const methods = app.get<readonly SignInMethod[]>(SIGN_IN_METHODS);
  const config = new DocumentBuilder()
    .setTitle('Gatehouse')
    .setDescription('Authentication on one session core.')
    .setVersion('0.1.0')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer(publicUrl)
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'An access token' })
    .addCookieAuth(ACCESS_COOKIE, {
      type: 'apiKey',
      description: 'The same in a cookie; of a wallet in thirdweb_auth_token_<address>',
    })
    .addCookieAuth(
      ISSUER_TOKEN_COOKIE,
      {
        type: 'apiKey',
        description: 'A JWT of Crossmint that was exchanged; with it, or alone, crossmint-refresh-token',
      },
      ISSUER_COOKIE_SCHEME,
    )
    .addCookieAuth(REFRESH_COOKIE, { type: 'apiKey' }, REFRESH_COOKIE_SCHEME)
    .build();
  const shared = [signingIn(methods), registering(methods)];
  const extraModels = shared.flatMap(({ bodies, answers }) => [...bodies, ...answers]);
  const document = SwaggerModule.createDocument(app, config, { extraModels });
  for (const { path, verb, operation } of operationsOf(document)) {
    const found = shared.find(({ operationId }) => operationId === operation.operationId);
    if (found) describeShared(operation, found);
    // A route that answers under two paths is two operations, and the managed contract alone speaks there.
    if (path.startsWith('/v1/')) {
      operation.operationId += 'V1';
      operation[CONTRACTS] = ['managed'];
    }
    describeFailures(operation, verb, document);
  }
  return document;
}

function* operationsOf(document: OpenAPIObject) {
  for (const [path, verbs] of Object.entries(document.paths)) {
    for (const [verb, operation] of Object.entries(verbs as Record<string, Operation>)) {
      yield { path, verb, operation };
    }
  }
}

/** A route that the methods share: one body and one answer for each of them. */
interface SharedOperation {
  readonly operationId: string;
  readonly status: 200 | 201;
  readonly description: string;
  /** Those that write its errors. */
  readonly contracts: readonly ContractName[];
  readonly failures: readonly Failure[];
  readonly bodies: readonly Function[];
  readonly answers: readonly Function[];
}

const signingIn = (methods: readonly SignInMethod[]): SharedOperation => ({
  operationId: LOGIN_OPERATION,
  status: 200,
  description: 'Signed in',
  // A body that no method finds its mark in is answered by wire.
  contracts: [
    ...new Set(['wire' as const, ...methodsWith('login', methods).map(({ login }) => login.contract)]),
  ],
  failures: methodsWith('login', methods).flatMap(({ login }) => login.failures ?? []),
  bodies: methodsWith('login', methods).flatMap(({ login }) => [login.body, ...(login.otherBodies ?? [])]),
  answers: methodsWith('login', methods).flatMap(
    ({ login }) => contractFor(login.contract).signedInType ?? [],
  ),
});

const registering = (methods: readonly SignInMethod[]): SharedOperation => ({
  operationId: REGISTER_OPERATION,
  status: 201,
  description: 'Registered and signed in',
  contracts: ['wire'],
  failures: methodsWith('register', methods).flatMap(({ register }) => register.failures ?? []),
  bodies: methodsWith('register', methods).map(({ register }) => register.body),
  answers: methodsWith('register', methods).flatMap(
    ({ register }) => contractFor(register.contract).registeredType ?? [],
  ),
});

function describeShared(
  operation: Operation,
  { status, description, contracts, failures, bodies, answers }: SharedOperation,
): void {
  const anyOf = (types: readonly Function[]) => ({
    anyOf: [...new Set(types)].map((type) => ({ $ref: getSchemaPath(type) })),
  });
  operation[CONTRACTS] = contracts;
  operation[FAILURES] = [...(operation[FAILURES] ?? []), ...failures];
  operation.requestBody = { required: true, content: json(anyOf(bodies)) };
  operation.responses[status] = { description, content: json(anyOf(answers)), headers: SETS_COOKIES };
}

/** Writes a route's own failures and those of its kind, in the forms of its contracts, one example each. */
function describeFailures(operation: Operation, verb: string, document: OpenAPIObject): void {
  const names = operation[CONTRACTS] ?? ['wire'];
  const schema = errorSchemaOf(names, document);
  for (const [status, failures] of byStatus(failuresOf(operation, verb))) {
    const examples = names.flatMap((name) =>
      failures.map((failure, index) => [
        titleOf(failure, failures.slice(0, index), names.length > 1 ? `${name} ` : ''),
        { value: contractFor(name).error(failure as ApiError) },
      ]),
    );
    operation.responses[status] ??= {
      description: STATUS_CODES[status] ?? '',
      content: json(schema, Object.fromEntries(examples) as object),
      ...(['429', '503'].includes(status) && { headers: retryAfter }),
    };
  }
  delete operation[FAILURES];
}

/** Two failures of one code are two examples. */
const titleOf = ({ code }: Failure, before: readonly Failure[], contract: string): string => {
  const same = before.filter((one) => one.code === code).length;
  return `${contract}${code}${same > 0 ? ` ${same + 1}` : ''}`;
};

/** Registers the error forms of these contracts. */
function errorSchemaOf(names: readonly ContractName[], document: OpenAPIObject): object {
  document.components ??= {};
  const schemas = (document.components.schemas ??= {});
  const references = names.map((name) => {
    const schema = `${name[0]?.toUpperCase()}${name.slice(1)}Error`;
    schemas[schema] ??= contractFor(name).errorSchema;
    return { $ref: `#/components/schemas/${schema}` };
  });
  return references.length === 1 ? (references[0] as object) : { anyOf: references };
}

const retryAfter = { 'Retry-After': { description: 'Seconds', schema: { type: 'integer' } } };

const json = (schema: object, examples?: object) => ({
  'application/json': { schema, ...(examples && { examples }) },
});

function failuresOf(operation: Operation, verb: string): readonly Failure[] {
  const session = verb === 'get' ? WITH_SESSION : WITH_SESSION_TO_CHANGE;
  return [
    ...(operation[FAILURES] ?? []),
    ...(operation.security?.every((scheme) => Object.keys(scheme).length > 0) ? session : []),
    // Also where none is asked for: whoever sends one may send a bad one.
    ...(['post', 'patch'].includes(verb) ? WITH_BODY : []),
    ...OK_TO_EVERYONE,
  ];
}

function byStatus(failures: readonly Failure[]): Map<string, Failure[]> {
  const groups = new Map<string, Failure[]>();
  for (const failure of failures) {
    const status = String(failure.status);
    const group = groups.get(status) ?? [];
    const known = group.some(({ code, message }) => code === failure.code && message === failure.message);
    if (!known) groups.set(status, [...group, failure]);
  }
  return groups;
}
