import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { Clock } from '../../platform/clock/clock';
import type { MethodName } from '../../sessions/method-name';
import type { CredentialHolder } from '../sign-in-method';
import { ACCOUNT, type Account } from './account';
import type { ExternalIdentity } from './external-identity';
import { Identity } from './identity.entity';

/** Who users are elsewhere. One row for each issuer and subject, any number for each user. */
@Injectable()
export class Identities implements CredentialHolder {
  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
  ) {}

  /** Oldest first. */
  list(userId: string): Promise<Identity[]> {
    return this.database.manager.find(Identity, {
      where: { userId },
      order: { createdAt: 'ASC', id: 'ASC' },
    });
  }

  async ownerOf(
    { issuer, subject }: Pick<ExternalIdentity, 'issuer' | 'subject'>,
    manager: EntityManager = this.database.manager,
  ): Promise<(Account & { readonly knownEmail: string | null }) | undefined> {
    const [owner] = await manager.query<(Account & { knownEmail: string | null })[]>(
      `SELECT ${ACCOUNT}, i.email AS "knownEmail"
         FROM identities i JOIN users u ON u.id = i.user_id WHERE i.issuer = $1 AND i.subject = $2`,
      [issuer, subject],
    );
    return owner;
  }

  /** @returns false when the identity is somebody's already: of parallel additions one is made */
  async add(userId: string, identity: ExternalIdentity, transaction: EntityManager): Promise<boolean> {
    const { method, issuer, subject, email } = identity;
    const added = await transaction.query<unknown[]>(
      `INSERT INTO identities (user_id, method, issuer, subject, email, created_at) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (issuer, subject) DO NOTHING RETURNING id`,
      [userId, method, issuer, subject, email, this.clock.now()],
    );
    return added.length === 1;
  }

  /** The address that the issuer vouches for now. */
  async renewEmail({ issuer, subject, email }: ExternalIdentity, transaction: EntityManager): Promise<void> {
    await transaction.update(Identity, { issuer, subject }, { email });
  }

  /** @returns what was removed, or undefined where the user has no such identity */
  async remove(id: string, userId: string, transaction: EntityManager): Promise<Identity | undefined> {
    const identity = await transaction.findOneBy(Identity, { id, userId });
    if (identity) await transaction.delete(Identity, { id });
    return identity ?? undefined;
  }

  opensFor(userId: string, transaction: EntityManager, method: MethodName): Promise<boolean> {
    return transaction.existsBy(Identity, { userId, method });
  }

  async forget(userId: string, transaction: EntityManager, method: MethodName): Promise<boolean> {
    const { affected } = await transaction.delete(Identity, { userId, method });
    return (affected ?? 0) > 0;
  }
}
