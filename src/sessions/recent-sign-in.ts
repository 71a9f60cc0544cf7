import { Injectable } from '@nestjs/common';
import { Clock } from '../platform/clock/clock';
import type { Principal } from '../platform/http/principal';
import { ReauthenticationNeeded } from './session.errors';

const RECENT = 10 * 60_000;

/**
 * Asked before a person changes how they sign in, where no secret is asked for: a session that was stolen long ago, or its
 * refresh token, must not make a way in of its own. Refreshing opens no session, so it does not count; and an issuer's JWT may
 * come from a refresh too, so of a session that it opened only the issuer's word counts.
 */
@Injectable()
export class RecentSignIn {
  constructor(private readonly clock: Clock) {}

  /** @throws ReauthenticationNeeded unless the person has shown who they are within ten minutes */
  demand({ authenticatedAt }: Principal['session']): void {
    if (this.clock.now().getTime() - authenticatedAt.getTime() > RECENT) throw new ReauthenticationNeeded();
  }
}
