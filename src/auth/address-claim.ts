import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { EntityManager } from 'typeorm';
import { AuditTrail } from '../platform/audit/audit-trail';
import type { Client } from '../platform/http/client';
import { letterIn } from '../platform/mail/letter';
import { Mailer } from '../platform/mail/mailer';
import type { MethodName } from '../sessions/method-name';
import { Devices } from '../sessions/devices';
import { SessionEndings } from '../sessions/session-endings';
import { EmailVerification } from '../users/email-verification';
import { addressClaimed } from './address-claimed.mail';
import { SIGN_IN_METHODS, type CredentialHolder, type SignInMethod } from './sign-in-method';

/**
 * The first proof of an account's address. Whoever registered it never proved that the address is theirs, so what they
 * set must not stay: else they would wait in an account that its owner, who comes by mail, takes for their own.
 */
@Injectable()
export class AddressClaim {
  constructor(
    private readonly modules: ModuleRef,
    @Inject(SIGN_IN_METHODS) private readonly methods: readonly SignInMethod[],
    private readonly verification: EmailVerification,
    private readonly endings: SessionEndings,
    private readonly devices: Devices,
    private readonly mailer: Mailer,
    private readonly audit: AuditTrail,
  ) {}

  /**
   * Removes credentials and sessions from before and marks the address as proven. To be called in a transaction that has
   * called `bumpCredentialVersion`.
   * @param tell whether the owner is told by a mail of its own what was removed
   * @returns the methods that had a credential
   */
  async claim(
    { id: userId, email }: { id: string; email: string },
    client: Client,
    transaction: EntityManager,
    tell: boolean,
  ): Promise<MethodName[]> {
    const removed = await this.remove(userId, () => true, client, transaction);
    await this.devices.forget(userId, transaction);
    await this.endings.endAll(userId, null, { reason: 'address_proven', client }, transaction);
    await this.verification.mark(userId, email, client, transaction);
    const { language } = client;
    const letter = letterIn(addressClaimed, language, undefined);
    if (tell && removed.length > 0) await this.mailer.send({ to: email, language, letter }, transaction);
    return removed;
  }

  /**
   * Removes every secret but those of one method, for which a new one is set: whoever proves an account by mail may do so
   * because somebody else knows its secrets. Within the caller's transaction, as above.
   * @returns the methods that had one
   */
  async removeSecrets(
    userId: string,
    but: MethodName,
    client: Client,
    transaction: EntityManager,
  ): Promise<MethodName[]> {
    const chosen = ({ name, credentials }: SignInMethod) => credentials?.secret === true && name !== but;
    return this.remove(userId, chosen, client, transaction);
  }

  private async remove(
    userId: string,
    chosen: (method: SignInMethod) => boolean,
    client: Client,
    transaction: EntityManager,
  ): Promise<MethodName[]> {
    const removed: MethodName[] = [];
    for (const { name: credential, credentials } of this.methods.filter(chosen)) {
      if (!credentials) continue;
      const holder = this.modules.get<CredentialHolder>(credentials.holder, { strict: false });
      if (!(await holder.forget(userId, transaction))) continue;
      removed.push(credential);
      const details = { credential, change: 'removed' };
      await this.audit.record({ action: 'credential_changed', userId, client, details }, transaction);
    }
    return removed;
  }
}
