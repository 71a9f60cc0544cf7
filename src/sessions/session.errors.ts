import { ApiError, Forbidden } from '../platform/http/api-error';

/** Any access token that is bad, expired, revoked or not ours: the answer does not say which. */
export class InvalidToken extends ApiError {
  readonly code = 'INVALID_TOKEN';
  readonly status = 401;

  constructor(
    options?: ErrorOptions,
    override readonly ambiguousCookie?: string,
  ) {
    super('Token is expired or invalid', options);
  }
}

export class InvalidRefreshToken extends ApiError {
  readonly code = 'INVALID_REFRESH_TOKEN';
  readonly status = 401;

  constructor(override readonly ambiguousCookie?: string) {
    super('Refresh token is expired, revoked or invalid; sign in again');
  }
}

export class ReauthenticationNeeded extends Forbidden {
  constructor() {
    super('Sign in again first: this needs a sign-in of the last 10 minutes');
  }
}
