import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditTrail } from '../platform/audit/audit-trail';
import { Clock } from '../platform/clock/clock';
import { FrontEnd, type Looks } from '../platform/front-end/front-end';
import type { MailOptions } from '../platform/front-end/link-options';
import type { Client } from '../platform/http/client';
import { letterIn } from '../platform/mail/letter';
import { MailLimits } from '../platform/mail/mail-limits';
import { Mailer } from '../platform/mail/mailer';
import { OneTimeTokens, type Asked, type OneTimePurpose } from '../platform/one-time/one-time-tokens';
import { InvalidVerification } from './user.errors';
import { User } from './user.entity';
import { verification } from './verification.mail';

const PURPOSE: OneTimePurpose = { name: 'verification', prefix: 'ghv_', life: 24 * 60 * 60_000 };

interface Payload {
  /** Null where nobody has that address, or has verified it: that token is mailed to nobody. */
  readonly userId: string | null;
}

/** Finds out whether the one who gave an address also reads its mail. */
@Injectable()
export class EmailVerification {
  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
    private readonly tokens: OneTimeTokens,
    private readonly frontEnd: FrontEnd,
    private readonly mailer: Mailer,
    private readonly limits: MailLimits,
    private readonly audit: AuditTrail,
  ) {}

  /**
   * Mails a link to an address of an account that has not verified it. For everybody else the same work is done, and no
   * mail is sent.
   * @throws ValidationFailed for a client alias or a logo that is not listed
   */
  async request(email: string, options: MailOptions, client: Client): Promise<void> {
    const looks = this.frontEnd.looksOf(options);
    if (!(await this.limits.allowRequest('verification', email, client))) return;
    const [user] = await this.database.query<{ id: string }[]>(
      'SELECT id FROM users WHERE email = $1 AND email_verified_at IS NULL AND disabled_at IS NULL',
      [email],
    );
    const userId = user?.id ?? null;
    await this.database.transaction(async (transaction) => {
      await this.send({ email, userId }, client, transaction, looks);
      const details = { mail: 'verification' };
      await this.audit.record({ action: 'mail_requested', userId, client, details }, transaction);
    });
  }

  /** Writes the mail, in the transaction of the account that it is for. */
  async send(
    { email, userId }: { email: string; userId: string | null },
    client: Client,
    transaction: EntityManager,
    { base, brand }: Partial<Looks> = {},
  ): Promise<void> {
    const payload: Payload = { userId };
    const { token } = await this.tokens.issue(PURPOSE, email, payload, client, transaction);
    const url = this.frontEnd.link('/auth/verify', { email, verificationCode: token }, base);
    const { language } = client;
    const letter = letterIn(verification, language, { email, url });
    await this.mailer.send({ to: userId && email, letter, language, brand }, transaction);
  }

  /** Who asked for the link, when and where; null for one that is not good. Spends nothing. */
  async look(email: string, verificationCode: string): Promise<Asked | null> {
    const found = await this.tokens.look(PURPOSE, this.tokens.handleOf(verificationCode));
    return found?.subject === email ? found : null;
  }

  /** @throws InvalidVerification and then nothing is spent */
  async complete(email: string, verificationCode: string, client: Client): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const handle = this.tokens.handleOf(verificationCode);
      const spent = await this.tokens.spend<Payload>(PURPOSE, handle, transaction, email);
      const userId = spent?.payload.userId ?? null;
      if (userId === null || !(await this.mark(userId, email, client, transaction))) {
        throw new InvalidVerification();
      }
    });
  }

  /**
   * Marks an address as proven, within the caller's transaction.
   * @returns false when it was before, or is not this user's any more, or the account is disabled
   */
  async mark(userId: string, email: string, client: Client, transaction: EntityManager): Promise<boolean> {
    const { affected } = await transaction
      .createQueryBuilder()
      .update(User)
      .set({ emailVerifiedAt: this.clock.now() })
      .where('id = :userId AND email = :email', { userId, email })
      .andWhere('email_verified_at IS NULL AND disabled_at IS NULL')
      .execute();
    if (affected !== 1) return false;
    await this.audit.record({ action: 'email_verified', userId, client }, transaction);
    return true;
  }
}
