import { ApiError, ValidationFailed } from '../platform/http/api-error';

/** The text of clients of this contract, for an address that is missing or none. */
export const NO_ADDRESS = 'Please provide an address';

export class AddressMissing extends ValidationFailed {
  constructor() {
    super([{ field: 'address', message: NO_ADDRESS }]);
  }
}

/** A sign-in with a wallet that is not good; the text is the one that clients of this contract know. */
export class LoginRefused extends ApiError {
  readonly code = 'WALLET_LOGIN_REFUSED';
  readonly status = 400;

  /** @param check which one failed, for the audit: the text may repeat what was sent */
  constructor(
    message: string,
    readonly check: string,
  ) {
    super(message);
  }
}

/** What was sent is no login payload at all. */
export class InvalidLoginPayload extends LoginRefused {
  /** @param problem what is wrong, where the payload is a text of the client's own */
  constructor(problem?: string) {
    super(`Invalid login payload${problem === undefined ? '' : `: ${problem}`}`, 'form');
  }
}

/** One that is not ours, of another address, or was used before. */
export class InvalidNonce extends LoginRefused {
  constructor() {
    super('Login request nonce is invalid', 'nonce');
  }
}

export class AccountNotSignedIn extends ApiError {
  readonly code = 'ACCOUNT_NOT_SIGNED_IN';
  readonly status = 400;

  constructor(override readonly ambiguousCookie?: string) {
    super('This account is not signed in here; sign in with it first');
  }
}

/** Said only to who has just proven that the wallet is theirs. */
export class WalletTaken extends ApiError {
  readonly code = 'WALLET_TAKEN';
  readonly status = 409;

  constructor() {
    super('This wallet belongs to another account');
  }
}
