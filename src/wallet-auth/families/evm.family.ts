import { Injectable } from '@nestjs/common';
import { getAddress } from 'viem/utils';
import { OffLoop, Thrown } from '../../platform/off-loop/off-loop';
import { ContractWallets } from '../contract-wallets';
import type { LoginPayload } from '../login-payload';
import { InvalidLoginPayload } from '../wallet.errors';
import type { ChainFamily, SignedText, ProvenAddress, Prover } from './chain-family';

/** Bytes; that of a wallet of several owners, not deployed yet, has a few thousand. */
const LONGEST_SIGNATURE = 16_384;
/** Half of the curve's order (EIP-2): of the two signatures that anybody can make of one, the one above is refused. */
const HIGHEST_S = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

/** As `@spruceid/siwe-parser` writes it. */
interface ParsedText extends Omit<LoginPayload, 'type' | 'chainId'> {
  readonly chainId: number;
}

@Injectable()
export class EvmProver implements Prover {
  constructor(
    private readonly offLoop: OffLoop,
    private readonly contracts: ContractWallets,
  ) {}

  async prove(claim: SignedText): Promise<ProvenAddress | null> {
    if (await this.isByOwnKey(claim)) return { issuer: evm.namespace, byContract: false };
    const taken = await this.contracts.takes(claim);
    return taken ? { issuer: `${evm.namespace}:${claim.chainId}`, byContract: true } : null;
  }

  /** @throws InvalidLoginPayload for what is no message of EIP-4361, letter by letter */
  async readText(text: string): Promise<LoginPayload> {
    const parsed = await this.offLoop
      .construct<ParsedText>('@spruceid/siwe-parser', 'ParsedMessage', text)
      .catch((error: unknown) => {
        throw error instanceof Thrown ? new InvalidLoginPayload(problemOf(error)) : error;
      });
    const { scheme, domain, address, statement, uri, version, chainId, nonce, issuedAt } = parsed;
    const { expirationTime, notBefore, resources } = parsed;
    const own = { scheme, domain, address, statement, uri, version, nonce, issuedAt };
    return { type: evm.type, ...own, chainId: String(chainId), expirationTime, notBefore, resources };
  }

  private async isByOwnKey({ text, signature, address }: SignedText): Promise<boolean> {
    const [, s, v] = /^0x[0-9a-f]{64}([0-9a-f]{64})(00|01|1b|1c)$/i.exec(signature) ?? [];
    if (s === undefined || v === undefined || BigInt(`0x${s}`) > HIGHEST_S) return false;
    try {
      const signed = { message: text, signature };
      return (await this.offLoop.call('viem/utils', 'recoverMessageAddress', signed)) === address;
    } catch (error) {
      if (error instanceof Thrown) return false;
      throw error;
    }
  }
}

/** Ethereum and the chains that work alike: accounts that sign (ERC-191), and contracts that say what they take. */
export const evm: ChainFamily = {
  type: 'evm',
  namespace: 'eip155',
  title: 'Ethereum',
  caseless: true,
  defaultChain: '1',
  signatureForm: 'hexadecimal',
  /** EIP-55, whatever case was sent. */
  readAddress: (given) => (/^0x[0-9a-f]{40}$/i.test(given) ? getAddress(given.toLowerCase()) : null),
  readChain: (given) => (/^[1-9]\d{0,14}$/.test(given) ? given : null),
  /** Of any length, also of none: what a contract takes is its own affair (EIP-1271). */
  isSignature: (given) => given.length <= 2 + 2 * LONGEST_SIGNATURE && /^0x([0-9a-f]{2})*$/i.test(given),
  prover: EvmProver,
};

/** The parser's own words, where it has some: beside them it prints its state. */
function problemOf({ message }: Error): string {
  const [problem] = message.split('\n').filter((line) => /^line \d+: /.test(line));
  return problem?.slice(0, 100) ?? 'the message is not one of EIP-4361';
}
