import { ApiError } from '../platform/http/api-error';

export class ProviderNotConfigured extends ApiError {
  readonly code = 'PROVIDER_NOT_CONFIGURED';
  readonly status = 404;

  /** @param variable the first that its operator must set */
  constructor(variable: string) {
    super(`This way to sign in is not configured on this server (${variable})`);
  }
}

/** Said to a script; a browser is sent on, and a page says it. */
export class ProviderUnavailable extends ApiError {
  readonly code = 'ISSUER_UNAVAILABLE';
  readonly status = 503;
  override readonly retryAfter = 10;

  constructor(options?: ErrorOptions) {
    super('The provider can’t be asked now; try again in a while', options);
  }
}

/** How a sign-in by browser fails, as the page where it ends is told in `#error=`. */
export type CallbackError =
  'access_denied' | 'invalid_state' | 'provider_error' | 'account_unavailable' | 'identity_taken';

/** A sign-in that a provider takes part in has failed. The message is for the log. */
export class SignInFailed extends Error {
  constructor(
    readonly code: CallbackError,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
