import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { AuditAction } from '../platform/audit/audit-event.entity';
import { AuditTrail } from '../platform/audit/audit-trail';
import type { Client } from '../platform/http/client';
import { addressKey } from '../platform/rate-limit/address-key';
import { GuessLocks, type GuessPolicy } from '../platform/rate-limit/guess-locks';
import { rateLimitSettings, type RateLimitSettings } from '../platform/rate-limit/rate-limit.settings';
import { RateLimits, type RateLimit } from '../platform/rate-limit/rate-limits';

export interface SecretAttempt {
  readonly secret: 'password' | 'pin';
  /** What the secret is known under, as it is compared. Nobody need have it. */
  readonly name: string;
  /** Null where nobody has that name. */
  readonly userId: string | null;
  readonly client: Client;
  /** Where the one who asks is signed in already, and proves it once more. */
  readonly again?: boolean;
  /** What else a failure changes, in the transaction that counts it. */
  readonly onFailure?: (transaction: EntityManager) => Promise<unknown>;
}

/**
 * Every check of a secret that people choose goes through here, on whatever path: failures are counted for the account
 * and for the address, and the audit is told. A guess is counted before it is checked.
 */
@Injectable()
export class SecretAttempts {
  private readonly addresses: RateLimit;

  constructor(
    private readonly database: DataSource,
    private readonly locks: GuessLocks,
    private readonly audit: AuditTrail,
    @Inject(rateLimitSettings.token) { addressFailures }: RateLimitSettings,
    limits: RateLimits,
  ) {
    this.addresses = limits.limit('failures', addressFailures);
  }

  /**
   * @param check compares the secret; the same work for a name that nobody has
   * @returns whether it was right
   * @throws RateLimited while the account is locked, or its address has failed too often
   */
  async evaluate(
    attempt: SecretAttempt,
    policy: GuessPolicy,
    check: () => Promise<boolean>,
  ): Promise<boolean> {
    const subject = this.locks.subject(attempt.secret, attempt.name);
    const address = addressKey(attempt.client.ip);
    // First of all: an address that is closed must not make rows for names that it makes up.
    await this.addresses.check(address);
    await this.locks.begin(subject, policy);
    const left = await this.addresses.consume(address).catch(async (error: unknown) => {
      await this.quietly(this.locks.withdraw(subject));
      throw error;
    });
    const right = await check().catch(async (error: unknown) => {
      await this.quietly(Promise.all([this.locks.withdraw(subject), this.addresses.refund(address)]));
      throw error;
    });
    if (right) await Promise.all([this.locks.forgive(subject), this.addresses.refund(address)]);
    else await this.fail(subject, attempt, policy, left === 0);
    return right;
  }

  private async fail(
    subject: Buffer,
    { secret, userId, client, again, onFailure }: SecretAttempt,
    policy: GuessPolicy,
    closesAddress: boolean,
  ): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const tell = (action: AuditAction, details: object) =>
        this.audit.record({ action, userId, client, details: { secret, ...details } }, transaction);
      await onFailure?.(transaction);
      const seconds = await this.locks.fail(subject, policy, transaction);
      await tell(again ? 'reauthentication_failed' : 'sign_in_failed', {});
      if (seconds !== undefined) await tell('secret_locked', { seconds });
      if (closesAddress) await tell('address_closed', {});
    });
  }

  /** A guess that can't be withdrawn now is forgotten after a minute; what went wrong before matters more. */
  private async quietly(work: Promise<unknown>): Promise<void> {
    await work.catch(() => undefined);
  }
}
