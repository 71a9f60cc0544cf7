import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { EntityManager } from 'typeorm';
import { AuditTrail } from '../../platform/audit/audit-trail';
import { Settings } from '../../platform/config/settings';
import type { Client } from '../../platform/http/client';
import type { MethodName } from '../../sessions/method-name';
import { isOn, SIGN_IN_METHODS, type CredentialHolder, type SignInMethod } from '../sign-in-method';

type Forget = (holder: CredentialHolder, method: SignInMethod) => Promise<boolean> | undefined;

/** What a user has to sign in by, of all methods together. Everything happens within the caller's transaction. */
@Injectable()
export class Credentials {
  constructor(
    private readonly modules: ModuleRef,
    @Inject(SIGN_IN_METHODS) private readonly methods: readonly SignInMethod[],
    private readonly settings: Settings,
    private readonly audit: AuditTrail,
  ) {}

  /** Whether a user can sign in at all as things stand. */
  async anyOpensFor(userId: string, transaction: EntityManager): Promise<boolean> {
    for (const method of this.methods.filter((one) => isOn(one, this.settings))) {
      if (await this.holderOf(method).opensFor(userId, transaction, method.name)) return true;
    }
    return false;
  }

  /**
   * Removes all that a user has, also for methods that are off: they may be on again tomorrow.
   * @returns the methods that had something
   */
  removeAll(userId: string, client: Client, transaction: EntityManager): Promise<MethodName[]> {
    const forget: Forget = (holder, { name }) => holder.forget(userId, transaction, name);
    return this.remove(userId, forget, client, transaction);
  }

  /**
   * Removes what somebody else may have set or added who knew a secret of the account: every secret but those of one
   * method, for which a new one is set, and identities that have nothing to do with the account's address.
   * @returns the methods that had such
   */
  removeDoubtful(
    userId: string,
    but: MethodName,
    client: Client,
    transaction: EntityManager,
  ): Promise<MethodName[]> {
    const forget: Forget = (holder, { name, credentials }) => {
      if (!credentials.secret) return holder.forgetUnproven?.(userId, transaction, name);
      return name === but ? undefined : holder.forget(userId, transaction, name);
    };
    return this.remove(userId, forget, client, transaction);
  }

  private async remove(
    userId: string,
    forget: Forget,
    client: Client,
    transaction: EntityManager,
  ): Promise<MethodName[]> {
    const removed: MethodName[] = [];
    for (const method of this.methods) {
      const { name: credential } = method;
      if (!(await forget(this.holderOf(method), method))) continue;
      removed.push(credential);
      const details = { credential, change: 'removed' };
      await this.audit.record({ action: 'credential_changed', userId, client, details }, transaction);
    }
    return removed;
  }

  private holderOf({ credentials }: SignInMethod): CredentialHolder {
    return this.modules.get<CredentialHolder>(credentials.holder, { strict: false });
  }
}
