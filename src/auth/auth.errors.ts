import { ApiError } from '../platform/http/api-error';

/**
 * Whoever it is did not prove it. The same for an unknown account, a wrong secret and an account that may
 * not sign in: the answer tells nobody who exists.
 */
export class InvalidCredentials extends ApiError {
  readonly code = 'INVALID_CREDENTIALS';
  readonly status = 401;

  constructor(message = 'Invalid email or password') {
    super(message);
  }
}
