import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { ExternalIdentity } from '../auth/linking/external-identity';
import { Identities } from '../auth/linking/identities';
import { AuditTrail } from '../platform/audit/audit-trail';
import type { Client } from '../platform/http/client';
import { OffLoop } from '../platform/off-loop/off-loop';
import type { ProvenAddress } from './families/chain-family';
import { LoginChecks } from './login-checks';
import { SignedPayloads, type SignedPayload, type UnreadPayload } from './signed-payloads';
import { InvalidLoginPayload, InvalidNonce, LoginRefused } from './wallet.errors';
import { walletSettings, type WalletSettings } from './wallet.settings';
import { WalletNonces } from './wallet-nonces';

/** A wallet whose owner is there. */
export interface ProvenWallet {
  readonly identity: ExternalIdentity;
  /** How long a session may last that is opened by it, in milliseconds, where it is known. */
  readonly longest?: number;
}

/** Proves that somebody has a wallet, by what it has signed. */
@Injectable()
export class WalletProofs {
  constructor(
    private readonly payloads: SignedPayloads,
    private readonly offLoop: OffLoop,
    private readonly nonces: WalletNonces,
    private readonly checks: LoginChecks,
    private readonly modules: ModuleRef,
    private readonly identities: Identities,
    private readonly audit: AuditTrail,
    @Inject(walletSettings.token) private readonly settings: WalletSettings,
  ) {}

  /**
   * Spends the nonce first, whatever comes of the rest: one signature is looked at once.
   * @throws LoginRefused
   * @throws Busy
   */
  async prove(body: unknown, client: Client): Promise<ProvenWallet> {
    const unread = this.payloads.open(body);
    const issued = await this.offLoop.withPlace(() => this.nonces.spend(unread.nonce));
    if (!issued && unread.ownText) throw nonceless(unread);
    let signed: SignedPayload | undefined;
    try {
      signed = await unread.read();
      this.checks.check(signed, issued);
      return this.walletOf(signed, await this.signerOf(signed));
    } catch (error) {
      // Who has no nonce of ours has tried nothing; and anybody could fill the audit.
      if (issued && error instanceof LoginRefused) await this.tell(signed, error, client);
      throw error;
    }
  }

  private async signerOf({
    family,
    address,
    payload,
    text,
    signature,
  }: SignedPayload): Promise<ProvenAddress> {
    const chainId = family.readChain(payload.chainId) ?? '';
    const prover = this.modules.get(family.prover, { strict: false });
    const account = await prover.prove({ text, signature, address, chainId });
    if (account) return account;
    const shown = family.caseless ? address.toLowerCase() : address;
    throw new LoginRefused(`Signer address does not match payload address '${shown}'`, 'signature');
  }

  private walletOf({ address }: SignedPayload, { issuer, byContract }: ProvenAddress): ProvenWallet {
    const names = { email: null, name: null, knownAs: address };
    const identity = { method: 'wallet', issuer, subject: address, ...names } as const;
    // What a contract says may change with the chain: an owner may have been taken away.
    return { identity, ...(byContract && { longest: this.settings.contractSessionTtl }) };
  }

  private async tell(
    signed: SignedPayload | undefined,
    { check }: LoginRefused,
    client: Client,
  ): Promise<void> {
    const details = { method: 'wallet', reason: check };
    const userId = signed ? await this.ownerOf(signed) : null;
    await this.audit.record({ action: 'sign_in_failed', userId, client, details });
  }

  /** Whose the address is: on its chain, where it is a contract's, else on all. */
  private async ownerOf({ family, payload, address }: SignedPayload): Promise<string | null> {
    for (const issuer of [`${family.namespace}:${payload.chainId}`, family.namespace]) {
      const owner = await this.identities.ownerOf({ issuer, subject: address });
      if (owner) return owner.id;
    }
    return null;
  }
}

const nonceless = ({ nonce }: UnreadPayload): LoginRefused =>
  nonce === '' ? new InvalidLoginPayload('the message has no nonce') : new InvalidNonce();
