import { applyDecorators, Header, HttpCode } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiExcludeEndpoint } from '@nestjs/swagger';
import { ApiError } from '../platform/http/api-error';
import { Public } from '../platform/http/principal';

/** A route for people: answers HTML, errors included, takes forms, and is no part of the API. */
export const PageRoute = ({ script = false } = {}): MethodDecorator =>
  applyDecorators(
    Public(),
    HttpCode(200),
    Header('content-type', 'text/html; charset=utf-8'),
    RouteConfig({ page: { script } }),
    ApiExcludeEndpoint(),
  );

/** A value of a query or a form; one that came twice counts as not there. */
export const textOf = (given: unknown, name: string): string => {
  const value = (given as Record<string, unknown> | undefined)?.[name];
  return typeof value === 'string' ? value.trim() : '';
};

/** What the person, or the link, got wrong; anything else is a failure of another kind. */
export const isRefusal = (error: unknown): error is ApiError =>
  error instanceof ApiError && (error.status === 400 || error.status === 401);
