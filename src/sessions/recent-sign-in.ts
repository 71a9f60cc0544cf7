import { Injectable } from '@nestjs/common';
import { Clock } from '../platform/clock/clock';
import type { Principal } from '../platform/http/principal';
import { ReauthenticationNeeded } from './session.errors';

const RECENT = 10 * 60_000;

/**
 * Asked before a person changes how they sign in, where no secret is asked for: a session that was stolen long ago, or its
 * refresh token, must not make a way in of its own. Refreshing opens no session, so it does not count.
 */
@Injectable()
export class RecentSignIn {
  constructor(private readonly clock: Clock) {}

  /** @throws ReauthenticationNeeded unless the session was opened within ten minutes */
  demand({ createdAt }: Principal['session']): void {
    if (this.clock.now().getTime() - createdAt.getTime() > RECENT) throw new ReauthenticationNeeded();
  }
}
