import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { InvalidCredentials } from '../auth/auth.errors';
import type { Proof } from '../auth/sign-in-method';
import { Clock } from '../platform/clock/clock';
import { SecretHasher } from '../platform/hashing/secret-hasher';
import { Busy, ValidationFailed } from '../platform/http/api-error';
import { Mailer } from '../platform/mail/mailer';
import type { Principal } from '../platform/http/principal';
import { SessionsService } from '../sessions/sessions.service';
import type { User } from '../users/user.entity';
import { EmailExists } from '../users/user.errors';
import { UsersService } from '../users/users.service';
import { passwordChanged } from './password-changed.mail';
import { Password } from './password.entity';
import { RegistrationClosed } from './password.errors';
import { passwordSettings, type PasswordSettings } from './password.settings';

type Known = Proof['user'] & { readonly hash: string | null };
type Proven = Known & { readonly hash: string };

/** Passwords: setting, proving and changing them. */
@Injectable()
export class PasswordService {
  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
    private readonly hasher: SecretHasher,
    private readonly users: UsersService,
    private readonly sessions: SessionsService,
    private readonly mailer: Mailer,
    @Inject(passwordSettings.token) private readonly settings: PasswordSettings,
  ) {}

  /**
   * @throws RegistrationClosed
   * @throws EmailExists
   */
  async register(given: { email: string; password: string; name?: string | null }): Promise<User> {
    if (!this.settings.registrationOpen) throw new RegistrationClosed();
    // Spares the hash where the answer is known; the unique constraint decides between parallel requests.
    if (await this.users.findByEmail(given.email)) throw new EmailExists();
    const hash = await this.hasher.hash(given.password);
    return this.database.transaction(async (transaction) => {
      const user = await this.users.create({ email: given.email, name: given.name || null }, transaction);
      await transaction.insert(Password, { userId: user.id, hash, changedAt: user.createdAt });
      return user;
    });
  }

  /** @throws InvalidCredentials the same, after the same work, for an unknown email and a wrong password */
  async prove(email: string, password: string): Promise<Proof> {
    const known = await this.check(await this.find('u.email = $1', email), password);
    if (this.hasher.isOutdated(known.hash)) await this.upgrade(known, password);
    return { user: known };
  }

  /**
   * Changes the caller's password, ends the caller's other sessions and tells the owner by mail.
   * @throws InvalidCredentials when the current password is wrong
   */
  async change(caller: Principal, currentPassword: string, newPassword: string): Promise<void> {
    const known = await this.check(
      await this.find('u.id = $1', caller.user.id),
      currentPassword,
      WRONG_CURRENT,
    );
    if (newPassword === currentPassword) throw unchanged;
    const hash = await this.hasher.hash(newPassword);
    await this.database.transaction(async (transaction) => {
      // Of two changes at once, both allowed by one old password, the second finds it changed.
      const first = await this.users.bumpCredentialVersion(known.id, known.credentialVersion, transaction);
      if (!first) throw new InvalidCredentials(WRONG_CURRENT);
      await transaction.update(Password, { userId: known.id }, { hash, changedAt: this.clock.now() });
      await this.sessions.revokeOthers(known.id, caller.session.id, 'password_changed', transaction);
      if (known.email) await this.mailer.send(passwordChanged(known.email), transaction);
    });
  }

  /** User, version of the credentials and hash in one statement, so that the three belong together. */
  private async find(condition: string, value: string): Promise<Known | undefined> {
    const [known] = await this.database.query<Known[]>(
      `SELECT u.id, u.email, u.name, u.credential_version AS "credentialVersion", p.hash
         FROM users u LEFT JOIN passwords p ON p.user_id = u.id WHERE ${condition}`,
      [value],
    );
    return known;
  }

  /** @returns the one who is known, and has this password */
  private async check(known: Known | undefined, password: string, message?: string): Promise<Proven> {
    const matches = await this.hasher.verify(password, known?.hash ?? null);
    if (!matches) throw new InvalidCredentials(message);
    return known as Proven;
  }

  /** Not if the password was changed meanwhile; and a busy server has better things to do. */
  private async upgrade({ id: userId, hash: outdated }: Proven, password: string): Promise<void> {
    try {
      const hash = await this.hasher.hash(password);
      await this.database.manager.update(Password, { userId, hash: outdated }, { hash });
    } catch (error) {
      if (!(error instanceof Busy)) throw error;
    }
  }
}

const WRONG_CURRENT = 'The current password is wrong';

const unchanged = new ValidationFailed([
  { field: 'newPassword', message: 'newPassword must differ from the current password' },
]);
