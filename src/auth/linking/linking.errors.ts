import { ApiError, Forbidden, NotFound } from '../../platform/http/api-error';

/** Said only to who has just proven that identity. */
export class IdentityTaken extends ApiError {
  readonly code = 'IDENTITY_TAKEN';
  readonly status = 409;

  constructor() {
    super('This identity belongs to another account here; sign in with it instead');
  }
}

export class IdentityUnknown extends NotFound {
  constructor() {
    super('Your account has no such identity');
  }
}

export class LastWayIn extends Forbidden {
  constructor() {
    super('This is the only way to sign in to your account; set a password, or link another identity, first');
  }
}

export class ReauthenticationNeeded extends Forbidden {
  constructor() {
    super('Sign in again first: this needs a sign-in of the last 10 minutes');
  }
}
