import { ApiError } from '../platform/http/api-error';

/** The same for a token that is wrong, spent, cancelled by a newer one or too old, and for one of another account. */
export class InvalidResetToken extends ApiError {
  readonly code = 'INVALID_RESET_TOKEN';
  readonly status = 400;

  constructor() {
    super('The reset link is wrong, used or too old; ask for a new one at POST /auth/forgot-password');
  }
}
