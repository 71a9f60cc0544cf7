import { Injectable } from '@nestjs/common';
import { OffLoop, Thrown } from '../../platform/off-loop/off-loop';
import {
  networkOf,
  type ChainFamily,
  type SignedText,
  type ProvenAddress,
  type Prover,
} from './chain-family';

/** Letters; a multisig of ten keys with all their signatures is below it. */
const LONGEST_SIGNATURE = 4_096;
/** Kinds that can be checked here: ed25519, secp256k1, secp256r1, several keys, a passkey. Five is zkLogin. */
const KINDS = new Set([0, 1, 2, 3, 6]);

@Injectable()
export class SuiProver implements Prover {
  constructor(private readonly offLoop: OffLoop) {}

  async prove({ text, signature, address }: SignedText): Promise<ProvenAddress | null> {
    const message = new TextEncoder().encode(text);
    const values = [message, signature, { address }];
    try {
      await this.offLoop.call('@mysten/sui/verify', 'verifyPersonalMessageSignature', ...values);
      return { issuer: sui.namespace, byContract: false };
    } catch (error) {
      // For every signature that is not good.
      if (error instanceof Thrown) return null;
      throw error;
    }
  }
}

/**
 * Sui: an address is the hash of a public key, or of several, and the signature of a personal message brings them along.
 * zkLogin is refused: only a node of the chain could check its proofs.
 */
export const sui: ChainFamily = {
  type: 'sui',
  namespace: 'sui',
  title: 'Sui',
  caseless: true,
  defaultChain: 'mainnet',
  signatureForm: 'base64',
  readAddress: (given) => (/^0x[0-9a-f]{64}$/i.test(given) ? given.toLowerCase() : null),
  readChain: networkOf('sui'),
  isSignature: (given) =>
    given.length <= LONGEST_SIGNATURE &&
    /^[A-Za-z0-9+/]{80,}={0,2}$/.test(given) &&
    KINDS.has(Buffer.from(given.slice(0, 4), 'base64')[0] ?? 255),
  prover: SuiProver,
};
