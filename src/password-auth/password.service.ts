import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { InvalidCredentials } from '../auth/auth.errors';
import type { Proof } from '../auth/sign-in-method';
import { Clock } from '../platform/clock/clock';
import { SecretHasher } from '../platform/hashing/secret-hasher';
import { ValidationFailed } from '../platform/http/api-error';
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
    const known = await this.find('u.email = $1', email);
    await this.check(known, password);
    if (known?.hash && this.hasher.isOutdated(known.hash)) await this.upgrade(known.id, known.hash, password);
    return { user: known as Known };
  }

  /**
   * Changes the caller's password and ends the caller's other sessions.
   * @throws InvalidCredentials when the current password is wrong
   */
  async change(caller: Principal, currentPassword: string, newPassword: string): Promise<void> {
    const known = await this.find('u.id = $1', caller.user.id);
    await this.check(known, currentPassword, 'The current password is wrong');
    if (newPassword === currentPassword) throw unchanged;
    const hash = await this.hasher.hash(newPassword);
    await this.database.transaction(async (transaction) => {
      await this.users.bumpCredentialVersion(caller.user.id, transaction);
      // Matching the old hash too: of two changes at once, made with one old password, one must fail.
      const change = { hash, changedAt: this.clock.now() };
      const { affected } = await transaction.update(
        Password,
        { userId: caller.user.id, hash: known?.hash ?? '' },
        change,
      );
      if (affected !== 1) throw new InvalidCredentials('The current password is wrong');
      await this.sessions.revokeOthers(caller.user.id, caller.session.id, 'password_changed', transaction);
      if (known?.email) await this.mailer.send(passwordChanged(known.email), transaction);
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

  private async check(known: Known | undefined, password: string, message?: string): Promise<void> {
    if (!(await this.hasher.verify(password, known?.hash ?? null))) throw new InvalidCredentials(message);
  }

  /** Not if the password was changed meanwhile. */
  private async upgrade(userId: string, oldHash: string, password: string): Promise<void> {
    const hash = await this.hasher.hash(password);
    await this.database.manager.update(Password, { userId, hash: oldHash }, { hash });
  }
}

const unchanged = new ValidationFailed([
  { field: 'newPassword', message: 'newPassword must differ from the current password' },
]);
