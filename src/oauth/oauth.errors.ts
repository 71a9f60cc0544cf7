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
