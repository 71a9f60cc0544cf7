import type { ChainFamily } from './chain-family';
import { evm } from './evm.family';
import { solana } from './solana.family';
import { sui } from './sui.family';

/** THE list of families; one that comes to it is one more file beside these. */
export const chainFamilies: readonly ChainFamily[] = [evm, solana, sui];

/** An address of a family, in the one way to write it. */
export interface WalletAddress {
  readonly family: ChainFamily;
  readonly address: string;
}

/** The family whose issuers, or chains, they are (CAIP-2). */
export const familyOf = (issuer: string): ChainFamily | undefined =>
  chainFamilies.find(({ namespace }) => namespace === issuer.split(':')[0]);

/** By the address alone where no type is named: those of no two families look alike. */
export function findAddress(given: string, type?: string): WalletAddress | null {
  for (const family of chainFamilies) {
    if (type !== undefined && type !== family.type) continue;
    const address = family.readAddress(given);
    if (address !== null) return { family, address };
  }
  return null;
}
