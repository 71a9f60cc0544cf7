import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Client } from '../../platform/http/client';
import { addressKey } from '../../platform/rate-limit/address-key';
import { rateLimitSettings, type RateLimitSettings } from '../../platform/rate-limit/rate-limit.settings';
import { RateLimits, type RateLimit } from '../../platform/rate-limit/rate-limits';
import { EmailVerification } from '../../users/email-verification';
import type { User } from '../../users/user.entity';
import { EmailExists } from '../../users/user.errors';
import { UsersService } from '../../users/users.service';
import { InvalidCredentials, RegistrationClosed } from '../auth.errors';
import { authSettings, type AuthSettings } from '../auth.settings';
import type { Proof } from '../sign-in-method';
import { ACCOUNT, type Account } from './account';
import { AddressClaim } from './address-claim';
import type { ExternalIdentity } from './external-identity';
import { Identities, type Owner } from './identities';
import { IdentityNotice } from './identity-notice';

/** A parallel sign-in by the same identity was first: to be tried again, and then it is known. */
class IdentityExists extends Error {}

/**
 * Whose account a proof of an address, or of an identity elsewhere, leads to. All rules of linking stand here, for every
 * method: an identity is known by issuer and subject alone; an address joins an existing account only where somebody
 * vouches for it; and where the account never proved that address, what was set before is removed first.
 */
@Injectable()
export class AccountLinking {
  private readonly registrations: RateLimit;

  constructor(
    private readonly database: DataSource,
    private readonly users: UsersService,
    private readonly identities: Identities,
    private readonly claims: AddressClaim,
    private readonly verification: EmailVerification,
    private readonly notice: IdentityNotice,
    @Inject(authSettings.token) private readonly settings: AuthSettings,
    @Inject(rateLimitSettings.token) { registrations }: RateLimitSettings,
    limits: RateLimits,
  ) {
    this.registrations = limits.limit('registrations', registrations);
  }

  /** The account that has an address, whose row stays locked within a transaction. */
  async findByEmail(email: string, manager: EntityManager, lock = true): Promise<Account | undefined> {
    const [account] = await manager.query<Account[]>(
      `SELECT ${ACCOUNT} FROM users u WHERE u.email = $1 ${lock ? 'FOR UPDATE' : ''}`,
      [email],
    );
    return account;
  }

  /**
   * Lets who has proven an account's address in. Where nobody had proven it before, what was set before is removed.
   * @throws InvalidCredentials when the account may not be signed in to
   */
  async admit(account: Account, client: Client, transaction: EntityManager): Promise<Proof['user']> {
    const { id, email, credentialVersion, verified } = account;
    if (account.disabled || email === null) throw new InvalidCredentials();
    if (verified) return account;
    const first = await this.users.bumpCredentialVersion(id, credentialVersion, transaction);
    if (!first) throw new InvalidCredentials();
    await this.claims.claim({ id, email }, client, transaction, true);
    return { ...account, credentialVersion: credentialVersion + 1 };
  }

  /**
   * Who signs in by an identity: its user, else the account whose address the issuer vouches for, else a new one.
   * @throws InvalidCredentials when that account may not be signed in to
   * @throws RegistrationClosed
   * @throws RateLimited when too many have registered from this address
   */
  async proofOf(identity: ExternalIdentity, client: Client): Promise<Proof> {
    const owner = await this.identities.ownerOf(identity);
    // One that is disabled is for the gate to refuse.
    if (owner && (owner.disabled || isUpToDate(owner, identity)))
      return proof(owner, owner.identityId, identity);
    // Before the transaction, because that limit is counted on a connection of its own.
    if (!owner) await this.mayRegister(identity, client);
    const work = (transaction: EntityManager) => this.join(identity, client, transaction);
    return this.database.transaction(work).catch((error: unknown) => {
      if (!(error instanceof IdentityExists || error instanceof EmailExists)) throw error;
      return this.database.transaction(work);
    });
  }

  /** The same where nobody gets an account by it: null for who would need one. */
  async proofOfKnown(identity: ExternalIdentity, client: Client): Promise<Proof | null> {
    const known = (await this.identities.ownerOf(identity)) ?? (await this.accountOf(identity));
    return known ? this.proofOf(identity, client) : null;
  }

  /** That it would join. */
  private async accountOf({ email }: ExternalIdentity): Promise<Account | undefined> {
    return email === null ? undefined : this.findByEmail(email, this.database.manager, false);
  }

  /** Passes where there is an account to join. */
  private async mayRegister(identity: ExternalIdentity, client: Client): Promise<void> {
    if (await this.accountOf(identity)) return;
    if (!this.settings.registrationOpen) throw new RegistrationClosed();
    await this.registrations.consume(addressKey(client.ip));
  }

  private async join(identity: ExternalIdentity, client: Client, transaction: EntityManager): Promise<Proof> {
    const owner = await this.identities.ownerOf(identity, transaction);
    if (owner) {
      const user = await this.bringUpToDate(owner, identity, client, transaction);
      return proof(user, owner.identityId, identity);
    }
    const { email } = identity;
    const account = email === null ? undefined : await this.findByEmail(email, transaction);
    // Who has unlinked it means it: only they link it again.
    if (account && (await this.identities.wasUnlinkedBy(account.id, identity, transaction))) {
      throw new InvalidCredentials();
    }
    const user = account
      ? await this.admit(account, client, transaction)
      : await this.signUp(identity, client, transaction);
    const filled = await this.fill(user, identity, client, transaction);
    const identityId = await this.identities.add(user.id, identity, transaction);
    if (identityId === null) throw new IdentityExists();
    const change = { user, identity, client };
    // Who claims an account is told by another mail.
    if (account?.verified) await this.notice.tell('added', change, transaction);
    else await this.notice.record('added', change, transaction);
    return proof(filled, identityId, identity);
  }

  /** The user before the identity, as everybody locks them who changes either. */
  private async bringUpToDate(
    { id }: Owner,
    identity: ExternalIdentity,
    client: Client,
    transaction: EntityManager,
  ): Promise<Proof['user']> {
    await transaction.query('SELECT FROM users WHERE id = $1 FOR UPDATE', [id]);
    const owner = await this.identities.ownerOf(identity, transaction);
    if (owner?.id !== id) throw new InvalidCredentials();
    const filled = await this.fill(owner, identity, client, transaction);
    if (owner.knownEmail !== identity.email) await this.identities.renewEmail(identity, transaction);
    return filled;
  }

  /**
   * What a person has not given yet: a name, or the proof of the address that they have. Nothing is removed here, because
   * the account's own identity proves it; and an address that is missing stays so, because who links an identity for a
   * moment would have a way in for good.
   */
  async fill<U extends Proof['user']>(
    user: U,
    { name, email }: ExternalIdentity,
    client: Client,
    transaction: EntityManager,
  ): Promise<U> {
    if (user.name === null && name !== null) await this.users.nameIfNameless(user.id, name, transaction);
    if (user.email !== null && user.email === email) {
      await this.verification.mark(user.id, email, client, transaction);
    }
    return { ...user, name: user.name ?? name };
  }

  /** @throws RegistrationClosed */
  private signUp(
    { email, name }: ExternalIdentity,
    client: Client,
    transaction: EntityManager,
  ): Promise<User> {
    if (!this.settings.registrationOpen) throw new RegistrationClosed();
    return this.users.create({ email, name, emailVerified: email !== null }, client, transaction);
  }
}

const proof = (user: Proof['user'], id: string, { knownAs }: ExternalIdentity): Proof => ({
  user,
  credential: { id, knownAs },
});

const isUpToDate = (owner: Owner, { email, name }: ExternalIdentity): boolean =>
  owner.knownEmail === email &&
  (owner.name !== null || name === null) &&
  (email === null || owner.email !== email || owner.verified);
