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

/** Said only to who has proven the account otherwise. */
export class EmailNotVerified extends ApiError {
  readonly code = 'EMAIL_NOT_VERIFIED';
  readonly status = 401;

  constructor() {
    super('Verify your email address first: POST /auth/verification-mail sends the link again');
  }
}

export class RegistrationClosed extends ApiError {
  readonly code = 'FORBIDDEN';
  readonly status = 403;

  constructor() {
    super('Registration is closed on this server');
  }
}
