import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Client } from '../../platform/http/client';
import type { Principal } from '../../platform/http/principal';
import { RecentSignIn } from '../../sessions/recent-sign-in';
import { SessionEndings } from '../../sessions/session-endings';
import { InvalidToken } from '../../sessions/session.errors';
import { UsersService } from '../../users/users.service';
import type { Proof } from '../sign-in-method';
import { ACCOUNT, type Account } from './account';
import { AccountLinking } from './account-linking';
import { Credentials } from './credentials';
import type { ExternalIdentity } from './external-identity';
import { Identities } from './identities';
import { IdentityNotice } from './identity-notice';
import { IdentityTaken, IdentityUnknown, LastWayIn, TooManyIdentities } from './linking.errors';

/** Far more than a person has; each is read in every list of them. */
const MOST_IDENTITIES = 100;

/** Who asks: a user, by one of their sessions. */
export interface Asking {
  readonly userId: string;
  readonly sessionId: string;
}

/** What a signed-in person does with the identities of their account. */
@Injectable()
export class LinkedIdentities {
  constructor(
    private readonly database: DataSource,
    private readonly recent: RecentSignIn,
    private readonly users: UsersService,
    private readonly identities: Identities,
    private readonly linking: AccountLinking,
    private readonly credentials: Credentials,
    private readonly endings: SessionEndings,
    private readonly notice: IdentityNotice,
  ) {}

  /**
   * Links an identity that the person has proven to the account that they are signed in to; one that is linked to it
   * already stays as it is.
   * @returns its id
   * @throws IdentityTaken
   * @throws TooManyIdentities
   * @throws InvalidToken when the session has ended meanwhile
   */
  async link(asking: Asking, identity: ExternalIdentity, client: Client): Promise<string> {
    return this.database.transaction(async (transaction) => {
      const user = await this.hold(asking, transaction);
      const added = await this.identities.add(user.id, identity, transaction);
      if (added === null) {
        const owner = await this.identities.ownerOf(identity, transaction);
        if (owner?.id !== user.id) throw new IdentityTaken();
        return owner.identityId;
      }
      if ((await this.identities.count(user.id, transaction)) > MOST_IDENTITIES)
        throw new TooManyIdentities();
      await this.linking.fill(user, identity, client, transaction);
      const change = { user, identity, client, sessionId: asking.sessionId };
      await this.notice.tell('added', change, transaction);
      return added;
    });
  }

  /**
   * Unlinks an identity and ends the user's other sessions: whoever has it may have opened them.
   * @throws ReauthenticationNeeded
   * @throws IdentityUnknown
   * @throws LastWayIn
   */
  async unlink(id: string, caller: Principal, client: Client): Promise<void> {
    this.recent.demand(caller.session);
    const asking = { userId: caller.user.id, sessionId: caller.session.id };
    await this.database.transaction(async (transaction) => {
      const user = await this.hold(asking, transaction);
      const identity = await this.identities.unlink(id, user.id, transaction);
      if (!identity) throw new IdentityUnknown();
      await this.users.bumpCredentialVersion(user.id, user.credentialVersion, transaction);
      if (!(await this.credentials.anyOpensFor(user.id, transaction))) throw new LastWayIn();
      const change = { user, identity, client, sessionId: asking.sessionId };
      await this.notice.tell('removed', change, transaction);
      const ending = { reason: 'identity_unlinked', client, by: asking.sessionId } as const;
      await this.endings.endAll(user.id, asking.sessionId, ending, transaction);
    });
  }

  /**
   * Keeps the account and the session that asks as they are until the change is made. Of parallel changes of one account
   * one waits for the other: else two who unlink could each take the other's for the way in that is left.
   */
  private async hold({ userId, sessionId }: Asking, transaction: EntityManager): Promise<Proof['user']> {
    const [user] = await transaction.query<Account[]>(
      `SELECT ${ACCOUNT} FROM users u WHERE u.id = $1 AND u.disabled_at IS NULL FOR UPDATE`,
      [userId],
    );
    if (!user) throw new InvalidToken();
    await this.endings.hold(userId, sessionId, transaction);
    return user;
  }
}
