import type { Client } from '../platform/http/client';
import type { Principal } from '../platform/http/principal';

/** Lets a method that changes a way to sign in ask for the account's password, without knowing how that is kept. */
export abstract class CurrentPassword {
  /**
   * Passes where the caller's account has no password, or where this is it.
   * @returns whether it has one
   * @throws ValidationFailed when it has one and none is given
   * @throws InvalidCredentials
   * @throws RateLimited
   */
  abstract demand(caller: Principal, given: string | undefined, client: Client): Promise<boolean>;
}
