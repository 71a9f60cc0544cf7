import { ApiExtension } from '@nestjs/swagger';
import type { ApiError } from './api-error';

/** Where the OpenAPI document finds the failures of a route, to write them in the form of its contract. */
export const FAILURES = 'x-failures';

/** Documents how a route may fail, beyond what every route of its kind may answer. */
export const Fails = (...failures: ApiError[]): MethodDecorator & ClassDecorator =>
  ApiExtension(
    FAILURES,
    failures.map(({ code, status, message, problems, retryAfter }) => ({
      code,
      status,
      message,
      problems,
      retryAfter,
    })),
  );
