import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { parseBody } from '../platform/http/body.pipe';
import type { Client } from '../platform/http/client';
import { addressKey } from '../platform/rate-limit/address-key';
import { rateLimitSettings, type RateLimitSettings } from '../platform/rate-limit/rate-limit.settings';
import { RateLimits, type RateLimit } from '../platform/rate-limit/rate-limits';
import { sessionSettings, type SessionSettings } from '../sessions/session.settings';
import type { User } from '../users/user.entity';
import { RegistrationClosed } from './auth.errors';
import { authSettings, type AuthSettings } from './auth.settings';
import type { Registrar } from './sign-in-method';
import { SignInRegistry, type MethodWith } from './sign-in-registry';
import { SignInService } from './sign-in.service';
import type { SignedIn } from './signed-in';

export interface Registered {
  readonly user: User;
  /** Null where the email must be verified before the first session. */
  readonly result: SignedIn | null;
  readonly method: MethodWith<'register'>;
}

/** How people come to have an account: the one gate before a method's registrar, then the one gate to a session. */
@Injectable()
export class RegistrationService {
  private readonly limit: RateLimit;
  private readonly mustVerify: boolean;

  constructor(
    private readonly registry: SignInRegistry,
    private readonly signIn: SignInService,
    private readonly modules: ModuleRef,
    @Inject(authSettings.token) private readonly settings: AuthSettings,
    @Inject(rateLimitSettings.token) { registrations }: RateLimitSettings,
    @Inject(sessionSettings.token) { requireVerifiedEmail }: SessionSettings,
    limits: RateLimits,
  ) {
    this.mustVerify = requireVerifiedEmail;
    this.limit = limits.limit('registrations', registrations);
  }

  /**
   * @throws RegistrationClosed
   * @throws ValidationFailed
   * @throws RateLimited when too many have registered from this address
   */
  async register(body: unknown, client: Client): Promise<Registered> {
    if (!this.settings.registrationOpen) throw new RegistrationClosed();
    const method = this.registry.chooseFor('register', body);
    const { contract, body: Body, registrar } = method.register;
    const given = await parseBody(Body, body);
    await this.limit.consume(addressKey(client.ip));
    const user = await this.modules.get<Registrar>(registrar, { strict: false }).register(given, client);
    if (this.mustVerify && user.email !== null) return { user, method, result: null };
    const how = { method: method.name, contract, client };
    return { user, method, result: await this.signIn.open({ user }, how) };
  }
}
