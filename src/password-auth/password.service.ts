import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { InvalidCredentials } from '../auth/auth.errors';
import { CurrentPassword } from '../auth/current-password';
import { SecretAttempts } from '../auth/secret-attempts';
import type { CredentialHolder, Proof, Registrar } from '../auth/sign-in-method';
import { AuditTrail } from '../platform/audit/audit-trail';
import { Clock } from '../platform/clock/clock';
import { SecretHasher } from '../platform/hashing/secret-hasher';
import { Forbidden, ValidationFailed } from '../platform/http/api-error';
import type { Client } from '../platform/http/client';
import type { Principal } from '../platform/http/principal';
import { letterIn } from '../platform/mail/letter';
import { MailLimits } from '../platform/mail/mail-limits';
import { Mailer } from '../platform/mail/mailer';
import type { GuessPolicy } from '../platform/rate-limit/guess-locks';
import { rateLimitSettings, type RateLimitSettings } from '../platform/rate-limit/rate-limit.settings';
import { SessionEndings } from '../sessions/session-endings';
import type { User } from '../users/user.entity';
import { EmailExists } from '../users/user.errors';
import { UsersService } from '../users/users.service';
import { passwordChanged } from './password-changed.mail';
import type { RegisterBody } from './password.dto';
import { Password } from './password.entity';
import { passwordSettings, type PasswordSettings } from './password.settings';

type Known = Proof['user'] & { readonly hash: string | null };
type Proven = Known & { readonly hash: string };

/** Passwords: setting, proving and changing them. */
@Injectable()
export class PasswordService extends CurrentPassword implements Registrar<RegisterBody>, CredentialHolder {
  private readonly policy: GuessPolicy;

  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
    private readonly hasher: SecretHasher,
    private readonly attempts: SecretAttempts,
    private readonly users: UsersService,
    private readonly endings: SessionEndings,
    private readonly mailer: Mailer,
    private readonly mailLimits: MailLimits,
    private readonly audit: AuditTrail,
    @Inject(passwordSettings.token) { guesses }: PasswordSettings,
    @Inject(rateLimitSettings.token) { locks }: RateLimitSettings,
  ) {
    super();
    this.policy = { ...guesses, locks };
  }

  /** @throws EmailExists */
  register(body: RegisterBody, client: Client): Promise<User> {
    return this.hasher.withRoom(() => this.create(body, client));
  }

  private async create({ email, name, password }: RegisterBody, client: Client): Promise<User> {
    // Spares the hash where the answer is known; the unique constraint decides between parallel requests.
    if (await this.users.findByEmail(email)) throw new EmailExists();
    const hash = await this.hasher.hash(password);
    return this.database.transaction(async (transaction) => {
      const user = await this.users.create({ email, name: name || null }, client, transaction);
      await transaction.insert(Password, { userId: user.id, hash, changedAt: user.createdAt });
      return user;
    });
  }

  /**
   * @throws InvalidCredentials the same, after the same work, for an unknown email and a wrong password
   * @throws RateLimited
   */
  prove(email: string, password: string, client: Client): Promise<Proof> {
    return this.hasher.withRoom(() => this.proveWithRoom(email, password, client));
  }

  private async proveWithRoom(email: string, password: string, client: Client): Promise<Proof> {
    const known = await this.check(await this.find('u.email = $1', email), { name: email, password, client });
    const renewed = await this.hasher.renew(password, known.hash);
    // Not if the password was changed meanwhile.
    const stored = { userId: known.id, hash: known.hash };
    if (renewed) await this.database.manager.update(Password, stored, { hash: renewed });
    return { user: known };
  }

  /**
   * Changes the caller's password, ends the caller's other sessions and tells the owner by mail.
   * @throws InvalidCredentials when the current password is wrong
   * @throws RateLimited
   */
  async change(
    caller: Principal,
    { currentPassword, newPassword }: { currentPassword: string; newPassword: string },
    client: Client,
  ): Promise<void> {
    const known = await this.demandCurrent(caller, currentPassword, client);
    if (isSame(newPassword, currentPassword)) throw unchanged;
    await this.replace(known, newPassword, caller.session.id, client);
  }

  /**
   * Changes a password by the old one alone. The caller's session stays, where there is one.
   * @returns the user's id
   * @throws Forbidden when the caller is somebody else
   * @throws InvalidCredentials the same for an unknown email and a wrong password
   * @throws RateLimited
   */
  async changeByOld(
    { email, oldPassword, newPassword }: { email: string; oldPassword: string; newPassword: string },
    caller: Principal | undefined,
    client: Client,
  ): Promise<string> {
    if (caller && caller.user.email !== email) throw new Forbidden('This is the email of another account');
    if (isSame(newPassword, oldPassword)) throw unchanged;
    const given = { name: email, password: oldPassword, client, sessionId: caller?.session.id };
    const known = await this.check(await this.find('u.email = $1', email), given);
    await this.replace(known, newPassword, caller?.session.id ?? null, client);
    return known.id;
  }

  async demand(caller: Principal, given: string | undefined, client: Client): Promise<boolean> {
    const has = await this.database.manager.existsBy(Password, { userId: caller.user.id });
    if (!has) return false;
    if (!given) throw missing;
    await this.demandCurrent(caller, given, client);
    return true;
  }

  opensFor(userId: string, transaction: EntityManager): Promise<boolean> {
    return transaction.existsBy(Password, { userId });
  }

  async forget(userId: string, transaction: EntityManager): Promise<boolean> {
    const { affected } = await transaction.delete(Password, { userId });
    return affected === 1;
  }

  private async demandCurrent(
    { user, session }: Principal,
    password: string,
    client: Client,
  ): Promise<Proven> {
    const known = await this.find('u.id = $1', user.id);
    return this.check(known, { name: known?.email ?? user.id, password, client, sessionId: session.id });
  }

  /**
   * User, version of the credentials and hash in one statement, so that the three belong together. A disabled account's
   * password is never right: no answer tells who has guessed it.
   */
  private async find(condition: string, value: string): Promise<Known | undefined> {
    const [known] = await this.database.query<Known[]>(
      `SELECT u.id, u.email, u.name, u.credential_version AS "credentialVersion",
              CASE WHEN u.disabled_at IS NULL THEN p.hash END AS hash
         FROM users u LEFT JOIN passwords p ON p.user_id = u.id WHERE ${condition}`,
      [value],
    );
    return known;
  }

  /** @returns the one who is known, and has this password */
  private async check(
    known: Known | undefined,
    given: { name: string; password: string; client: Client; sessionId?: string },
  ): Promise<Proven> {
    const { password, ...attempt } = given;
    const right = await this.attempts.evaluate(
      { ...attempt, secret: 'password', userId: known?.id ?? null },
      this.policy,
      () => this.hasher.verify(password, known?.hash ?? null),
    );
    if (!right) throw new InvalidCredentials(given.sessionId === undefined ? undefined : WRONG_CURRENT);
    return known as Proven;
  }

  private async replace(
    { id, email, credentialVersion }: Proven,
    newPassword: string,
    keptSession: string | null,
    client: Client,
  ): Promise<void> {
    const hash = await this.hasher.hash(newPassword);
    const tell = email !== null && (await this.mailLimits.allowNotice('password changed', email));
    await this.database.transaction(async (transaction) => {
      // Of two changes at once, both allowed by one old password, the second finds it changed.
      const first = await this.users.bumpCredentialVersion(id, credentialVersion, transaction);
      if (!first) throw new InvalidCredentials(keptSession === null ? undefined : WRONG_CURRENT);
      if (keptSession !== null) await this.endings.hold(id, keptSession, transaction);
      await transaction.update(Password, { userId: id }, { hash, changedAt: this.clock.now() });
      const by = keptSession ?? undefined;
      const changed = { action: 'credential_changed', details: { credential: 'password' } } as const;
      await this.audit.record({ ...changed, userId: id, sessionId: by, client }, transaction);
      const ending = { reason: 'password_changed', client, by } as const;
      await this.endings.endAll(id, keptSession, ending, transaction);
      const language = await this.users.languageOf(id, client.language, transaction);
      const letter = letterIn(passwordChanged, language, undefined);
      if (tell) await this.mailer.send({ to: email, letter, language }, transaction);
    });
  }
}

/** The one is composed when it is read, the other stays as it was typed. */
const isSame = (newPassword: string, existing: string): boolean => newPassword === existing.normalize('NFC');

const WRONG_CURRENT = 'The current password is wrong';

const missing = new ValidationFailed([{ field: 'currentPassword', message: 'currentPassword is missing' }]);

const unchanged = new ValidationFailed([
  { field: 'newPassword', message: 'newPassword must differ from the current password' },
]);
