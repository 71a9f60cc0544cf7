import type { Proof } from '../sign-in-method';

/** A user, as it must be known to decide who may join it. */
export type Account = Proof['user'] & { readonly disabled: boolean; readonly verified: boolean };

/** Its columns of `users u`. */
export const ACCOUNT = `u.id, u.email, u.name, u.credential_version AS "credentialVersion",
  u.disabled_at IS NOT NULL AS disabled, u.email_verified_at IS NOT NULL AS verified`;
