import { Inject, Injectable, Optional } from '@nestjs/common';
import { DataSource, LessThan, type EntityManager } from 'typeorm';
import { InvalidCredentials } from '../auth/auth.errors';
import { CurrentPassword } from '../auth/current-password';
import { SecretAttempts } from '../auth/secret-attempts';
import type { CredentialHolder, Proof, Registrar } from '../auth/sign-in-method';
import { AuditTrail } from '../platform/audit/audit-trail';
import { Clock } from '../platform/clock/clock';
import { violates } from '../platform/database/database-errors';
import { SecretHasher } from '../platform/hashing/secret-hasher';
import type { Client } from '../platform/http/client';
import type { Principal } from '../platform/http/principal';
import { letterIn } from '../platform/mail/letter';
import { MailLimits } from '../platform/mail/mail-limits';
import { Mailer } from '../platform/mail/mailer';
import { addressKey } from '../platform/rate-limit/address-key';
import { GuessLocks, type GuessPolicy } from '../platform/rate-limit/guess-locks';
import { rateLimitSettings, type RateLimitSettings } from '../platform/rate-limit/rate-limit.settings';
import { RateLimits, type RateLimit } from '../platform/rate-limit/rate-limits';
import { RecentSignIn } from '../sessions/recent-sign-in';
import { SessionEndings } from '../sessions/session-endings';
import { InvalidToken } from '../sessions/session.errors';
import type { User } from '../users/user.entity';
import { UsersService } from '../users/users.service';
import { nameKey } from './pin-name';
import { pinSet } from './pin-set.mail';
import type { PinRegisterBody, SetPinBody } from './pin.dto';
import { Pin } from './pin.entity';
import { NameExists, PinIsOff } from './pin.errors';
import { pinSettings, type PinSettings } from './pin.settings';

type Known = Proof['user'] & { readonly hash: string | null; readonly failuresInARow: number };

interface Before {
  readonly credentialVersion: number;
  /** Null where the account has no PIN yet. */
  readonly failuresInARow: number | null;
}

/** PINs: setting and proving them. A PIN is weak, so what protects it is how few may be tried. */
@Injectable()
export class PinService implements Registrar<PinRegisterBody>, CredentialHolder {
  private readonly policy: GuessPolicy;
  private readonly offAfter: number;
  private readonly limit: RateLimit;

  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
    private readonly hasher: SecretHasher,
    private readonly attempts: SecretAttempts,
    private readonly locks: GuessLocks,
    private readonly users: UsersService,
    private readonly endings: SessionEndings,
    private readonly recent: RecentSignIn,
    private readonly mailer: Mailer,
    private readonly mailLimits: MailLimits,
    private readonly audit: AuditTrail,
    @Optional() @Inject(CurrentPassword) private readonly currentPassword: CurrentPassword | undefined,
    @Inject(pinSettings.token) { guesses, offAfter }: PinSettings,
    @Inject(rateLimitSettings.token) { locks: lengths, registrations }: RateLimitSettings,
    limits: RateLimits,
  ) {
    this.policy = { ...guesses, locks: lengths };
    this.limit = limits.limit('registrations', registrations);
    this.offAfter = offAfter;
  }

  /** @throws NameExists */
  register(body: PinRegisterBody, client: Client): Promise<User> {
    return this.hasher.withRoom(() => this.create(body, client));
  }

  private async create({ name, pin }: PinRegisterBody, client: Client): Promise<User> {
    await this.refuseTaken(name);
    const hash = await this.hasher.hash(pin);
    return this.database.transaction(async (transaction) => {
      const user = await this.users.create({ email: null, name }, client, transaction);
      await this.store(user.id, name, hash, transaction);
      return user;
    });
  }

  /**
   * @throws InvalidCredentials the same, after the same work, for an unknown name, a wrong PIN and one that is off
   * @throws RateLimited
   */
  prove(name: string, pin: string, client: Client): Promise<Proof> {
    return this.hasher.withRoom(() => this.proveWithRoom(name, pin, client));
  }

  private async proveWithRoom(name: string, pin: string, client: Client): Promise<Proof> {
    const known = await this.find(nameKey(name));
    const hash = known && known.failuresInARow < this.offAfter ? known.hash : null;
    const userId = known?.id ?? null;
    const onFailure = (transaction: EntityManager) => this.countFailure(userId, client, transaction);
    const attempt = { secret: 'pin', name: nameKey(name), userId, client, onFailure } as const;
    const right = await this.attempts.evaluate(
      attempt,
      this.policy,
      async () => (await this.hasher.verify(pin, hash)) && this.endRow(known),
    );
    if (!right || !known?.hash) throw new InvalidCredentials('Invalid name or PIN');
    const renewed = await this.hasher.renew(pin, known.hash);
    // Not if the PIN was changed meanwhile.
    const stored = { userId: known.id, hash: known.hash };
    if (renewed) await this.database.manager.update(Pin, stored, { hash: renewed });
    return { user: known };
  }

  /**
   * Gives the caller's account a PIN, or another one, and tells the owner by mail. Replacing one ends the other sessions.
   * @throws InvalidCredentials when the account has a password and this is not it
   * @throws ReauthenticationNeeded when it has none, and the caller signed in too long ago
   * @throws PinIsOff when the PIN is off and the caller came by it
   * @throws NameExists
   * @throws RateLimited
   * @throws InvalidToken when the session has ended meanwhile
   */
  async set(caller: Principal, { name, pin, currentPassword }: SetPinBody, client: Client): Promise<void> {
    const { id: userId } = caller.user;
    const { credentialVersion, failuresInARow } = await this.before(userId);
    if ((failuresInARow ?? 0) >= this.offAfter && caller.session.method === 'pin') throw new PinIsOff();
    const proven = await this.currentPassword?.demand(caller, currentPassword, client);
    if (!proven) this.recent.demand(caller.session);
    // The answer tells whether a name is taken, as a registration's does.
    await this.limit.consume(addressKey(client.ip));
    await this.refuseTaken(name, userId);
    const hash = await this.hasher.hash(pin);
    const { email } = caller.user;
    const tell = email !== null && (await this.mailLimits.allowNotice('PIN set', email));
    await this.database.transaction(async (transaction) => {
      const first = await this.users.bumpCredentialVersion(userId, credentialVersion, transaction);
      if (!first) throw new InvalidCredentials('Your credentials have just been changed; try again');
      await this.endings.hold(userId, caller.session.id, transaction);
      await transaction.delete(Pin, { userId });
      await this.store(userId, name, hash, transaction);
      await this.users.nameIfNameless(userId, name, transaction);
      const by = caller.session.id;
      const changed = { action: 'credential_changed', details: { credential: 'pin' } } as const;
      await this.audit.record({ ...changed, userId, sessionId: by, client }, transaction);
      const ending = { reason: 'pin_changed', client, by } as const;
      if (failuresInARow !== null) await this.endings.endAll(userId, by, ending, transaction);
      const language = await this.users.languageOf(userId, client.language, transaction);
      const letter = letterIn(pinSet, language, undefined);
      if (tell) await this.mailer.send({ to: email, letter, language }, transaction);
      await this.locks.clear(this.locks.subject('pin', nameKey(name)), transaction);
    });
  }

  opensFor(userId: string, transaction: EntityManager): Promise<boolean> {
    return transaction.existsBy(Pin, { userId, failuresInARow: LessThan(this.offAfter) });
  }

  async forget(userId: string, transaction: EntityManager): Promise<boolean> {
    const { affected } = await transaction.delete(Pin, { userId });
    return affected === 1;
  }

  /**
   * A right PIN ends the row of wrong ones, unless one of those that were checked beside it has filled the row, or the PIN
   * is another one by now: this statement decides which came first.
   */
  private async endRow(known: Known | undefined): Promise<boolean> {
    if (!known?.failuresInARow) return true;
    const [, ended] = await this.database.query<[unknown[], number]>(
      'UPDATE pins SET failures_in_a_row = 0 WHERE user_id = $1 AND failures_in_a_row < $2 AND hash = $3',
      [known.id, this.offAfter, known.hash],
    );
    return ended === 1;
  }

  /** Counts for the row of wrong PINs; the one that fills it turns the PIN off. */
  private async countFailure(
    userId: string | null,
    client: Client,
    transaction: EntityManager,
  ): Promise<void> {
    const [[counted]] = await transaction.query<[{ failures: number }[], number]>(
      `UPDATE pins SET failures_in_a_row = failures_in_a_row + 1 WHERE user_id = $1
       RETURNING failures_in_a_row AS failures`,
      [userId],
    );
    if (counted?.failures !== this.offAfter) return;
    await this.audit.record(
      { action: 'secret_off', userId, client, details: { secret: 'pin' } },
      transaction,
    );
  }

  private async find(key: string): Promise<Known | undefined> {
    const [known] = await this.database.query<Known[]>(
      `SELECT u.id, u.email, u.name, u.credential_version AS "credentialVersion",
              CASE WHEN u.disabled_at IS NULL THEN p.hash END AS hash, p.failures_in_a_row AS "failuresInARow"
         FROM pins p JOIN users u ON u.id = p.user_id WHERE p.name_key = $1`,
      [key],
    );
    return known;
  }

  /** What the change is allowed by. */
  private async before(userId: string): Promise<Before> {
    const [before] = await this.database.query<Before[]>(
      `SELECT u.credential_version AS "credentialVersion", p.failures_in_a_row AS "failuresInARow"
         FROM users u LEFT JOIN pins p ON p.user_id = u.id WHERE u.id = $1`,
      [userId],
    );
    if (!before) throw new InvalidToken();
    return before;
  }

  /** Spares the hash where the answer is known; the unique constraint decides between parallel requests. */
  private async refuseTaken(name: string, own?: string): Promise<void> {
    const taken = await this.database.manager.findOneBy(Pin, { nameKey: nameKey(name) });
    if (taken && taken.userId !== own) throw new NameExists();
  }

  private async store(userId: string, name: string, hash: string, transaction: EntityManager): Promise<void> {
    try {
      await transaction.insert(Pin, { userId, nameKey: nameKey(name), hash, changedAt: this.clock.now() });
    } catch (error) {
      throw violates(error, 'pins_name_key_key') ? new NameExists() : error;
    }
  }
}
