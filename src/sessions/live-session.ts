import type { Principal } from '../platform/http/principal';
import type { LiveRow } from './session-statements';

/** A caller, but for the token that was shown. */
export type Live = Omit<Principal, 'token'>;

export const principalOf = (row: LiveRow): Live => ({
  user: { id: row.userId, email: row.email, name: row.name, createdAt: row.userCreatedAt },
  session: {
    id: row.id,
    method: row.method,
    contract: row.contract,
    credentialId: row.credentialId,
    createdAt: row.createdAt,
    authenticatedAt: row.authenticatedAt,
    expiresAt: row.expiresAt,
  },
  facts: row.facts,
});
