import { Forbidden, NotFound } from '../../platform/http/api-error';

/** Said only to who has just proven that identity. */
export class IdentityTaken extends Error {
  constructor() {
    super('this identity belongs to another account');
  }
}

export class IdentityUnknown extends NotFound {
  constructor() {
    super('Your account has no such identity');
  }
}

export class TooManyIdentities extends Forbidden {
  constructor() {
    super('Your account has 100 identities; unlink one first');
  }
}

export class LastWayIn extends Forbidden {
  constructor() {
    super('This is the only way to sign in to your account; set a password, or link another identity, first');
  }
}
