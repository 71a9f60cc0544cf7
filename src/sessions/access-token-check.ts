import { Injectable } from '@nestjs/common';
import type { Principal } from '../platform/http/principal';
import { outcomeOf } from '../platform/http/strategy-outcome';
import { AccessTokenStrategy } from './access-token.strategy';

/** Looks at an access token that is not the one by which a request is made. */
@Injectable()
export class AccessTokenCheck {
  constructor(private readonly strategy: AccessTokenStrategy) {}

  /** Who is behind a token, by the same strategy as the guard's; null for one that is not good. */
  async principalOf(token: string): Promise<Principal | null> {
    const headers = { authorization: `Bearer ${token}` };
    return (await outcomeOf<Principal>(this.strategy, { headers })).user;
  }
}
