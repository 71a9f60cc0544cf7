import { applyDecorators } from '@nestjs/common';
import { ApiBearerAuth, ApiCookieAuth } from '@nestjs/swagger';

/** For the OpenAPI document: the route asks for a session, shown by a Bearer token or by a cookie. */
export const NeedsSession = (): MethodDecorator => applyDecorators(ApiBearerAuth(), ApiCookieAuth());
