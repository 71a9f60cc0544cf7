import { ApiError } from '../platform/http/api-error';

export class RegistrationClosed extends ApiError {
  readonly code = 'FORBIDDEN';
  readonly status = 403;

  constructor() {
    super('Registration is closed on this server');
  }
}
