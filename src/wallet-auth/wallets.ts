import { Injectable } from '@nestjs/common';
import { Identities, subjectOfCaller } from '../auth/linking/identities';
import type { Identity } from '../auth/linking/identity.entity';
import { LinkedIdentities } from '../auth/linking/linked-identities';
import { IdentityTaken, IdentityUnknown } from '../auth/linking/linking.errors';
import type { Client } from '../platform/http/client';
import type { Principal } from '../platform/http/principal';
import { CallerFacts } from '../sessions/caller-facts';
import { RecentSignIn } from '../sessions/recent-sign-in';
import { WalletProofs } from './wallet-proofs';
import { WalletTaken } from './wallet.errors';

const ADDRESS = 'walletAddress';

/** The wallets of an account. Each is an identity of it: the issuer says on which chains the address is one account. */
@Injectable()
export class Wallets {
  constructor(
    private readonly identities: Identities,
    private readonly linked: LinkedIdentities,
    private readonly proofs: WalletProofs,
    private readonly recent: RecentSignIn,
    facts: CallerFacts,
  ) {
    facts.add(ADDRESS, subjectOfCaller('wallet'));
  }

  /** Oldest first. */
  list({ user }: Principal): Promise<Identity[]> {
    return this.identities.list(user.id, 'wallet');
  }

  /** The address of the wallet that opened a session; of the account's first, where it was none; or null. */
  addressOf({ facts }: Principal): string | null {
    return facts[ADDRESS] as string | null;
  }

  /**
   * Adds a wallet that the caller has just proven; one that the account has already stays as it is.
   * @throws ReauthenticationNeeded
   * @throws LoginRefused
   * @throws WalletTaken
   * @throws InvalidToken when the session has ended meanwhile
   */
  async add(body: unknown, caller: Principal, client: Client): Promise<Identity> {
    this.recent.demand(caller.session);
    const { identity } = await this.proofs.prove(body, client);
    const asking = { userId: caller.user.id, sessionId: caller.session.id };
    const id = await this.linked.link(asking, identity, client).catch((error: unknown) => {
      throw error instanceof IdentityTaken ? new WalletTaken() : error;
    });
    return this.own(id, caller);
  }

  /**
   * Removes one, and ends the user's other sessions.
   * @throws ReauthenticationNeeded
   * @throws IdentityUnknown
   * @throws LastWayIn
   */
  async remove(id: string, caller: Principal, client: Client): Promise<void> {
    await this.own(id, caller);
    await this.linked.unlink(id, caller, client);
  }

  private async own(id: string, caller: Principal): Promise<Identity> {
    const wallet = (await this.list(caller)).find((one) => one.id === id);
    if (!wallet) throw new IdentityUnknown();
    return wallet;
  }
}
