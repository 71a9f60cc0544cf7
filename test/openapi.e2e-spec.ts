import { Validator } from '@seriousme/openapi-schema-validator';
import Ajv from 'ajv';
import addFormats from 'ajv-formats';
import { useApp } from './support/test-app';

interface Described {
  operationId: string;
  summary: string;
  security?: object[];
  requestBody?: { content: Record<string, { schema: { $ref?: string; oneOf?: { $ref: string }[] } }> };
  responses: Record<
    string,
    { content?: Record<string, { schema: object; examples?: object; example?: object }> }
  >;
}

describe('the OpenAPI document', () => {
  const app = useApp();
  let document: {
    paths: Record<string, Record<string, Described>>;
    components: { schemas: Record<string, object> };
  };
  beforeAll(async () => (document = (await app.http.get('/openapi.json').expect(200)).body));
  const operations = () =>
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        name: `${method.toUpperCase()} ${path}`,
        ...operation,
      })),
    );

  it('names every route that the server has, and none that it has not', () => {
    const forPeople =
      / \/(docs|openapi|pages\/|reset-password|magic-link|auth\/callback)|GET (\/v1)?\/auth\/verify$/;
    const routes: string[] = app.routes.filter((route) => !forPeople.test(route));
    expect(
      operations()
        .map(({ name }) => name.replace(/\{(\w+)\}/g, ':$1'))
        .sort(),
    ).toEqual(routes.sort());
  });

  it('gives every operation a unique id, a summary, a success and its failures with examples', () => {
    const ids = operations().map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { name, summary, responses } of operations()) {
      expect([name, summary]).toEqual([name, expect.stringMatching(/.+/)]);
      expect([name, Object.keys(responses).some((status) => /^[23]/.test(status))]).toEqual([name, true]);
      expect([name, Object.keys(responses)]).toEqual([name, expect.arrayContaining(['500', '503'])]);
    }
  });

  it('describes every body and its failures', () => {
    const withBody = operations().filter(({ requestBody }) => requestBody);
    expect(withBody.map(({ name }) => name).sort()).toEqual([
      'PATCH /api/auth/profile',
      'POST /api/auth/session',
      'POST /auth/change-password',
      'POST /auth/external/{name}/session',
      'POST /auth/forgot-password',
      'POST /auth/login',
      'POST /auth/magic-link',
      'POST /auth/password-reset/{email}',
      'POST /auth/payload',
      'POST /auth/pin',
      'POST /auth/refresh',
      'POST /auth/refresh-token',
      'POST /auth/register',
      'POST /auth/reset-password',
      'POST /auth/signin',
      'POST /auth/signout',
      'POST /auth/switch-account',
      'POST /auth/verification-mail',
      'POST /auth/verify',
      'POST /auth/verify-magic-link',
      'POST /auth/wallets',
      'POST /v1/auth/forgot-password',
      'POST /v1/auth/password-reset/{email}',
      'POST /v1/auth/refresh-token',
      'POST /v1/auth/reset-password',
      'POST /v1/auth/signin',
      'POST /v1/auth/signout',
      'POST /v1/auth/verification-mail',
      'POST /v1/auth/verify',
    ]);
    for (const { responses } of withBody) {
      expect(Object.keys(responses)).toEqual(expect.arrayContaining(['400', '413', '415']));
      expect(JSON.stringify(responses['400']?.content)).toContain('VALIDATION_ERROR');
    }
  });

  it('gives examples that are of the shape that it describes', () => {
    const ajv = addFormats(new Ajv({ strict: false }));
    ajv.addSchema(document, 'api');
    let checked = 0;
    for (const { name, responses } of operations()) {
      for (const [status, { content }] of Object.entries(responses)) {
        const { schema, examples } = content?.['application/json'] ?? {};
        for (const [title, { value }] of Object.entries(
          (examples ?? {}) as Record<string, { value: unknown }>,
        )) {
          const validate = ajv.compile(
            JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"api#/')) as object,
          );
          expect([name, status, title, validate(value), validate.errors]).toEqual([
            name,
            status,
            title,
            true,
            null,
          ]);
          checked++;
        }
      }
    }
    expect(checked).toBeGreaterThan(100);
  });

  it('asks for a Bearer token exactly where the server does', async () => {
    for (const { name, security, responses } of operations()) {
      const [method = '', path = ''] = name.split(' ');
      const { status, body } = await app.http[method.toLowerCase() as 'get'](path);
      const texts = [body?.error?.code, body?.message, body?.error];
      const refused =
        status === 401 &&
        ['INVALID_TOKEN', 'Unauthorized', 'Token is expired or invalid'].some((text) => texts.includes(text));
      const demanded = security?.every((scheme) => Object.keys(scheme).length > 0) ?? false;
      expect([name, demanded]).toEqual([name, refused]);
      if (refused) expect(JSON.stringify(responses['401'])).toContain('INVALID_TOKEN');
    }
  });

  it('is one, by the schema of OpenAPI itself', async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(document));
    expect([valid, errors]).toEqual([true, undefined]);
  });

  it('has no dangling reference', () => {
    const references = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(
      ([, name]) => name,
    );
    expect(references.length).toBeGreaterThan(10);
    for (const name of references) expect(Object.keys(document.components.schemas)).toContain(name);
  });

  it('has a page that brings its own scripts and allows no others', async () => {
    const page = await app.http.get('/docs').expect(200).expect('content-type', /html/);
    expect(page.headers['content-security-policy']).toContain("script-src 'self'");
    expect(page.text).not.toMatch(/<script>(?!\s*<\/script>)/);
    for (const [, file] of page.text.matchAll(/(?:src|href)="\.\/([^"]+)"/g))
      await app.http.get(`/${file}`).expect(200);
  });
});
