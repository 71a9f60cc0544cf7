import { UsersSessionsKeys1763700000000 } from './migrations/1763700000000-users-sessions-keys';
import { PinsLimitsAudit1763750000000 } from './migrations/1763750000000-pins-limits-audit';
import { Mail1763800000000 } from './migrations/1763800000000-mail';
import { Identities1763850000000 } from './migrations/1763850000000-identities';
import { SessionCredentials1763900000000 } from './migrations/1763900000000-session-credentials';
import { ExchangedTokens1763950000000 } from './migrations/1763950000000-exchanged-tokens';
import { SessionChanges1764000000000 } from './migrations/1764000000000-session-changes';
import { UserImports1764050000000 } from './migrations/1764050000000-user-imports';

/** In the order in which they run. A migration that has been released is never changed. */
export const migrations = [
  UsersSessionsKeys1763700000000,
  PinsLimitsAudit1763750000000,
  Mail1763800000000,
  Identities1763850000000,
  SessionCredentials1763900000000,
  ExchangedTokens1763950000000,
  SessionChanges1764000000000,
  UserImports1764050000000,
];
