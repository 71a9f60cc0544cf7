import type { Type } from '@nestjs/common';
import type { LoginPayload } from '../login-payload';

/** A signature over a text, and the account that it is said to be by. */
export interface SignedText {
  readonly text: string;
  readonly signature: string;
  /** As `readAddress` writes it. */
  readonly address: string;
  readonly chainId: string;
}

/** What a good signature proves. */
export interface ProvenAddress {
  /** Within what the address is one account: a family of chains (`eip155`), or one chain of it (`eip155:10`; CAIP-2). */
  readonly issuer: string;
  /** Whether a contract said so, which may say otherwise tomorrow. */
  readonly byContract: boolean;
}

/** Checks what the wallets of a family sign. */
export interface Prover {
  /**
   * Whose a signature is; null where it is not by that account.
   * @throws LoginRefused when that can't be told
   * @throws Busy
   */
  prove(claim: SignedText): Promise<ProvenAddress | null>;
  /**
   * Reads a text that a client has made itself, where the family has a standard that says how.
   * @throws InvalidLoginPayload
   * @throws Busy
   */
  readText?(text: string): Promise<LoginPayload>;
}

/** Chains whose wallets sign alike. */
export interface ChainFamily {
  /** In payloads. */
  readonly type: string;
  /** Of its chains, as CAIP-2 has it. */
  readonly namespace: string;
  /** What people call it, and what stands in the text that they sign. */
  readonly title: string;
  /** Whether letters of either case are one address. */
  readonly caseless: boolean;
  readonly defaultChain: string;
  /** The one way to write an address, or null for what is none. */
  readAddress(given: string): string | null;
  /** The one way to write a chain's id, or null for what is none. */
  readChain(given: string): string | null;
  /** How a signature is written, for people. */
  readonly signatureForm: string;
  /** Whether it has that form. */
  isSignature(given: string): boolean;
  readonly prover: Type<Prover>;
}

const NETWORKS = ['mainnet', 'testnet', 'devnet', 'localnet'];

/** Reads the id of a chain in families that name their networks, as Sign-In-With-Solana does: `mainnet`, `solana:mainnet`. */
export const networkOf =
  (namespace: string) =>
  (given: string): string | null => {
    const network = given.startsWith(`${namespace}:`) ? given.slice(namespace.length + 1) : given;
    return NETWORKS.includes(network) ? network : null;
  };
