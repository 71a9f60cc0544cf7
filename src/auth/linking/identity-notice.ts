import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditTrail } from '../../platform/audit/audit-trail';
import { Clock } from '../../platform/clock/clock';
import { Settings } from '../../platform/config/settings';
import type { Client } from '../../platform/http/client';
import { moment } from '../../platform/language/moment';
import { letterIn } from '../../platform/mail/letter';
import { mailSettings, type MailSettings } from '../../platform/mail/mail.settings';
import { Mailer } from '../../platform/mail/mailer';
import { deviceInWords } from '../../sessions/device';
import { UsersService } from '../../users/users.service';
import { SIGN_IN_METHODS, type SignInMethod } from '../sign-in-method';
import { identityAdded, identityRemoved } from './identity-changed.mail';
import type { Identity } from './identity.entity';

const letters = { added: identityAdded, removed: identityRemoved } as const;

type Told = Pick<Identity, 'method' | 'issuer' | 'email' | 'knownAs'>;

interface Change {
  readonly user: { readonly id: string; readonly email: string | null };
  readonly identity: Told;
  readonly client: Client;
  /** The session that asked for it, where one did. */
  readonly sessionId?: string;
}

/** Tells of an identity that was linked to an account, or unlinked: the audit, and the owner by mail. */
@Injectable()
export class IdentityNotice {
  private readonly limit: MailSettings['toOne'];

  constructor(
    private readonly clock: Clock,
    private readonly users: UsersService,
    private readonly mailer: Mailer,
    private readonly audit: AuditTrail,
    private readonly settings: Settings,
    @Inject(SIGN_IN_METHODS) private readonly methods: readonly SignInMethod[],
    @Inject(mailSettings.token) { toOne }: MailSettings,
  ) {
    this.limit = toOne;
  }

  /**
   * Tells the audit and, unless too many such mails went out within the window, the owner. Counted by what has really
   * changed, within its transaction: a limit that is used up by what is then refused would be a way to hide a change.
   */
  async tell(change: keyof typeof letters, what: Change, transaction: EntityManager): Promise<void> {
    const told = what.user.email !== null && (await this.isRare(change, what.user.id, transaction));
    await this.record(change, what, transaction, told);
    if (told) await this.send(change, what, transaction);
  }

  /** Tells the audit alone: of an account that is new, or whose owner is told by another mail. */
  async record(
    change: keyof typeof letters,
    { user, identity: { method, issuer }, client, sessionId }: Change,
    transaction: EntityManager,
    told = false,
  ): Promise<void> {
    const details = { credential: method, issuer, change, ...(told && { told }) };
    const happening = { action: 'credential_changed', userId: user.id, sessionId, client, details } as const;
    await this.audit.record(happening, transaction);
  }

  private async isRare(
    change: keyof typeof letters,
    userId: string,
    transaction: EntityManager,
  ): Promise<boolean> {
    const since = new Date(this.clock.now().getTime() - this.limit.window);
    const [row] = await transaction.query<{ count: number }[]>(
      `SELECT count(*)::int FROM audit_events
        WHERE user_id = $1 AND at > $2 AND action = 'credential_changed' AND details @> $3::jsonb`,
      [userId, since, { change, told: true }],
    );
    return (row?.count ?? 0) < this.limit.most;
  }

  private async send(
    change: keyof typeof letters,
    { user, identity, client }: Change,
    transaction: EntityManager,
  ): Promise<void> {
    if (user.email === null) return;
    const language = await this.users.languageOf(user.id, client.language, transaction);
    const letter = letterIn(letters[change], language, {
      provider: this.titleOf(identity),
      account: identity.email ?? identity.knownAs,
      device: deviceInWords(client, language),
      ip: client.ip,
      at: moment(this.clock.now(), language),
    });
    await this.mailer.send({ to: user.email, language, letter }, transaction);
  }

  private titleOf({ method, issuer }: Told): string {
    const ofName = this.methods.filter(({ name }) => name === method);
    const one = ofName.find(({ takesIssuer }) => takesIssuer?.(issuer, this.settings)) ?? ofName[0];
    return one?.title?.(this.settings, issuer) ?? issuer;
  }
}
