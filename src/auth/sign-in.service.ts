import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../platform/audit/audit-trail';
import { Clock } from '../platform/clock/clock';
import type { Client } from '../platform/http/client';
import type { ContractName } from '../platform/http/contract-name';
import { moment } from '../platform/language/moment';
import { letterIn } from '../platform/mail/letter';
import { Mailer } from '../platform/mail/mailer';
import { AccessTokens } from '../sessions/access-tokens';
import { deviceInWords } from '../sessions/device';
import type { NewDeviceNotice } from '../sessions/devices';
import type { Live } from '../sessions/live-session';
import { InvalidRefreshToken, InvalidToken } from '../sessions/session.errors';
import { SessionsService, type SessionRef, type SessionRequest } from '../sessions/sessions.service';
import { UsersService } from '../users/users.service';
import { EmailNotVerified, InvalidCredentials } from './auth.errors';
import { contractFor } from './contracts/contracts';
import type { MethodName } from '../sessions/method-name';
import { newDevice } from './new-device.mail';
import type { Proof } from './sign-in-method';
import type { Refreshed, Renewed, SignedIn } from './signed-in';

export interface Opening {
  readonly method: MethodName;
  readonly contract: ContractName;
  readonly client: Client;
  /** Demanded in any case when REQUIRE_VERIFIED_EMAIL is on. */
  readonly verifiedEmail?: boolean;
  /** The JWT that the session is opened for: one opens no second one. */
  readonly exchanged?: SessionRequest['exchanged'];
  /** How long it may lie idle, in milliseconds, where that is less than the settings' and the contract's. */
  readonly longestIdle?: number;
}

/**
 * The one gate: every way to sign in ends here, and every refresh. Whether an account may have a session is
 * decided inside the statements that open and rotate one, so that nothing slips in between.
 */
@Injectable()
export class SignInService {
  constructor(
    private readonly sessions: SessionsService,
    private readonly accessTokens: AccessTokens,
    private readonly users: UsersService,
    private readonly audit: AuditTrail,
    private readonly mailer: Mailer,
    private readonly clock: Clock,
  ) {}

  /**
   * @throws EmailNotVerified
   * @throws InvalidCredentials when the account may have no session, or its credentials have just changed
   * @throws AlreadyExchanged
   */
  async open(proof: Proof, { verifiedEmail = false, ...how }: Opening): Promise<SignedIn> {
    const { id: userId, credentialVersion } = proof.user;
    const { fixedRefreshToken: fixed = false, idle = Infinity } = contractFor(how.contract).lives ?? {};
    const longestIdle = Math.min(idle, how.longestIdle ?? Infinity);
    const { credential, longest } = proof;
    const credentialId = credential?.id ?? null;
    const bounds = { fixed, longestIdle, longest };
    const request = { userId, credentialVersion, credentialId, verifiedEmail, ...how, ...bounds };
    const session = await this.sessions.open(request, this.noticeTo(proof.user, how.client));
    if ('unverified' in session) {
      const reason = session.unverified ? 'email not verified' : 'refused';
      const details = { method: how.method, contract: how.contract, reason };
      await this.audit.record({ action: 'sign_in_failed', userId, client: how.client, details });
      throw session.unverified ? new EmailNotVerified() : new InvalidCredentials();
    }
    return { user: proof.user, credential, ...this.issue(session, how.contract) };
  }

  /**
   * Exchanges a refresh token for new tokens.
   * @throws InvalidRefreshToken
   */
  async refresh(refreshToken: string, client: Client): Promise<Refreshed> {
    const session = await this.sessions.rotate(refreshToken, client);
    if (!session) throw new InvalidRefreshToken();
    return this.issue(session, 'wire');
  }

  /**
   * New tokens for a live session that is known by something else than its own.
   * @throws InvalidToken when it has ended meanwhile
   */
  async join({ user, session }: Live, contract: ContractName): Promise<Refreshed> {
    const grown = await this.sessions.grow({ id: session.id, userId: user.id, expiresAt: session.expiresAt });
    if (!grown) throw new InvalidToken();
    return this.issue(grown, contract);
  }

  /**
   * A new access token for a refresh token that stays as it is, in a contract of that kind.
   * @throws InvalidRefreshToken
   */
  async renew(refreshToken: string, contract: ContractName): Promise<Renewed> {
    const session = await this.sessions.findByFixedToken(refreshToken);
    if (!session) throw new InvalidRefreshToken();
    return this.issue(session, contract);
  }

  /** A new access token for the live session of a caller, in a contract whose tokens are renewed by being used. */
  slide({ user, session }: Live, contract: ContractName): Renewed {
    return this.issue({ id: session.id, userId: user.id, expiresAt: session.expiresAt }, contract);
  }

  /** A person who never gave an address can't be told. */
  private noticeTo({ id, email }: Proof['user'], client: Client): NewDeviceNotice {
    return async (transaction) => {
      if (email === null) return;
      const language = await this.users.languageOf(id, client.language, transaction);
      const at = moment(this.clock.now(), language);
      const data = { device: deviceInWords(client, language), ip: client.ip, at };
      const letter = letterIn(newDevice, language, data);
      await this.mailer.send({ to: email, language, letter }, transaction);
    };
  }

  private issue<S extends SessionRef>(session: S, contract: ContractName): Renewed & { session: S } {
    const { token, expiresIn } = this.accessTokens.issue(session, contractFor(contract).lives?.accessToken);
    const left = session.expiresAt.getTime() - this.clock.now().getTime();
    return { accessToken: token, expiresIn, session, sessionExpiresIn: Math.round(left / 1_000) };
  }
}
