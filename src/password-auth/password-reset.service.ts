import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { AddressClaim } from '../auth/linking/address-claim';
import { Credentials } from '../auth/linking/credentials';
import { AuditTrail } from '../platform/audit/audit-trail';
import { Clock } from '../platform/clock/clock';
import { FrontEnd } from '../platform/front-end/front-end';
import type { LinkOptions } from '../platform/front-end/link-options';
import { SecretHasher } from '../platform/hashing/secret-hasher';
import type { Client } from '../platform/http/client';
import { moment } from '../platform/language/moment';
import { letterIn } from '../platform/mail/letter';
import { MailLimits } from '../platform/mail/mail-limits';
import { Mailer } from '../platform/mail/mailer';
import { OneTimeTokens, type Asked, type OneTimePurpose } from '../platform/one-time/one-time-tokens';
import { GuessLocks } from '../platform/rate-limit/guess-locks';
import { deviceInWords } from '../sessions/device';
import { SessionEndings } from '../sessions/session-endings';
import { UsersService } from '../users/users.service';
import { passwordReset } from './password-reset.mail';
import { Password } from './password.entity';
import { InvalidResetToken } from './password.errors';
import { resetPassword } from './reset-password.mail';

const PURPOSE: OneTimePurpose = { name: 'password reset', prefix: 'ghw_', life: 60 * 60_000 };

interface Payload {
  /** Null where nobody has that address: that token is mailed to nobody. */
  readonly userId: string | null;
  /** A token from before a change of credentials is not good after it. */
  readonly credentialVersion: number | null;
}

interface Owner {
  readonly id: string;
  readonly email: string;
  readonly credentialVersion: number;
  readonly verified: boolean;
}

/** A new password for who reads the account's mail. */
@Injectable()
export class PasswordResets {
  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
    private readonly tokens: OneTimeTokens,
    private readonly frontEnd: FrontEnd,
    private readonly mailer: Mailer,
    private readonly limits: MailLimits,
    private readonly hasher: SecretHasher,
    private readonly locks: GuessLocks,
    private readonly users: UsersService,
    private readonly claims: AddressClaim,
    private readonly credentials: Credentials,
    private readonly endings: SessionEndings,
    private readonly audit: AuditTrail,
  ) {}

  /**
   * Mails a link to the owner of an account. For an address that nobody has the same work is done, and no mail is sent.
   * @param form the family of clients that the link is written for
   * @throws ValidationFailed for an endpoint, a client alias or a logo that is not listed
   */
  async request(
    email: string,
    options: LinkOptions,
    form: 'wire' | 'managed',
    client: Client,
  ): Promise<void> {
    const { base, brand } = this.frontEnd.looksOf(options);
    if (!(await this.limits.allowRequest('password reset', email, client))) return;
    const [user] = await this.database.query<Pick<Owner, 'id' | 'credentialVersion'>[]>(
      `SELECT id, credential_version AS "credentialVersion" FROM users WHERE email = $1 AND disabled_at IS NULL`,
      [email],
    );
    const userId = user?.id ?? null;
    await this.database.transaction(async (transaction) => {
      const payload: Payload = { userId, credentialVersion: user?.credentialVersion ?? null };
      const { token } = await this.tokens.issue(PURPOSE, email, payload, client, transaction);
      const alias = options.clientAlias ? { clientAlias: options.clientAlias } : undefined;
      const query: Record<string, string> =
        form === 'wire' ? { token } : { verificationCode: token, email, ...alias };
      const { language } = client;
      const letter = letterIn(resetPassword, language, {
        email,
        url: this.frontEnd.link('/reset-password', query, base),
        device: deviceInWords(client, language),
        at: moment(this.clock.now(), language),
      });
      await this.mailer.send({ to: userId && email, letter, language, brand }, transaction);
      const details = { mail: 'password reset' };
      await this.audit.record({ action: 'mail_requested', userId, client, details }, transaction);
    });
  }

  /** Whose password the token resets, and who asked for it; null for one that is not good. Spends nothing. */
  async look(token: string): Promise<(Asked & { readonly email: string }) | null> {
    const found = await this.tokens.look<Payload>(PURPOSE, this.tokens.handleOf(token));
    return found?.payload.userId && found.subject ? { ...found, email: found.subject } : null;
  }

  /**
   * Sets the new password, ends every session, and tells the owner by mail. Signs nobody in. An address that was never
   * verified is proven by this.
   * @param email where given, the token must be this one's
   * @throws InvalidResetToken and then nothing is spent
   */
  async complete(
    { token, password, email }: { token: string; password: string; email?: string },
    client: Client,
  ): Promise<{ id: string; email: string }> {
    // Spares the hash where the answer is known; the token is spent with what it is spent for.
    const found = await this.look(token);
    if (!found || (email !== undefined && email !== found.email)) throw new InvalidResetToken();
    const hash = await this.hasher.hash(password);
    const tell = await this.limits.allowNotice('password reset done', found.email);
    return this.database.transaction(async (transaction) => {
      const owner = await this.spend(token, email, transaction);
      const { id } = owner;
      const first = await this.users.bumpCredentialVersion(id, owner.credentialVersion, transaction);
      if (!first) throw new InvalidResetToken();
      const removed = owner.verified
        ? await this.credentials.removeDoubtful(id, 'password', client, transaction)
        : await this.claims.claim(owner, client, transaction, false);
      await transaction.upsert(Password, { userId: id, hash, changedAt: this.clock.now() }, ['userId']);
      const details = { credential: 'password', by: 'mailed link' };
      await this.audit.record({ action: 'credential_changed', userId: id, client, details }, transaction);
      await this.endings.endAll(id, null, { reason: 'password_reset', client }, transaction);
      await this.locks.clear(this.locks.subject('password', owner.email), transaction);
      const { language } = client;
      const letter = letterIn(passwordReset, language, {
        pinRemoved: removed.includes('pin'),
        unlinked: removed.some((name) => name !== 'pin'),
      });
      if (tell) await this.mailer.send({ to: owner.email, letter, language }, transaction);
      return { id, email: owner.email };
    });
  }

  /** The token's owner, whose row stays locked: a change under way is waited for, and then seen. */
  private async spend(token: string, email: string | undefined, transaction: EntityManager): Promise<Owner> {
    const handle = this.tokens.handleOf(token);
    const spent = await this.tokens.spend<Payload>(PURPOSE, handle, transaction, email);
    const [owner] = await transaction.query<Owner[]>(
      `SELECT id, email, credential_version AS "credentialVersion", email_verified_at IS NOT NULL AS verified
         FROM users WHERE id = $1 AND email = $2 FOR UPDATE`,
      [spent?.payload.userId ?? null, spent?.subject ?? null],
    );
    if (!owner || owner.credentialVersion !== spent?.payload.credentialVersion) throw new InvalidResetToken();
    return owner;
  }
}
