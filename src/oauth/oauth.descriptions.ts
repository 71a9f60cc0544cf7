import { applyDecorators } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiQuery, ApiResponse } from '@nestjs/swagger';
import { ReauthenticationNeeded } from '../sessions/session.errors';
import { RateLimited, ValidationFailed } from '../platform/http/api-error';
import { CrossSiteRequest } from '../platform/http/cross-site';
import { Fails } from '../platform/http/failures.decorator';
import { Public } from '../platform/http/principal';
import { NeedsSession } from '../platform/http/session-security';
import type { MethodName } from '../sessions/method-name';
import { IssuerUnavailable, ProviderNotConfigured } from '../auth/auth.errors';

class ProviderAddress {
  @ApiProperty({
    description: 'Where to send the browser',
    example: 'https://accounts.google.com/o/oauth2/…',
  })
  url: string;
}

const titles: Readonly<Partial<Record<MethodName, string>>> = {
  google: 'Google',
  github: 'GitHub',
  oidc: 'the OpenID Connect provider',
};

const suffix = (name: MethodName): string => `${name[0]?.toUpperCase()}${name.slice(1)}`;
const location = {
  Location: { description: 'Where to go', schema: { type: 'string', format: 'uri' } },
} as const;
const badRedirect = new ValidationFailed([
  {
    field: 'redirect',
    message: 'redirect must be a URL of an allowed origin (ALLOWED_REDIRECT_ORIGINS), without a fragment',
  },
]);
const notConfigured = (name: MethodName) => new ProviderNotConfigured(`${name.toUpperCase()}_CLIENT_ID`);
const TakesRedirect = () =>
  ApiQuery({
    name: 'redirect',
    required: false,
    schema: { type: 'string', format: 'uri', maxLength: 512 },
    description: 'Where to end, in place of FRONTEND_URL/auth/callback; of one of ALLOWED_REDIRECT_ORIGINS',
  });

/** GET /auth/<name> */
export const DescribesStart = (name: MethodName): MethodDecorator =>
  applyDecorators(
    Public(),
    ApiOperation({
      operationId: `signInBy${suffix(name)}`,
      summary: `Send a browser to ${titles[name] ?? name} to sign in`,
      description: 'Sets a cookie that the callback needs: open it in the browser that is to be signed in.',
    }),
    TakesRedirect(),
    ApiResponse({ status: 302, description: 'To the provider', headers: location }),
    Fails(badRedirect, notConfigured(name), new RateLimited(600)),
  );

/** GET /auth/<name>/callback */
export const DescribesCallback = (name: MethodName): MethodDecorator =>
  applyDecorators(
    Public(),
    ApiOperation({
      operationId: `finishSignInBy${suffix(name)}`,
      summary: `Where ${titles[name] ?? name} sends the browser back to`,
      description:
        'Ends at FRONTEND_URL/auth/callback with `#token=…&refreshToken=…`, with `#linked=<provider>` after linking, or ' +
        'with `#error=` and one of access_denied, invalid_state, provider_error, account_unavailable, identity_taken.',
    }),
    ApiQuery({ name: 'state', required: false, schema: { type: 'string' } }),
    ApiQuery({ name: 'code', required: false, schema: { type: 'string' } }),
    ApiQuery({ name: 'error', required: false, schema: { type: 'string' } }),
    ApiResponse({ status: 303, description: 'To the front end, however it went', headers: location }),
    Fails(notConfigured(name)),
  );

/** GET /auth/link/<name> */
export const DescribesLink = (name: MethodName): MethodDecorator =>
  applyDecorators(
    NeedsSession(),
    ApiOperation({
      operationId: `link${suffix(name)}`,
      summary: `Link an identity at ${titles[name] ?? name} to the current user`,
      description:
        'Needs a sign-in of the last 10 minutes. With `Accept: application/json` the address comes in the body, for a ' +
        'script that then sends its browser there. The answer sets a cookie that the callback needs, so such a script calls ' +
        'with credentials, from an origin of CORS_ORIGINS that is of the same site as this server.',
    }),
    TakesRedirect(),
    ApiOkResponse({ type: ProviderAddress, description: 'For who asks for JSON' }),
    ApiResponse({ status: 302, description: 'To the provider', headers: location }),
    Fails(
      badRedirect,
      notConfigured(name),
      new ReauthenticationNeeded(),
      new CrossSiteRequest(),
      new RateLimited(600),
      new IssuerUnavailable(),
    ),
  );
