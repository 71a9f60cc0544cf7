import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditTrail } from '../../platform/audit/audit-trail';
import { Clock } from '../../platform/clock/clock';
import { Settings } from '../../platform/config/settings';
import type { Client } from '../../platform/http/client';
import { moment } from '../../platform/language/moment';
import { letterIn } from '../../platform/mail/letter';
import { MailLimits } from '../../platform/mail/mail-limits';
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
  constructor(
    private readonly clock: Clock,
    private readonly users: UsersService,
    private readonly limits: MailLimits,
    private readonly mailer: Mailer,
    private readonly audit: AuditTrail,
    private readonly settings: Settings,
    @Inject(SIGN_IN_METHODS) private readonly methods: readonly SignInMethod[],
  ) {}

  /** To be asked before the transaction of the change is begun. */
  async mayTell(
    change: keyof typeof letters,
    { email }: { readonly email: string | null },
  ): Promise<boolean> {
    return email !== null && (await this.limits.allowNotice(`identity ${change}`, email));
  }

  async record(
    change: keyof typeof letters,
    { user, identity: { method, issuer }, client, sessionId }: Change,
    transaction: EntityManager,
  ): Promise<void> {
    const details = { credential: method, issuer, change };
    const happening = { action: 'credential_changed', userId: user.id, sessionId, client, details } as const;
    await this.audit.record(happening, transaction);
  }

  async send(
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
    return this.methods.find(({ name }) => name === method)?.title?.(this.settings) ?? issuer;
  }
}
