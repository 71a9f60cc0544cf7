import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../../platform/audit/audit-trail';
import type { Client } from '../../platform/http/client';
import type { ContractName } from '../../platform/http/contract-name';
import { ExchangedTokens, type Exchanged } from '../../sessions/exchanged-tokens';
import type { Live } from '../../sessions/live-session';
import type { MethodName } from '../../sessions/method-name';
import { InvalidToken } from '../../sessions/session.errors';
import { AlreadyExchanged } from '../../sessions/sessions.service';
import { AccountLinking } from '../linking/account-linking';
import { readIdentity, type ExternalIdentity } from '../linking/external-identity';
import { SignInService } from '../sign-in.service';
import type { SignedIn } from '../signed-in';
import { ExchangeLimit } from './exchange-limit';
import type { JwtCheck, VerifiedJwt } from './issuer-jwts';

export interface ExchangeHow {
  readonly method: MethodName;
  readonly contract: ContractName;
  readonly client: Client;
  /** Whether somebody new gets an account. */
  readonly signUp: boolean;
  /** How long the session may lie idle, in milliseconds, where that is less than usual. */
  readonly longestIdle?: number;
  /** Sessions that the browser shows: one of the same user goes on, and no other is opened. */
  readonly shown?: readonly Live[];
}

/** What an exchange leads to: a session that it opened, or one that was open before. */
export type ExchangeResult = { readonly opened: SignedIn } | { readonly joined: Live };

/**
 * Exchanges the JWT of an issuer elsewhere for a session of ours (after RFC 8693). A JWT opens one session: exchanged once
 * more it joins that one, and once that has ended it is good for nothing.
 */
@Injectable()
export class TokenExchange {
  constructor(
    private readonly exchanged: ExchangedTokens,
    private readonly limit: ExchangeLimit,
    private readonly audit: AuditTrail,
    private readonly linking: AccountLinking,
    private readonly signIn: SignInService,
  ) {}

  /**
   * @returns null for somebody who has no account and gets none
   * @throws InvalidToken when its session has ended
   * @throws InvalidCredentials when the account may not be signed in to
   * @throws EmailNotVerified
   * @throws RegistrationClosed
   * @throws RateLimited when they come too often, or too many have registered from this address
   */
  async exchange(token: VerifiedJwt, check: JwtCheck, how: ExchangeHow): Promise<ExchangeResult | null> {
    const { method, contract, client, signUp, longestIdle, shown = [] } = how;
    const identity = identityOf(token, check, method);
    await this.limit.consume('exchange', identity.issuer, identity.subject);
    const known = await this.exchanged.find(token);
    if (known) return this.join(known, identity, how);
    const proof = signUp
      ? await this.linking.proofOf(identity, client)
      : await this.linking.proofOfKnown(identity, client);
    if (!proof) return null;
    const current = shown.find(({ user }) => user.id === proof.user.id);
    if (current) await this.exchanged.bind(current.session.id, token);
    const live = current && (await this.exchanged.find(token))?.live;
    if (live) return { joined: live };
    try {
      const opening = { method, contract, client, exchanged: token, longestIdle };
      return { opened: await this.signIn.open(proof, opening) };
    } catch (error) {
      if (!(error instanceof AlreadyExchanged)) throw error;
      return this.join(await this.exchanged.find(token), identity, how);
    }
  }

  /** Somebody has it who should not, where its session has ended: its owner has signed out. */
  private async join(
    known: Exchanged | null,
    { issuer }: ExternalIdentity,
    { method, contract, client }: ExchangeHow,
  ): Promise<ExchangeResult> {
    if (known?.live) return { joined: known.live };
    const details = { method, contract, issuer, reason: 'its session has ended' };
    await this.audit.record({ action: 'sign_in_failed', userId: null, client, details });
    throw new InvalidToken();
  }
}

function identityOf({ claims }: VerifiedJwt, { issuer }: JwtCheck, method: MethodName): ExternalIdentity {
  const { sub: subject, email, email_verified: emailVerified, name } = claims;
  // Of a JWT that was made for anybody nobody's address is taken.
  const vouched = issuer.audiences.length > 0 && emailVerified;
  return readIdentity({ method, issuer: issuer.issuer }, { subject, email, emailVerified: vouched, name });
}
