import { Injectable } from '@nestjs/common';
import { base58, base64 } from '@scure/base';
import { OffLoop } from '../../platform/off-loop/off-loop';
import {
  networkOf,
  type ChainFamily,
  type SignedText,
  type ProvenAddress,
  type Prover,
} from './chain-family';

@Injectable()
export class SolanaProver implements Prover {
  constructor(private readonly offLoop: OffLoop) {}

  /** By the strict rules of RFC 8032: a key of small order would take one signature for many texts. */
  async prove({ text, signature, address }: SignedText): Promise<ProvenAddress | null> {
    const message = new TextEncoder().encode(text);
    const values = [decode(signature, 64), message, decode(address, 32), { zip215: false }];
    const good = await this.offLoop.call('@noble/curves/ed25519.js', 'ed25519.verify', ...values);
    return good === true ? { issuer: solana.namespace, byContract: false } : null;
  }
}

/** Solana: an address is the public key of an ed25519 signature over the text of Sign-In-With-Solana. */
export const solana: ChainFamily = {
  type: 'solana',
  namespace: 'solana',
  title: 'Solana',
  caseless: false,
  defaultChain: 'mainnet',
  signatureForm: 'base58 or base64',
  readAddress: (given) => (decode(given, 32) ? given : null),
  readChain: networkOf('solana'),
  isSignature: (given) => decode(given, 64) !== null,
  prover: SolanaProver,
};

/** Wallets write base58; some libraries base64, which for a signature always ends with a sign that base58 has not. */
function decode(given: string, bytes: 32 | 64): Uint8Array | null {
  // Decoding takes the square of the length.
  if (given.length > 2 * bytes) return null;
  try {
    const decoded = bytes === 64 && given.endsWith('=') ? base64.decode(given) : base58.decode(given);
    return decoded.length === bytes ? decoded : null;
  } catch {
    return null;
  }
}
