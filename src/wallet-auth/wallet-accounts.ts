import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Renewed } from '../auth/signed-in';
import { SignInService } from '../auth/sign-in.service';
import { Clock } from '../platform/clock/clock';
import { CrossSite } from '../platform/http/cross-site';
import type { Principal } from '../platform/http/principal';
import { AccessTokenCheck } from '../sessions/access-token-check';
import { InvalidToken } from '../sessions/session.errors';
import { accountCookie } from '../sessions/transport/cookies';
import { findAddress } from './families/chain-families';
import { AccountNotSignedIn, AddressMissing } from './wallet.errors';
import { Wallets } from './wallets';

/** A token that is younger, in milliseconds, is not renewed: clients ask again at every view. */
const YOUNG = 5_000;

/** The accounts that a browser is signed in with, side by side: a cookie each, and one of them in use. */
@Injectable()
export class WalletAccounts {
  constructor(
    private readonly wallets: Wallets,
    private readonly signIn: SignInService,
    private readonly tokens: AccessTokenCheck,
    private readonly crossSite: CrossSite,
    private readonly clock: Clock,
  ) {}

  /** The next token of a caller who came by a wallet; null where it is not time yet. */
  renew(caller: Principal, request: FastifyRequest): Renewed | null {
    const { session, token } = caller;
    const age = this.clock.now().getTime() - token.issuedAt.getTime();
    // Other sites may make a browser ask, and an answer that comes late would undo a switch.
    if (session.contract !== 'wallet' || age <= YOUNG || this.crossSite.isForeign(request)) return null;
    return this.signIn.slide(caller, 'wallet');
  }

  /**
   * The account of an address, which the browser must be signed in with.
   * @returns the address in the one way to write it, and the seconds that its token is good for
   * @throws AddressMissing
   * @throws CrossSiteRequest
   * @throws AccountNotSignedIn
   */
  async find(given: string, request: FastifyRequest): Promise<{ address: string; expiresIn: number }> {
    const { address } = findAddress(given) ?? {};
    if (address === undefined) throw new AddressMissing();
    this.crossSite.refuse(request);
    const caller = await this.callerOf(request, address);
    // Its own: the cookie's name is what the browser says.
    if (!caller || this.wallets.addressOf(caller) !== address) throw new AccountNotSignedIn();
    const left = caller.token.expiresAt.getTime() - this.clock.now().getTime();
    return { address, expiresIn: Math.floor(left / 1_000) };
  }

  private async callerOf(request: FastifyRequest, address: string): Promise<Principal | null> {
    try {
      const token = accountCookie(request, address);
      return token === null ? null : await this.tokens.principalOf(token);
    } catch (error) {
      throw error instanceof InvalidToken ? new AccountNotSignedIn(error.ambiguousCookie) : error;
    }
  }
}
