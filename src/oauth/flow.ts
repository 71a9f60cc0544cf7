import type { Asking } from '../auth/linking/linked-identities';

/** A sign-in that has been begun at a provider, as the browser that began it keeps it in a sealed cookie. */
export interface Flow {
  readonly state: string;
  /** PKCE (RFC 7636). Set by the strategy. */
  verifier: string;
  /** OpenID Connect Core, 3.1.2.1. */
  readonly nonce: string;
  /** Where the browser goes in the end, where that is not the usual place. */
  readonly returnTo?: string;
  /** Who wants to link the identity to their account. Without it somebody signs in. */
  readonly link?: Asking;
}
