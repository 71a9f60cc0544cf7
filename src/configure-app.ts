import { join } from 'node:path';
import cookie from '@fastify/cookie';
import cors from '@fastify/cors';
import staticFiles from '@fastify/static';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { contracts } from './auth/contracts/contracts';
import { serveOpenApi } from './openapi';
import { failureHtml } from './pages/failure-page';
import { PageSetting } from './pages/page-setting';
import type { Settings } from './platform/config/settings';
import { answerWhenHeard } from './platform/changes/answer-when-heard';
import { ChangeFeed } from './platform/changes/change-feed';
import { bodyPipe } from './platform/http/body.pipe';
import { pageOf, type ContractName } from './platform/http/contract-name';
import { cookieAttributes } from './platform/http/cookies';
import { closeQuietConnections } from './platform/http/connections';
import { ErrorFilter, type ErrorForms } from './platform/http/error.filter';
import { BODY_LIMIT, fastifyOptions } from './platform/http/fastify-options';
import { httpSettings, type HttpSettings } from './platform/http/http.settings';
import { acceptFormsOfPages, acceptJsonOnly, addRequestHooks } from './platform/http/request-hooks';
import { addSecurityHeaders } from './platform/http/security-headers';
import { languageOf } from './platform/language/language';
import { logSettings } from './platform/logging/log.settings';

const errorForms: Omit<ErrorForms, 'page'> = {
  ...(Object.fromEntries(
    Object.entries(contracts).map(([name, contract]) => [name, contract.error]),
  ) as Partial<Record<ContractName, ErrorForms['wire']>>),
  wire: contracts.wire.error,
};

/** The HTTP server under the application. */
export function httpAdapter(settings: Settings): FastifyAdapter {
  const [http, log] = [settings.of(httpSettings), settings.of(logSettings)];
  return new FastifyAdapter({ ...fastifyOptions(http, log, errorForms), skipMiddie: true } as object);
}

/** Requests under way are finished within this time after a signal; what takes longer is cut off. */
const GRACE = 20_000;

/** The HTTP skin, worn by main and by every e2e test. To be called before the application is initialised. */
export async function configureApp(app: NestFastifyApplication): Promise<void> {
  const fastify: FastifyInstance = app.getHttpAdapter().getInstance();
  const http = app.get<HttpSettings>(httpSettings.token);

  fastify.decorate('servesHttps', http.publicUrl.startsWith('https:'));
  addSecurityHeaders(fastify);
  await app.register(cookie, { parseOptions: cookieAttributes(http) });
  if (http.corsOrigins.length > 0) await app.register(cors, corsOptions(http));
  acceptJsonOnly(fastify);
  acceptFormsOfPages(fastify);
  const files = {
    root: join(__dirname, 'pages/assets'),
    prefix: '/pages/',
    decorateReply: false,
    maxAge: '1h',
  };
  await app.register(staticFiles, files);
  closeQuietConnections(fastify, GRACE);
  answerWhenHeard(fastify, app.get(ChangeFeed));
  addRequestHooks(fastify);
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    const page = pageOf(request);
    if (page) void reply.header('content-security-policy', page.script ? SCRIPTED_PAGE_POLICY : PAGE_POLICY);
    if (request.routeOptions.url?.startsWith('/docs'))
      void reply.header('content-security-policy', DOCS_POLICY);
    done();
  });
  app.useGlobalPipes(bodyPipe);
  app.useGlobalFilters(new ErrorFilter({ ...errorForms, page: pageErrors(app) }, BODY_LIMIT, http));
  serveOpenApi(app);
}

/** A page that fails is a page too. */
const pageErrors =
  (app: NestFastifyApplication): ErrorForms['page'] =>
  (error, { headers }) =>
    failureHtml(error, app.get(PageSetting, { strict: false }).in(languageOf(headers['accept-language'])));

const PAGE_POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');
const SCRIPTED_PAGE_POLICY = `${PAGE_POLICY}; script-src 'self'; connect-src 'self'`;

/** The API page brings its own script and style files, and sets styles on elements. */
const DOCS_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Browsers of these origins, exactly, may call with cookies and read the answers. */
const corsOptions = ({ corsOrigins }: HttpSettings) => ({
  origin: [...corsOrigins],
  credentials: true,
  methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
  allowedHeaders: ['authorization', 'content-type', 'x-request-id'],
  exposedHeaders: ['retry-after', 'x-request-id'],
  maxAge: 600,
});
