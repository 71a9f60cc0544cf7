import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { EntityManager, Repository } from 'typeorm';
import { Clock } from '../platform/clock/clock';
import { violates } from '../platform/database/database-errors';
import { User } from './user.entity';
import { EmailExists } from './user.errors';

/**
 * May this user have a session at all? The one answer, as a predicate on `users u`, asked by every
 * statement that opens, refreshes or uses a session.
 */
export const MAY_HAVE_SESSIONS = 'u.disabled_at IS NULL';

@Injectable()
export class UsersService {
  constructor(
    @InjectRepository(User) private readonly users: Repository<User>,
    private readonly clock: Clock,
  ) {}

  findByEmail(email: string): Promise<User | null> {
    return this.users.findOneBy({ email });
  }

  /**
   * Creates a user within the caller's transaction.
   * @throws EmailExists also when a parallel request takes the address first
   */
  async create(given: { email: string; name: string | null }, transaction: EntityManager): Promise<User> {
    const user = transaction.create(User, { ...given, createdAt: this.clock.now() });
    try {
      await transaction.insert(User, user);
    } catch (error) {
      throw violates(error, 'users_email_key') ? new EmailExists() : error;
    }
    return user;
  }

  /**
   * To be called first in every transaction that changes a credential: its row lock makes sign-ins under way
   * wait, and the new version makes them fail.
   * @param seen the version under which the change was allowed
   * @returns false when another change came first: then nothing may be changed
   */
  async bumpCredentialVersion(userId: string, seen: number, transaction: EntityManager): Promise<boolean> {
    const stillSeen = { id: userId, credentialVersion: seen };
    const { affected } = await transaction.update(User, stillSeen, { credentialVersion: seen + 1 });
    return affected === 1;
  }
}
