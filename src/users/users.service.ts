import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, type EntityManager, type Repository } from 'typeorm';
import { AuditTrail } from '../platform/audit/audit-trail';
import { Clock } from '../platform/clock/clock';
import { violates } from '../platform/database/database-errors';
import type { Client } from '../platform/http/client';
import type { Language } from '../platform/language/language';
import { EmailVerification } from './email-verification';
import { User } from './user.entity';
import { EmailExists } from './user.errors';

/**
 * May this user have a session at all? The one answer, as a predicate on `users u`, asked by every
 * statement that opens, refreshes or uses a session.
 * @param verified the statement's value that says whether an email must be verified; who has none is not asked
 */
export const mayHaveSessions = (verified: string): string =>
  `u.disabled_at IS NULL AND (u.email_verified_at IS NOT NULL OR u.email IS NULL OR NOT ${verified}::boolean)`;

@Injectable()
export class UsersService {
  constructor(
    @InjectRepository(User) private readonly users: Repository<User>,
    private readonly clock: Clock,
    private readonly audit: AuditTrail,
    private readonly verification: EmailVerification,
  ) {}

  findByEmail(email: string): Promise<User | null> {
    return this.users.findOneBy({ email });
  }

  /**
   * Creates a user within the caller's transaction, and asks the owner of an address that is not proven yet to verify it.
   * @throws EmailExists also when a parallel request takes the address first
   */
  async create(
    given: { email: string | null; name: string | null; emailVerified?: boolean },
    client: Client,
    transaction: EntityManager,
  ): Promise<User> {
    const { email, name, emailVerified = false } = given;
    const now = this.clock.now();
    const user = transaction.create(User, {
      email,
      name,
      language: client.language,
      createdAt: now,
      emailVerifiedAt: emailVerified ? now : null,
    });
    try {
      await transaction.insert(User, user);
    } catch (error) {
      throw violates(error, 'users_email_key') ? new EmailExists() : error;
    }
    await this.audit.record({ action: 'registered', userId: user.id, client }, transaction);
    if (email !== null && !emailVerified) {
      await this.verification.send({ email, userId: user.id }, client, transaction);
    }
    return user;
  }

  /**
   * To be called first in every transaction that changes a credential: its row lock makes sign-ins under way
   * wait, and the new version makes them fail.
   * @param seen the version under which the change was allowed
   * @returns false when another change came first, or the account is disabled: then nothing may be changed
   */
  async bumpCredentialVersion(userId: string, seen: number, transaction: EntityManager): Promise<boolean> {
    const stillSeen = { id: userId, credentialVersion: seen, disabledAt: IsNull() };
    const { affected } = await transaction.update(User, stillSeen, { credentialVersion: seen + 1 });
    return affected === 1;
  }

  /**
   * The language for a notice to a user, who may not be the one who asks: a thief must not choose it.
   * @param otherwise for a user who never told
   */
  async languageOf(userId: string, otherwise: Language, transaction: EntityManager): Promise<Language> {
    const user = await transaction.findOne(User, { select: { language: true }, where: { id: userId } });
    return user?.language ?? otherwise;
  }

  /** Fills a name that is empty; one that a person has given stays. */
  async nameIfNameless(userId: string, name: string, transaction: EntityManager): Promise<void> {
    await transaction.update(User, { id: userId, name: IsNull() }, { name });
  }
}
