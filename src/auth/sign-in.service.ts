import { Injectable } from '@nestjs/common';
import type { Client } from '../platform/http/client';
import type { ContractName } from '../platform/http/contract-name';
import { AccessTokens } from '../sessions/access-tokens';
import { InvalidRefreshToken } from '../sessions/session.errors';
import { SessionsService, type OpenedSession } from '../sessions/sessions.service';
import { InvalidCredentials } from './auth.errors';
import type { MethodName, Proof } from './sign-in-method';

export interface Renewed {
  readonly accessToken: string;
  readonly session: OpenedSession;
}

export interface SignedIn extends Renewed {
  readonly user: Proof['user'];
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
  ) {}

  /** @throws InvalidCredentials when the account may have no session, or its credentials have just changed */
  async open(
    proof: Proof,
    how: { method: MethodName; contract: ContractName; client: Client },
  ): Promise<SignedIn> {
    const { id: userId, credentialVersion } = proof.user;
    const session = await this.sessions.open({ userId, credentialVersion, ...how });
    if (!session) throw new InvalidCredentials();
    return { user: proof.user, session, accessToken: this.accessTokens.issue(session) };
  }

  /** @throws InvalidRefreshToken */
  async refresh(refreshToken: string): Promise<Renewed> {
    const session = await this.sessions.rotate(refreshToken);
    if (!session) throw new InvalidRefreshToken();
    return { session, accessToken: this.accessTokens.issue(session) };
  }
}
