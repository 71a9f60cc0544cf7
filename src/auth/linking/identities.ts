import { Inject, Injectable } from '@nestjs/common';
import { DataSource, IsNull, Not, type EntityManager } from 'typeorm';
import { Clock } from '../../platform/clock/clock';
import { Settings } from '../../platform/config/settings';
import type { MethodName } from '../../sessions/method-name';
import { SIGN_IN_METHODS, type CredentialHolder, type SignInMethod } from '../sign-in-method';
import { ACCOUNT, type Account } from './account';
import type { ExternalIdentity } from './external-identity';
import { Identity } from './identity.entity';

/** Whose an identity is, which of theirs it is, and the address that its issuer vouched for last. */
export type Owner = Account & { readonly identityId: string; readonly knownEmail: string | null };

/**
 * SQL on `sessions s`: the subject of one of the user's identities of a method: the one that opened the session, if it is
 * there, else the oldest; or null.
 */
export const subjectOfCaller = (method: MethodName): string => `(
  SELECT i.subject FROM identities i WHERE i.user_id = s.user_id AND i.method = '${method}' AND i.unlinked_at IS NULL
   ORDER BY i.id IS NOT DISTINCT FROM s.credential_id DESC, i.created_at, i.id LIMIT 1)`;

/** Who users are elsewhere. One row for each issuer and subject, any number for each user. */
@Injectable()
export class Identities implements CredentialHolder {
  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
    private readonly settings: Settings,
    @Inject(SIGN_IN_METHODS) private readonly methods: readonly SignInMethod[],
  ) {}

  /** Oldest first; of one method where it is named. */
  list(userId: string, method?: MethodName): Promise<Identity[]> {
    const where = { userId, unlinkedAt: IsNull(), ...(method && { method }) };
    return this.database.manager.find(Identity, { where, order: { createdAt: 'ASC', id: 'ASC' } });
  }

  count(userId: string, transaction: EntityManager): Promise<number> {
    return transaction.countBy(Identity, { userId, unlinkedAt: IsNull() });
  }

  async ownerOf(
    { issuer, subject }: Pick<ExternalIdentity, 'issuer' | 'subject'>,
    manager: EntityManager = this.database.manager,
  ): Promise<Owner | undefined> {
    const [owner] = await manager.query<Owner[]>(
      `SELECT ${ACCOUNT}, i.id AS "identityId", i.email AS "knownEmail" FROM identities i JOIN users u ON u.id = i.user_id
        WHERE i.issuer = $1 AND i.subject = $2 AND i.unlinked_at IS NULL`,
      [issuer, subject],
    );
    return owner;
  }

  /** Whether a user has unlinked it, and not linked it since. */
  wasUnlinkedBy(
    userId: string,
    { issuer, subject }: ExternalIdentity,
    transaction: EntityManager,
  ): Promise<boolean> {
    return transaction.existsBy(Identity, { userId, issuer, subject, unlinkedAt: Not(IsNull()) });
  }

  /** @returns its id, or null when the identity is somebody's already: of parallel additions one is made */
  async add(userId: string, identity: ExternalIdentity, transaction: EntityManager): Promise<string | null> {
    const { method, issuer, subject, email, knownAs } = identity;
    await transaction.delete(Identity, { userId, issuer, subject, unlinkedAt: Not(IsNull()) });
    const [added] = await transaction.query<{ id: string }[]>(
      `INSERT INTO identities (user_id, method, issuer, subject, email, known_as, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT (issuer, subject) WHERE unlinked_at IS NULL DO NOTHING RETURNING id`,
      [userId, method, issuer, subject, email, knownAs, this.clock.now()],
    );
    return added?.id ?? null;
  }

  /** The address that the issuer vouches for now. */
  async renewEmail({ issuer, subject, email }: ExternalIdentity, transaction: EntityManager): Promise<void> {
    await transaction.update(Identity, { issuer, subject, unlinkedAt: IsNull() }, { email });
  }

  /** @returns what was unlinked, or undefined where the user has no such identity */
  async unlink(id: string, userId: string, transaction: EntityManager): Promise<Identity | undefined> {
    const own = { id, userId, unlinkedAt: IsNull() };
    const identity = await transaction.findOneBy(Identity, own);
    if (identity) await transaction.update(Identity, own, { unlinkedAt: this.clock.now() });
    return identity ?? undefined;
  }

  /** By an issuer that the method takes now: one that its settings have left is of no use. */
  async opensFor(userId: string, transaction: EntityManager, name: MethodName): Promise<boolean> {
    const methods = this.methods.filter((one) => one.name === name);
    const own = await transaction.findBy(Identity, { userId, method: name, unlinkedAt: IsNull() });
    return own.some(({ issuer }) => methods.some((one) => one.takesIssuer?.(issuer, this.settings)));
  }

  /** Also what was unlinked: the account begins anew. */
  async forget(userId: string, transaction: EntityManager, method: MethodName): Promise<boolean> {
    const live = await transaction.existsBy(Identity, { userId, method, unlinkedAt: IsNull() });
    await transaction.delete(Identity, { userId, method });
    return live;
  }

  /** Those of the account's own address are of whoever reads its mail. */
  async forgetUnproven(userId: string, transaction: EntityManager, method: MethodName): Promise<boolean> {
    const [, removed] = await transaction.query<[unknown[], number]>(
      `DELETE FROM identities i USING users u
        WHERE u.id = i.user_id AND u.id = $1 AND i.method = $2 AND i.unlinked_at IS NULL
          AND i.email IS DISTINCT FROM u.email`,
      [userId, method],
    );
    return removed > 0;
  }
}
