import { applyDecorators } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ReauthenticationNeeded } from '../auth/linking/linking.errors';
import { RateLimited, ValidationFailed } from '../platform/http/api-error';
import { CrossSiteRequest } from '../platform/http/cross-site';
import { Fails } from '../platform/http/failures.decorator';
import { Public } from '../platform/http/principal';
import { NeedsSession } from '../platform/http/session-security';
import { ProviderNotConfigured } from './oauth.errors';
import type { OAuthName } from './oauth.method';

class ProviderAddress {
  @ApiProperty({
    description: 'Where to send the browser',
    example: 'https://accounts.google.com/o/oauth2/…',
  })
  url: string;
}

const suffix = (name: OAuthName): string => `${name[0]?.toUpperCase()}${name.slice(1)}`;
const location = {
  Location: { description: 'Where to go', schema: { type: 'string', format: 'uri' } },
} as const;
const badRedirect = new ValidationFailed([
  { field: 'redirect', message: 'redirect must be a URL of an allowed origin (ALLOWED_REDIRECT_ORIGINS)' },
]);
const notConfigured = (name: OAuthName) => new ProviderNotConfigured(`${name.toUpperCase()}_CLIENT_ID`);
const TakesRedirect = () =>
  ApiQuery({
    name: 'redirect',
    required: false,
    schema: { type: 'string', format: 'uri', maxLength: 512 },
    description: 'Where to end, in place of FRONTEND_URL/auth/callback; of one of ALLOWED_REDIRECT_ORIGINS',
  });

/** GET /auth/<name> */
export const DescribesStart = (name: OAuthName): MethodDecorator =>
  applyDecorators(
    Public(),
    ApiTags('sign-in'),
    ApiOperation({
      operationId: `signInBy${suffix(name)}`,
      summary: 'Send a browser to the provider',
      description: 'Sets a cookie that the callback needs: open it in the browser that is to be signed in.',
    }),
    TakesRedirect(),
    ApiResponse({ status: 302, description: 'To the provider', headers: location }),
    Fails(badRedirect, notConfigured(name), new RateLimited(600)),
  );

/** GET /auth/<name>/callback */
export const DescribesCallback = (name: OAuthName): MethodDecorator =>
  applyDecorators(
    Public(),
    ApiTags('sign-in'),
    ApiOperation({
      operationId: `finishSignInBy${suffix(name)}`,
      summary: 'Where the provider sends the browser back to',
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
export const DescribesLink = (name: OAuthName): MethodDecorator =>
  applyDecorators(
    NeedsSession(),
    ApiTags('account'),
    ApiOperation({
      operationId: `link${suffix(name)}`,
      summary: 'Link an identity to the current user',
      description:
        'Needs a sign-in of the last 10 minutes. With `Accept: application/json` the address comes in the body, for a ' +
        'script that then sends its browser there; the answer sets a cookie that the callback needs.',
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
    ),
  );
