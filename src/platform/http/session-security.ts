import { applyDecorators } from '@nestjs/common';
import { ApiBearerAuth, ApiCookieAuth, ApiSecurity } from '@nestjs/swagger';

/** For the OpenAPI document: the route asks for a session, shown by a Bearer token or by a cookie. */
export const NeedsSession = (): MethodDecorator => applyDecorators(ApiBearerAuth(), ApiCookieAuth());

/** The same where clients come by the cookies of an issuer elsewhere. */
export const NeedsIssuerSession = (): MethodDecorator =>
  applyDecorators(ApiSecurity(ISSUER_COOKIE_SCHEME), ApiBearerAuth());

/** For the OpenAPI document: a Bearer token may be sent, and then counts. */
export const TakesBearer = (): MethodDecorator => applyDecorators(ApiBearerAuth(), ApiSecurity({}));

/** For the OpenAPI document: a session may be shown as above, or left out. */
export const MayHaveSession = (): MethodDecorator => applyDecorators(NeedsSession(), ApiSecurity({}));

/** For the OpenAPI document: the refresh cookie may be sent in place of a body. */
export const TakesRefreshCookie = (): MethodDecorator =>
  applyDecorators(ApiSecurity(REFRESH_COOKIE_SCHEME), ApiSecurity({}));

export const ISSUER_COOKIE_SCHEME = 'issuerCookie';
export const REFRESH_COOKIE_SCHEME = 'refreshCookie';
