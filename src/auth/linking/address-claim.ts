import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Client } from '../../platform/http/client';
import { letterIn } from '../../platform/mail/letter';
import { Mailer } from '../../platform/mail/mailer';
import type { MethodName } from '../../sessions/method-name';
import { Devices } from '../../sessions/devices';
import { SessionEndings } from '../../sessions/session-endings';
import { EmailVerification } from '../../users/email-verification';
import { addressClaimed } from './address-claimed.mail';
import { Credentials } from './credentials';

/**
 * The first proof of an account's address. Whoever registered it never proved that the address is theirs, so what they
 * set must not stay: else they would wait in an account that its owner, who comes by mail, takes for their own.
 */
@Injectable()
export class AddressClaim {
  constructor(
    private readonly credentials: Credentials,
    private readonly verification: EmailVerification,
    private readonly endings: SessionEndings,
    private readonly devices: Devices,
    private readonly mailer: Mailer,
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
    const removed = await this.credentials.removeAll(userId, client, transaction);
    await this.devices.forget(userId, transaction);
    await this.endings.endAll(userId, null, { reason: 'address_proven', client }, transaction);
    await this.verification.mark(userId, email, client, transaction);
    const { language } = client;
    const letter = letterIn(addressClaimed, language, undefined);
    if (tell && removed.length > 0) await this.mailer.send({ to: email, language, letter }, transaction);
    return removed;
  }
}
