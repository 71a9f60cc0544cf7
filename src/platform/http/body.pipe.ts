import { ValidationPipe, type ArgumentMetadata, type Type, type ValidationError } from '@nestjs/common';
import { ValidationFailed, type FieldProblem } from './api-error';

/**
 * Validates bodies by class-validator. Fields that a DTO does not name are dropped, so no client can set
 * what the server owns; every field that is wrong is named. What is no JSON object counts as an empty one.
 * @throws ValidationFailed
 */
class BodyPipe extends ValidationPipe {
  constructor() {
    super({
      whitelist: true,
      transform: true,
      stopAtFirstError: true,
      validationError: { target: false, value: false },
      exceptionFactory: (errors) => new ValidationFailed(errors.flatMap((error) => problemsOf(error))),
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    // Of our own making: the caller, the client.
    if (metadata.type === 'custom') return value;
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return super.transform(metadata.type === 'body' && !isObject ? {} : value, metadata);
  }
}

export const bodyPipe = new BodyPipe();

/** The same for a Passport strategy, which runs before pipes do. */
export async function parseBody<T extends object>(dto: Type<T>, body: unknown): Promise<T> {
  return (await bodyPipe.transform(body, { type: 'body', metatype: dto })) as T;
}

function problemsOf(error: ValidationError, parent = ''): FieldProblem[] {
  const field = parent + error.property;
  const own = Object.values(error.constraints ?? {}).map((message) => ({ field, message }));
  return [...own, ...(error.children ?? []).flatMap((child) => problemsOf(child, `${field}.`))];
}
