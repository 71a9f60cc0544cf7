import { Inject, Injectable } from '@nestjs/common';
import { DataSource, IsNull, Not, type EntityManager } from 'typeorm';
import { InvalidCredentials } from '../auth/auth.errors';
import { AccountLinking } from '../auth/linking/account-linking';
import { authSettings, type AuthSettings } from '../auth/auth.settings';
import { SecretAttempts } from '../auth/secret-attempts';
import type { CredentialHolder, Proof } from '../auth/sign-in-method';
import { AuditTrail } from '../platform/audit/audit-trail';
import { Clock } from '../platform/clock/clock';
import { FrontEnd } from '../platform/front-end/front-end';
import { RateLimited } from '../platform/http/api-error';
import type { Client } from '../platform/http/client';
import { moment } from '../platform/language/moment';
import { letterIn } from '../platform/mail/letter';
import { MailLimits } from '../platform/mail/mail-limits';
import { Mailer } from '../platform/mail/mailer';
import {
  OneTimeTokens,
  type Asked,
  type OneTimePurpose,
  type TokenHandle,
} from '../platform/one-time/one-time-tokens';
import { deviceInWords } from '../sessions/device';
import { User } from '../users/user.entity';
import { EmailExists } from '../users/user.errors';
import { UsersService } from '../users/users.service';
import { InvalidMagicLink } from './magic-link.errors';
import { magicLink } from './magic-link.mail';
import { magicLinkSettings, type MagicLinkSettings } from './magic-link.settings';

const MINUTE = 60_000;

interface Payload {
  /** Null where nobody had that address when the link was asked for. */
  readonly userId: string | null;
  /** A link from before a change of credentials is not good after it. */
  readonly credentialVersion: number | null;
}

const TOO_MANY = 'Too many wrong codes; use the link in the mail, or try again later';

/** Proves who someone is by what they read in their mail: a link, or the code beside it. */
@Injectable()
export class MagicLinkService implements CredentialHolder {
  private readonly purpose: OneTimePurpose;
  private readonly maySignUp: boolean;

  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
    private readonly tokens: OneTimeTokens,
    private readonly frontEnd: FrontEnd,
    private readonly mailer: Mailer,
    private readonly limits: MailLimits,
    private readonly attempts: SecretAttempts,
    private readonly users: UsersService,
    private readonly linking: AccountLinking,
    private readonly audit: AuditTrail,
    @Inject(magicLinkSettings.token) private readonly settings: MagicLinkSettings,
    @Inject(authSettings.token) { registrationOpen }: AuthSettings,
  ) {
    const code = { life: 10 * MINUTE, tries: settings.triesPerCode };
    this.purpose = { name: 'magic link', prefix: 'ghm_', life: 15 * MINUTE, code };
    this.maySignUp = settings.signUp && registrationOpen;
  }

  /** Mails a link and a code. Where nobody may sign in by it the same work is done, and no mail is sent. */
  async request(email: string, client: Client): Promise<void> {
    if (!(await this.limits.allowRequest('magic link', email, client))) return;
    const user = await this.linking.findByEmail(email, this.database.manager, false);
    const userId = user?.id ?? null;
    const mayUse = user ? !user.disabled : this.maySignUp;
    const { ip, language } = client;
    await this.database.transaction(async (transaction) => {
      const payload: Payload = { userId, credentialVersion: user?.credentialVersion ?? null };
      const { token, code } = await this.tokens.issue(this.purpose, email, payload, client, transaction);
      const letter = letterIn(magicLink, language, {
        email,
        url: this.frontEnd.link('/magic-link', { token }),
        code,
        device: deviceInWords(client, language),
        ip,
        at: moment(this.clock.now(), language),
      });
      await this.mailer.send({ to: mayUse ? email : null, letter, language }, transaction);
      const details = { mail: 'magic link' };
      await this.audit.record({ action: 'mail_requested', userId, client, details }, transaction);
    });
  }

  /** Who asked for the link, when and where; null for one that is not good. Spends nothing. */
  async look(token: string): Promise<(Asked & { readonly email: string }) | null> {
    const found = await this.tokens.look<Payload>(this.purpose, this.tokens.handleOf(token));
    return found?.subject ? { ...found, email: found.subject } : null;
  }

  /** @throws InvalidMagicLink */
  proveByToken(token: string, client: Client): Promise<Proof> {
    return this.redeem(this.tokens.handleOf(token), client);
  }

  /**
   * @throws InvalidMagicLink the same for a wrong code and an address that has none
   * @throws RateLimited after too many wrong codes for one address, however many mails they came in
   */
  async proveByCode(email: string, code: string, client: Client): Promise<Proof> {
    const user = await this.linking.findByEmail(email, this.database.manager, false);
    let handle: TokenHandle | null = null;
    const attempt = { secret: 'code', name: email, userId: user?.id ?? null, client } as const;
    const check = async () => {
      handle = await this.tokens.findByCode(this.purpose, email, code);
      return handle !== null;
    };
    await this.attempts.evaluate(attempt, this.settings.guesses, check).catch((error: unknown) => {
      throw error instanceof RateLimited ? new RateLimited(error.retryAfter, TOO_MANY) : error;
    });
    if (handle === null) throw new InvalidMagicLink();
    return this.redeem(handle, client);
  }

  /** Once more when somebody registered the address just now: then there is an account to sign in to. */
  private async redeem(handle: TokenHandle, client: Client): Promise<Proof> {
    const work = (transaction: EntityManager) => this.spend(handle, client, transaction);
    const proven = this.database.transaction(work).catch((error: unknown) => {
      if (!(error instanceof EmailExists)) throw error;
      return this.database.transaction(work);
    });
    return proven.catch((error: unknown) => {
      throw error instanceof InvalidCredentials ? new InvalidMagicLink() : error;
    });
  }

  private async spend(handle: TokenHandle, client: Client, transaction: EntityManager): Promise<Proof> {
    const spent = await this.tokens.spend<Payload>(this.purpose, handle, transaction);
    if (!spent?.subject) throw new InvalidMagicLink();
    const user = await this.linking.findByEmail(spent.subject, transaction);
    const { userId, credentialVersion } = spent.payload;
    // One that was asked for an account is for that one: it makes no new account in place of a deleted one.
    const changed = user?.id !== userId || user.credentialVersion !== credentialVersion;
    if (userId !== null && changed) throw new InvalidMagicLink();
    return {
      user: user
        ? await this.linking.admit(user, client, transaction)
        : await this.signUp(spent.subject, client, transaction),
    };
  }

  private async signUp(email: string, client: Client, transaction: EntityManager): Promise<Proof['user']> {
    if (!this.maySignUp) throw new InvalidMagicLink();
    return this.users.create({ email, name: null, emailVerified: true }, client, transaction);
  }

  /** Who has no password may always come by mail; an address that was never proven may be a stranger's. */
  opensFor(userId: string, transaction: EntityManager): Promise<boolean> {
    return transaction.existsBy(User, { id: userId, emailVerifiedAt: Not(IsNull()) });
  }

  /** A mailbox is not ours to take away. */
  forget(): Promise<boolean> {
    return Promise.resolve(false);
  }
}
