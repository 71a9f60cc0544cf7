import { ParseUUIDPipe } from '@nestjs/common';
import { ValidationFailed } from './api-error';

/** An id in a path: `@Param('userId', pathId('userId'))`. */
export const pathId = (field: string): ParseUUIDPipe =>
  new ParseUUIDPipe({
    exceptionFactory: () => new ValidationFailed([{ field, message: `${field} must be a UUID` }]),
  });
