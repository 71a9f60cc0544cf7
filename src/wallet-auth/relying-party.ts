import { Inject, Injectable } from '@nestjs/common';
import { SettingsError } from '../platform/config/settings';
import { httpSettings, type HttpSettings } from '../platform/http/http.settings';
import { familyOf } from './families/chain-families';
import type { ChainFamily } from './families/chain-family';
import { walletSettings, type WalletSettings } from './wallet.settings';

/** Who asks people to sign: this server, as their wallets show it. */
@Injectable()
export class RelyingParty {
  readonly domain: string;
  readonly uri: string;
  readonly statement: string;
  readonly resources: readonly string[];
  /** As `eip155:1`, `solana:mainnet`; empty: all. */
  private readonly chains: readonly string[];

  constructor(
    @Inject(walletSettings.token) { domain, uri, statement, resources, chains }: WalletSettings,
    @Inject(httpSettings.token) { publicUrl }: HttpSettings,
  ) {
    this.domain = domain ?? new URL(publicUrl).host;
    this.uri = uri ?? publicUrl;
    this.statement = statement;
    this.resources = resources;
    refuseUnknown(chains);
    this.chains = chains;
  }

  /** The scheme that a text may name before the domain. */
  get scheme(): string {
    return new URL(this.uri).protocol.slice(0, -1);
  }

  /**
   * Why a chain is not taken; null where it is.
   * @param chainId as the family reads it, null where it is none of its chains
   * @param given as it came
   */
  refusalOf({ namespace, title }: ChainFamily, chainId: string | null, given: string): string | null {
    const listed = this.chainsOf(namespace);
    if (this.chains.length > 0 && listed.length === 0) return `Wallets of ${title} can't sign in here`;
    if (chainId !== null && (listed.length === 0 || listed.includes(chainId))) return null;
    const expected = listed.length > 0 ? listed.join("' or '") : 'one of its own';
    return `Expected chain ID '${expected}' does not match chain ID on payload '${given}'`;
  }

  /** The one that is meant where none is named. */
  firstChainOf({ namespace, defaultChain }: ChainFamily): string {
    return this.chainsOf(namespace)[0] ?? defaultChain;
  }

  /** Those of a family that are listed. */
  private chainsOf(namespace: string): string[] {
    const prefix = `${namespace}:`;
    return this.chains.filter((chain) => chain.startsWith(prefix)).map((chain) => chain.slice(prefix.length));
  }
}

/** @throws SettingsError here, because what a family's chains are called is the family's own affair */
function refuseUnknown(chains: readonly string[]): void {
  const unknown = chains.filter((chain) => {
    const [namespace = '', reference = ''] = chain.split(':');
    return familyOf(namespace)?.readChain(reference) !== reference;
  });
  if (unknown.length > 0) {
    throw new SettingsError([
      `WALLET_CHAIN_IDS must list chains, as in 1,solana:mainnet; ${unknown.join(', ')}: unknown`,
    ]);
  }
}
