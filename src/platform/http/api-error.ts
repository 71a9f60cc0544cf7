/** One offending field of a request, as an answer names it. */
export interface FieldProblem {
  readonly field: string;
  readonly message: string;
}

/**
 * A failure that a client is told of. One class per failure, declared by the module that throws it; the
 * contract in use decides how it is written out. `message` is public: private detail goes into `cause`,
 * which is logged and never sent.
 */
export abstract class ApiError extends Error {
  /** Stable and machine-readable: clients switch on it. */
  abstract readonly code: string;
  abstract readonly status: number;
  readonly problems?: readonly FieldProblem[];
  /** Whole seconds, sent as `Retry-After`. */
  readonly retryAfter?: number;
  /** The name of a cookie that came more than once, and that the answer deletes everywhere. */
  readonly ambiguousCookie?: string;
}

export class ValidationFailed extends ApiError {
  readonly code = 'VALIDATION_ERROR';
  readonly status = 400;

  constructor(
    override readonly problems: readonly FieldProblem[],
    message = problems.map((problem) => problem.message).join('; '),
  ) {
    super(message);
  }
}

export class NotFound extends ApiError {
  readonly code = 'NOT_FOUND';
  readonly status = 404;

  constructor(what = 'There is nothing at this path') {
    super(what);
  }
}

export class Forbidden extends ApiError {
  readonly code = 'FORBIDDEN';
  readonly status = 403;
}

export class PayloadTooLarge extends ApiError {
  readonly code = 'PAYLOAD_TOO_LARGE';
  readonly status = 413;

  constructor(limit: number) {
    super(`The request body is larger than ${limit} bytes`);
  }
}

export class UnsupportedMediaType extends ApiError {
  readonly code = 'UNSUPPORTED_MEDIA_TYPE';
  readonly status = 415;

  constructor() {
    super('Send the body as JSON, with Content-Type: application/json');
  }
}

export class RateLimited extends ApiError {
  readonly code = 'RATE_LIMITED';
  readonly status = 429;

  /** @param retryAfter whole seconds */
  constructor(
    override readonly retryAfter: number,
    message = `Too many attempts; try again in ${retryAfter} seconds`,
  ) {
    super(message);
  }
}

export class Busy extends ApiError {
  readonly code = 'BUSY';
  readonly status = 503;

  constructor(
    override readonly retryAfter: number,
    options?: ErrorOptions,
  ) {
    super('The server is busy; try again shortly', options);
  }
}

export class Internal extends ApiError {
  readonly code = 'INTERNAL';
  readonly status = 500;

  constructor(cause: unknown) {
    super('Something went wrong on our side', { cause });
  }
}
