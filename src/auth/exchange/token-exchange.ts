import { Injectable } from '@nestjs/common';
import type { Client } from '../../platform/http/client';
import type { ContractName } from '../../platform/http/contract-name';
import { ExchangedTokens } from '../../sessions/exchanged-tokens';
import type { Live } from '../../sessions/live-session';
import type { MethodName } from '../../sessions/method-name';
import { InvalidToken } from '../../sessions/session.errors';
import { AlreadyExchanged } from '../../sessions/sessions.service';
import { AccountLinking } from '../linking/account-linking';
import { readIdentity, type ExternalIdentity } from '../linking/external-identity';
import { SignInService } from '../sign-in.service';
import type { SignedIn } from '../signed-in';
import type { JwtCheck, VerifiedJwt } from './issuer-jwts';

export interface ExchangeHow {
  readonly method: MethodName;
  readonly contract: ContractName;
  readonly client: Client;
  /** Whether somebody new gets an account. */
  readonly signUp: boolean;
  /** How long the session may lie idle, in milliseconds, where that is less than usual. */
  readonly longestIdle?: number;
}

/** What an exchange leads to: a session that it opened, or the one that the same JWT has opened before. */
export type ExchangeResult = { readonly opened: SignedIn } | { readonly joined: Live };

/**
 * Exchanges the JWT of an issuer elsewhere for a session of ours (after RFC 8693). A JWT opens one session: exchanged once
 * more it joins that one, and once that has ended it is good for nothing.
 */
@Injectable()
export class TokenExchange {
  constructor(
    private readonly exchanged: ExchangedTokens,
    private readonly linking: AccountLinking,
    private readonly signIn: SignInService,
  ) {}

  /**
   * @returns null for somebody who has no account and gets none
   * @throws InvalidToken when its session has ended
   * @throws InvalidCredentials when the account may not be signed in to
   * @throws EmailNotVerified
   * @throws RegistrationClosed
   * @throws RateLimited when too many have registered from this address
   */
  async exchange(token: VerifiedJwt, check: JwtCheck, how: ExchangeHow): Promise<ExchangeResult | null> {
    const { method, contract, client, signUp, longestIdle } = how;
    const identity = identityOf(token, check, method);
    const known = await this.exchanged.find(token.jwt);
    if (known) return joined(known.live);
    const proof = signUp
      ? await this.linking.proofOf(identity, client)
      : await this.linking.proofOfKnown(identity, client);
    if (!proof) return null;
    try {
      const opening = { method, contract, client, exchanged: token, longestIdle };
      return { opened: await this.signIn.open(proof, opening) };
    } catch (error) {
      if (!(error instanceof AlreadyExchanged)) throw error;
      return joined((await this.exchanged.find(token.jwt))?.live ?? null);
    }
  }
}

function joined(live: Live | null): ExchangeResult {
  if (!live) throw new InvalidToken();
  return { joined: live };
}

function identityOf({ claims }: VerifiedJwt, { issuer }: JwtCheck, method: MethodName): ExternalIdentity {
  const { sub: subject, email, email_verified: emailVerified, name } = claims;
  return readIdentity({ method, issuer: issuer.issuer }, { subject, email, emailVerified, name });
}
