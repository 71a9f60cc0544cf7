import { ApiError } from '../platform/http/api-error';

export class EmailExists extends ApiError {
  readonly code = 'EMAIL_EXISTS';
  readonly status = 409;

  constructor() {
    super('An account with this email exists already; sign in instead');
  }
}
