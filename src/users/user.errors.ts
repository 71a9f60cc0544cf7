import { ApiError } from '../platform/http/api-error';

export class EmailExists extends ApiError {
  readonly code = 'EMAIL_EXISTS';
  readonly status = 409;

  constructor() {
    super('An account with this email exists already; sign in instead');
  }
}

/** The same for a code that is wrong, spent, cancelled by a newer one or too old, and for one of another address. */
export class InvalidVerification extends ApiError {
  readonly code = 'INVALID_VERIFICATION';
  readonly status = 400;

  constructor() {
    super(
      'The verification link is wrong, used or too old; ask for a new one at POST /auth/verification-mail',
    );
  }
}
