import type { Client } from '../platform/http/client';

/** Lets a method that changes a way to sign in ask for the account's password, without knowing how that is kept. */
export abstract class CurrentPassword {
  /**
   * Passes where the account has no password, or where this is it.
   * @throws InvalidCredentials
   */
  abstract demand(userId: string, given: string | undefined, client: Client): Promise<void>;
}
