import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isDatabaseAway } from '../database/database-errors';
import {
  ApiError,
  Busy,
  Internal,
  NotFound,
  PayloadTooLarge,
  UnsupportedMediaType,
  ValidationFailed,
} from './api-error';
import { contractOf, pageOf, type ContractName } from './contract-name';
import { forgetEverywhere } from './cookies';
import type { HttpSettings } from './http.settings';

/** How each contract writes an error's body. */
export type ErrorForms = Readonly<Partial<Record<ContractName, (error: ApiError) => object>>> & {
  readonly wire: (error: ApiError) => object;
  /** HTML, for a person. */
  readonly page: (error: ApiError, request: FastifyRequest) => string;
};

const DATABASE_RETRY_SECONDS = 2;

/** The one place where an exception becomes an answer, in the form of the contract that the request speaks. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(
    private readonly forms: ErrorForms,
    private readonly bodyLimit: number,
    private readonly http: HttpSettings,
  ) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const error = this.toApiError(exception);
    if (error.status >= 500)
      request.log.error({ err: error.cause ?? error, code: error.code }, error.message);
    if (error.retryAfter !== undefined) void reply.header('retry-after', String(error.retryAfter));
    if (error.ambiguousCookie) forgetEverywhere(reply, error.ambiguousCookie, this.http);
    if (pageOf(request)) {
      void reply.code(error.status).type('text/html; charset=utf-8').send(this.forms.page(error, request));
      return;
    }
    const write = this.forms[contractOf(request)] ?? this.forms.wire;
    void reply.code(error.status).send(write(error));
  }

  private toApiError(exception: unknown): ApiError {
    if (exception instanceof ApiError) return exception;
    if (isDatabaseAway(exception)) return new Busy(DATABASE_RETRY_SECONDS, { cause: exception });
    const status = exception instanceof HttpException ? exception.getStatus() : statusCodeOf(exception);
    if (status === 404) return new NotFound();
    if (status === 413) return new PayloadTooLarge(this.bodyLimit);
    if (status === 415) return new UnsupportedMediaType();
    // What Fastify itself refuses: a bad URL, a wrong Content-Length.
    if (status >= 400 && status < 500) return new ValidationFailed([], 'The request is malformed');
    return new Internal(exception);
  }
}

const statusCodeOf = (exception: unknown): number =>
  Number((exception as { statusCode?: unknown } | null)?.statusCode ?? 500);
