import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { EntityManager } from 'typeorm';
import { AuditTrail } from '../platform/audit/audit-trail';
import type { Client } from '../platform/http/client';
import { letterIn } from '../platform/mail/letter';
import { Mailer } from '../platform/mail/mailer';
import type { MethodName } from '../sessions/method-name';
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
    private readonly mailer: Mailer,
    private readonly audit: AuditTrail,
  ) {}

  /**
   * Removes credentials and sessions from before and marks the address as proven. To be called in a transaction that has
   * called `bumpCredentialVersion`.
   * @param tell whether the owner is told by mail what was removed: not where a new one is set in its place
   */
  async claim(
    { id: userId, email }: { id: string; email: string },
    client: Client,
    transaction: EntityManager,
    tell: boolean,
  ): Promise<void> {
    const removed: MethodName[] = [];
    for (const { name, credentials } of this.methods) {
      if (!credentials) continue;
      const holder = this.modules.get<CredentialHolder>(credentials, { strict: false });
      if (await holder.forget(userId, transaction)) removed.push(name);
    }
    for (const credential of removed) {
      const details = { credential, change: 'removed' };
      await this.audit.record({ action: 'credential_changed', userId, client, details }, transaction);
    }
    await this.endings.endAll(userId, null, { reason: 'address_proven', client }, transaction);
    await this.verification.mark(userId, email, client, transaction);
    if (!tell || removed.length === 0) return;
    const { language } = client;
    await this.mailer.send(
      { to: email, language, letter: letterIn(addressClaimed, language, undefined) },
      transaction,
    );
  }
}
