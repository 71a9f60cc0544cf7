import type { OpenedSession, SessionRef } from '../sessions/sessions.service';
import type { Proof } from './sign-in-method';

/** A new access token for a session whose refresh token stays as it is. Lengths of time in whole seconds. */
export interface Renewed {
  readonly accessToken: string;
  readonly expiresIn: number;
  readonly session: SessionRef;
  /** Until the session's absolute end. */
  readonly sessionExpiresIn: number;
}

/** New tokens of both kinds. */
export interface Refreshed extends Renewed {
  readonly session: OpenedSession;
}

export interface SignedIn extends Refreshed {
  readonly user: Proof['user'];
  readonly credential?: Proof['credential'];
}
