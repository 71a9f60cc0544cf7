import { ApiError } from '../platform/http/api-error';

/** The same for a link or a code that is wrong, spent, cancelled by a newer one or too old. */
export class InvalidMagicLink extends ApiError {
  readonly code = 'INVALID_MAGIC_LINK';
  readonly status = 401;

  constructor() {
    super('Magic link is expired or already used');
  }
}
