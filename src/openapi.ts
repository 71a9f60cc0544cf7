import { STATUS_CODES } from 'node:http';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, getSchemaPath, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { LOGIN_OPERATION } from './auth/auth.controller';
import { contractFor } from './auth/contracts/contracts';
import { SIGN_IN_METHODS, type SignInMethod } from './auth/sign-in-method';
import {
  Busy,
  Internal,
  PayloadTooLarge,
  UnsupportedMediaType,
  type ApiError,
  type FieldProblem,
} from './platform/http/api-error';
import { CONTRACT, type ContractName } from './platform/http/contract-name';
import { FAILURES } from './platform/http/failures.decorator';
import { BODY_LIMIT } from './platform/http/fastify-options';
import { httpSettings, type HttpSettings } from './platform/http/http.settings';
import { InvalidToken } from './sessions/session.errors';

type Failure = Pick<ApiError, 'code' | 'status' | 'message'> & { problems?: readonly FieldProblem[] };
type LoginMethod = SignInMethod & Required<Pick<SignInMethod, 'login'>>;

interface Operation {
  operationId: string;
  security?: unknown;
  requestBody?: object;
  responses: Record<string, object>;
  [CONTRACT]?: ContractName;
  [FAILURES]?: readonly Failure[];
}

const OK_TO_EVERYONE: readonly Failure[] = [new Busy(2), new Internal(undefined)];
const WITH_BODY: readonly Failure[] = [new PayloadTooLarge(BODY_LIMIT), new UnsupportedMediaType()];
const WITH_SESSION: readonly Failure[] = [new InvalidToken()];

/** The page at /docs and the document at /openapi.json, whole enough to generate a client from. */
export function serveOpenApi(app: NestFastifyApplication): void {
  SwaggerModule.setup('docs', app, describeApi(app), {
    jsonDocumentUrl: 'openapi.json',
    yamlDocumentUrl: 'openapi.yaml',
    customSiteTitle: 'Gatehouse API',
  });
}

export function describeApi(app: NestFastifyApplication): OpenAPIObject {
  const { publicUrl } = app.get<HttpSettings>(httpSettings.token);
  const methods = app.get<readonly SignInMethod[]>(SIGN_IN_METHODS).filter(takesPartInLogin);
  const config = new DocumentBuilder()
    .setTitle('Gatehouse')
    .setDescription('Authentication on one session core.')
    .setVersion('0.1.0')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer(publicUrl)
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'An access token' })
    .build();
  const extraModels = methods.flatMap(({ login }) => [login.body, contractFor(login.contract).signedInType]);
  const document = SwaggerModule.createDocument(app, config, { extraModels });
  for (const operation of operationsOf(document)) {
    if (operation.operationId === LOGIN_OPERATION) describeLogin(operation, methods);
    describeFailures(operation, document);
  }
  return document;
}

const takesPartInLogin = (method: SignInMethod): method is LoginMethod => method.login !== undefined;

const operationsOf = (document: OpenAPIObject): Operation[] =>
  Object.values(document.paths).flatMap((path) => Object.values(path as Record<string, Operation>));

/** One body and one answer for each method that signs in here. */
function describeLogin(operation: Operation, methods: readonly LoginMethod[]): void {
  const oneOf = (types: Function[]) => [...new Set(types)].map((type) => ({ $ref: getSchemaPath(type) }));
  const bodies = oneOf(methods.map(({ login }) => login.body));
  const answers = oneOf(methods.map(({ login }) => contractFor(login.contract).signedInType));
  operation.requestBody = { required: true, content: json({ oneOf: bodies }) };
  operation.responses['200'] = { description: 'Signed in', content: json({ oneOf: answers }) };
}

/** Writes a route's own failures and those of its kind, in the form of its contract, one example each. */
function describeFailures(operation: Operation, document: OpenAPIObject): void {
  const name = operation[CONTRACT] ?? 'wire';
  const contract = contractFor(name);
  const schema = `${name[0]?.toUpperCase()}${name.slice(1)}Error`;
  document.components ??= {};
  document.components.schemas ??= {};
  document.components.schemas[schema] ??= contract.errorSchema;
  for (const [status, failures] of byStatus(failuresOf(operation))) {
    const examples = failures.map((failure) => [
      failure.code,
      { value: contract.error(failure as ApiError) },
    ]);
    operation.responses[status] ??= {
      description: STATUS_CODES[status] ?? '',
      content: json({ $ref: `#/components/schemas/${schema}` }, Object.fromEntries(examples) as object),
      ...(['429', '503'].includes(status) && { headers: retryAfter }),
    };
  }
  delete operation[FAILURES];
}

const retryAfter = { 'Retry-After': { description: 'Seconds', schema: { type: 'integer' } } };

const json = (schema: object, examples?: object) => ({
  'application/json': { schema, ...(examples && { examples }) },
});

const failuresOf = (operation: Operation): readonly Failure[] => [
  ...(operation[FAILURES] ?? []),
  ...(operation.security ? WITH_SESSION : []),
  ...(operation.requestBody ? WITH_BODY : []),
  ...OK_TO_EVERYONE,
];

function byStatus(failures: readonly Failure[]): Map<string, Failure[]> {
  const groups = new Map<string, Failure[]>();
  for (const failure of failures) {
    const status = String(failure.status);
    const group = groups.get(status) ?? [];
    if (!group.some(({ code }) => code === failure.code)) groups.set(status, [...group, failure]);
  }
  return groups;
}
