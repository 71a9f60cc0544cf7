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

export class ProviderNotConfigured extends ApiError {
  readonly code = 'PROVIDER_NOT_CONFIGURED';
  readonly status = 404;

  /** @param variable the first that its operator must set */
  constructor(variable: string) {
    super(`This way to sign in is not configured on this server (${variable})`);
  }
}

/** Who must say who somebody is does not answer, or answers rubbish. */
export class IssuerUnavailable extends ApiError {
  readonly code = 'ISSUER_UNAVAILABLE';
  readonly status = 503;
  override readonly retryAfter = 10;

  constructor(options?: ErrorOptions) {
    super('The provider can’t be asked now; try again in a while', options);
  }
}
