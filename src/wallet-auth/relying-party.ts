import { Inject, Injectable } from '@nestjs/common';
import { httpSettings, type HttpSettings } from '../platform/http/http.settings';
import type { ChainFamily } from './families/chain-family';
import { walletSettings, type WalletSettings } from './wallet.settings';

/** Who asks people to sign: this server, as their wallets show it. */
@Injectable()
export class RelyingParty {
  readonly domain: string;
  readonly uri: string;
  readonly statement: string;
  readonly resources: readonly string[];
  /** CAIP-2; empty: all. */
  private readonly chains: readonly string[];

  constructor(
    @Inject(walletSettings.token) { domain, uri, statement, resources, chains }: WalletSettings,
    @Inject(httpSettings.token) { publicUrl }: HttpSettings,
  ) {
    this.domain = domain ?? new URL(publicUrl).host;
    this.uri = uri ?? publicUrl;
    this.statement = statement;
    this.resources = resources;
    this.chains = chains;
  }

  /** The scheme that a text may name before the domain. */
  get scheme(): string {
    return new URL(this.uri).protocol.slice(0, -1);
  }

  takesChain({ namespace }: ChainFamily, chainId: string): boolean {
    return this.chains.length === 0 || this.chains.includes(`${namespace}:${chainId}`);
  }

  /** Those of a family that are taken, where not all are. */
  chainsOf({ namespace }: ChainFamily): string[] {
    const prefix = `${namespace}:`;
    return this.chains.filter((chain) => chain.startsWith(prefix)).map((chain) => chain.slice(prefix.length));
  }
}
