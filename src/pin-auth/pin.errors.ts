import { ApiError, Forbidden } from '../platform/http/api-error';

export class NameExists extends ApiError {
  readonly code = 'NAME_EXISTS';
  readonly status = 409;

  constructor() {
    super('An account with this name exists already; choose another name');
  }
}

/** The PIN is off after too many wrong ones: who has guessed it must not be the one to turn it on. */
export class PinIsOff extends Forbidden {
  constructor() {
    super('The PIN is off after too many wrong ones; sign in another way to set a new one');
  }
}
