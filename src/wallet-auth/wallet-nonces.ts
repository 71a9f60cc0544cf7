import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Clock } from '../platform/clock/clock';
import { ValidationFailed } from '../platform/http/api-error';
import type { Client } from '../platform/http/client';
import { OneTimeTokens, type OneTimePurpose } from '../platform/one-time/one-time-tokens';
import { addressKey } from '../platform/rate-limit/address-key';
import { RateLimits, type RateLimit } from '../platform/rate-limit/rate-limits';
import { findAddress } from './families/chain-families';
import type { ChainFamily } from './families/chain-family';
import type { LoginPayload } from './login-payload';
import { RelyingParty } from './relying-party';
import { AddressMissing } from './wallet.errors';
import { walletSettings, type WalletSettings } from './wallet.settings';

const LIFE = 10 * 60_000;
/** Kept for as long again, so that who comes late is told so. */
const PURPOSE: OneTimePurpose = { name: 'wallet nonce', prefix: null, life: 2 * LIFE };

const refuse = (): never => {
  throw new AddressMissing();
};

/** What a nonce was given out with. */
export interface Issued {
  /** Null where only the nonce was asked for. */
  readonly payload: Omit<LoginPayload, 'nonce'> | null;
  /** From when on it is good no more. */
  readonly expiresAt: Date;
}

/** Nonces, and the payloads that they are part of: given out by us, by our time, and spent by their first use. */
@Injectable()
export class WalletNonces {
  private readonly limit: RateLimit;

  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
    private readonly tokens: OneTimeTokens,
    private readonly party: RelyingParty,
    @Inject(walletSettings.token) { nonces }: WalletSettings,
    limits: RateLimits,
  ) {
    this.limit = limits.limit('wallet-nonces', nonces);
  }

  /**
   * A payload for a wallet to sign.
   * @throws ValidationFailed
   * @throws RateLimited
   */
  async issuePayload(
    given: { readonly address: string; readonly type?: string; readonly chainId?: string },
    client: Client,
  ): Promise<LoginPayload> {
    const { family, address } = findAddress(given.address, given.type) ?? refuse();
    const chainId = this.chainOf(family, given.chainId);
    const now = this.clock.now().getTime();
    const at = (offset: number): string => new Date(now + offset).toISOString();
    const payload = {
      type: family.type,
      domain: this.party.domain,
      address,
      statement: this.party.statement,
      uri: this.party.uri,
      version: '1',
      chainId,
      issuedAt: at(0),
      expirationTime: at(LIFE),
      notBefore: at(-LIFE),
      ...(this.party.resources.length > 0 && { resources: this.party.resources }),
    };
    return { ...payload, nonce: await this.issue(payload, client) };
  }

  /**
   * A nonce for a client that writes its own text.
   * @throws RateLimited
   */
  issueNonce(client: Client): Promise<string> {
    return this.issue(null, client);
  }

  /** What a nonce was given out with; null for one that is not ours, or was used before. */
  async spend(nonce: string): Promise<Issued | null> {
    const { manager } = this.database;
    const handle = this.tokens.handleOf(nonce);
    const spent = await this.tokens.spend<Pick<Issued, 'payload'>>(PURPOSE, handle, manager);
    if (!spent) return null;
    return { payload: spent.payload.payload, expiresAt: new Date(spent.createdAt.getTime() + LIFE) };
  }

  private async issue(payload: Issued['payload'], client: Client): Promise<string> {
    await this.limit.consume(addressKey(client.ip));
    // Without a subject: a newer one must not cancel the older, or whoever knows an address could keep its owner out.
    const { manager } = this.database;
    const { token } = await this.tokens.issue(PURPOSE, null, { payload }, client, manager);
    return token;
  }

  private chainOf(family: ChainFamily, given = this.party.firstChainOf(family)): string {
    const chainId = family.readChain(given);
    if (chainId === null) {
      const message = `chainId must be a chain of ${family.title}, as in '${family.defaultChain}'`;
      throw new ValidationFailed([{ field: 'chainId', message }]);
    }
    const refusal = this.party.refusalOf(family, chainId, given);
    if (refusal !== null) throw new ValidationFailed([{ field: 'chainId', message: refusal }]);
    return chainId;
  }
}
