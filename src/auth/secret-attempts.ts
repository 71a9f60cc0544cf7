import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { AuditAction } from '../platform/audit/audit-event.entity';
import { AuditTrail } from '../platform/audit/audit-trail';
import { isDatabaseAway } from '../platform/database/database-errors';
import type { Client } from '../platform/http/client';
import { addressKey } from '../platform/rate-limit/address-key';
import { GuessLocks, type GuessPolicy } from '../platform/rate-limit/guess-locks';
import { rateLimitSettings, type RateLimitSettings } from '../platform/rate-limit/rate-limit.settings';

export interface SecretAttempt {
  readonly secret: 'password' | 'pin' | 'code';
  /** What the secret is known under, as it is compared. Nobody need have it. */
  readonly name: string;
  /** Null where nobody has that name. */
  readonly userId: string | null;
  readonly client: Client;
  /** The session of the one who asks, where that one is signed in and proves it once more. */
  readonly sessionId?: string;
  /** What else a failure changes, in the transaction that counts it. */
  readonly onFailure?: (transaction: EntityManager) => Promise<unknown>;
}

/**
 * Every check of a secret that people choose goes through here, on whatever path: failures are counted for the account
 * and for the address, and the audit is told. A guess is counted before it is checked.
 */
@Injectable()
export class SecretAttempts {
  private readonly addressPolicy: GuessPolicy;

  constructor(
    private readonly database: DataSource,
    private readonly locks: GuessLocks,
    private readonly audit: AuditTrail,
    @Inject(rateLimitSettings.token) { addressFailures }: RateLimitSettings,
  ) {
    this.addressPolicy = addressFailures;
  }

  /**
   * @param check compares the secret; the same work for a name that nobody has
   * @returns whether it was right
   * @throws RateLimited while the account is locked, or its address has failed too often
   * @throws Busy when too many are being checked
   */
  async evaluate(
    attempt: SecretAttempt,
    policy: GuessPolicy,
    check: () => Promise<boolean>,
  ): Promise<boolean> {
    const account = this.locks.subject(attempt.secret, attempt.name);
    const address = this.locks.subject('address', addressKey(attempt.client.ip));
    // The address first: who comes from one that is closed, or full, makes no rows for names that he makes up, and holds
    // no place of somebody else's account while he waits. Nobody waits for an address who holds a place of an account.
    await this.locks.begin(address, this.addressPolicy);
    await this.locks.begin(account, policy).catch((error: unknown) => this.withdraw(error, address));
    const right = await check().catch((error: unknown) => this.withdraw(error, account, address));
    if (right) {
      await this.settle(() => this.locks.forgive(account));
      await this.settle(() => this.locks.withdraw(address));
    } else {
      await this.settle(() => this.fail(attempt, { account, address }, policy));
    }
    return right;
  }

  /**
   * Once more on another connection, when the database cut the first: a guess that was checked must be counted. Where
   * only the answer to the first was lost, it counts twice.
   */
  private async settle(work: () => Promise<void>): Promise<void> {
    await work().catch((error: unknown) => {
      if (!isDatabaseAway(error)) throw error;
      return work();
    });
  }

  private async fail(
    { secret, userId, client, sessionId, onFailure }: SecretAttempt,
    { account, address }: { account: Buffer; address: Buffer },
    policy: GuessPolicy,
  ): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const tell = (action: AuditAction, details: object) =>
        this.audit.record(
          { action, userId, sessionId, client, details: { secret, ...details } },
          transaction,
        );
      await onFailure?.(transaction);
      await tell(sessionId === undefined ? 'sign_in_failed' : 'reauthentication_failed', {});
      const locked = await this.locks.fail(account, policy, transaction);
      if (locked !== undefined) await tell('secret_locked', { seconds: locked });
      // Last, because many share this row.
      const closed = await this.locks.fail(address, this.addressPolicy, transaction);
      if (closed !== undefined) await tell('address_closed', { seconds: closed });
    });
  }

  /** A place that can't be given back now is forgotten after a quiet minute; what went wrong before matters more. */
  private async withdraw(error: unknown, ...subjects: Buffer[]): Promise<never> {
    await Promise.all(subjects.map((subject) => this.locks.withdraw(subject))).catch(() => undefined);
    throw error;
  }
}
