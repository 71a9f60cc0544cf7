import { Injectable } from '@nestjs/common';
import type { Principal } from '../platform/http/principal';
import { AccessTokenStrategy } from './access-token.strategy';

/** Looks at an access token that is not the one by which a request is made. */
@Injectable()
export class AccessTokenCheck {
  constructor(private readonly strategy: AccessTokenStrategy) {}

  /** Who is behind a token, by the same strategy as the guard's; null for one that is not good. */
  principalOf(token: string): Promise<Principal | null> {
    return new Promise((resolve, reject) => {
      // As Passport itself does for each request: an object on top of the strategy that takes its outcome.
      const outcome = {
        success: (principal: unknown) => resolve(principal as Principal),
        fail: () => resolve(null),
        error: reject,
      };
      const run = Object.assign(Object.create(this.strategy) as AccessTokenStrategy, outcome);
      run.authenticate({ headers: { authorization: `Bearer ${token}` } } as never);
    });
  }
}
