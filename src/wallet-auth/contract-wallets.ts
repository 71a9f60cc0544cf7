import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { createClient, encodeFunctionData, http, isHex, parseAbi, type Client, type Hex } from 'viem';
import { call, getChainId, getCode, verifyHash } from 'viem/actions';
import { hashMessage, isErc6492Signature, parseErc6492Signature } from 'viem/utils';
import { boundedFetch } from '../platform/outbound/bounded-fetch';
import { fetcher, type Fetcher } from '../platform/outbound/public-network';
import type { SignedText } from './families/chain-family';
import { LoginRefused } from './wallet.errors';
import { walletSettings, type WalletSettings } from './wallet.settings';

const EIP_1271 = parseAbi(['function isValidSignature(bytes32 hash, bytes signature) view returns (bytes4)']);
const TAKEN = `0x1626ba7e${'00'.repeat(28)}`;
/** The code of a contract is 24 KB at most, in two letters each. */
const LARGEST_ANSWER = 256 * 1024;
/** Bytes of a signature by a key of the account's own. */
const OWN_KEY = 65;

/** Its message holds no secret. */
class NodeFailure extends Error {}

/** What a chain is asked by in one sign-in. */
interface Line {
  readonly client: Client;
  /** What kept it from answering, where something did. */
  failure?: unknown;
}

/**
 * Asks the chain whether a contract takes a signature as its own: EIP-1271, and ERC-6492 for one that is not deployed yet.
 * Only the chain that was signed for is asked, because on another the address may be somebody else's.
 */
@Injectable()
export class ContractWallets implements OnModuleDestroy {
  private readonly logger = new Logger('ContractWallets');
  private readonly fetcher: Fetcher;
  /** Chains whose node has said that it is of that chain. */
  private readonly known = new Set<string>();

  constructor(@Inject(walletSettings.token) private readonly settings: WalletSettings) {
    this.fetcher = fetcher(settings.rpc.allowPrivate);
  }

  /** @throws LoginRefused when the chain can't be asked */
  async takes(claim: SignedText): Promise<boolean> {
    const { chainId, signature } = claim;
    const url = this.settings.rpc.urls.get(chainId);
    if (url === undefined) {
      // Of that length it is a wrong one of a wallet that needs no chain.
      if (signature.length === 2 + 2 * OWN_KEY) return false;
      throw new LoginRefused(
        `Contract wallets of chain '${chainId}' can't be checked by this server`,
        'chain',
      );
    }
    const line = this.lineTo(url);
    const taken = await this.ask(line, claim).catch((error: unknown) => {
      line.failure ??= error;
      return false;
    });
    if (line.failure === undefined) return taken;
    // Its message is not for the log: it bears the URL, which may hold a key.
    this.logger.warn(`Chain ${chainId} could not be asked: ${nameOf(line.failure)}`);
    throw new LoginRefused(
      `The wallet could not be checked on chain '${chainId}'; try again in a while`,
      'chain',
    );
  }

  async onModuleDestroy(): Promise<void> {
    await this.fetcher.close();
  }

  private async ask(line: Line, { text, address, signature, chainId }: SignedText): Promise<boolean> {
    const { client } = line;
    const account = address as Hex;
    const [code] = await Promise.all([
      getCode(client, { address: account }),
      this.verifyChain(line, chainId),
    ]);
    const asked = { address: account, hash: hashMessage(text), signature: signature as Hex };
    if (code !== undefined && !isHex(code)) throw new NodeFailure('the code of a contract is none');
    if (code !== undefined) return this.askDeployed(client, asked);
    // Never one that is deployed: what its signature asks to be prepared could change what the contract says.
    return isErc6492Signature(asked.signature) && (await verifyHash(client, asked));
  }

  private async askDeployed(
    client: Client,
    { address, hash, signature }: { address: Hex; hash: Hex; signature: Hex },
  ): Promise<boolean> {
    const args = [hash, unwrapped(signature)] as const;
    const data = encodeFunctionData({ abi: EIP_1271, functionName: 'isValidSignature', args });
    // Of a contract that reverts the answer is no.
    const answer = await call(client, { to: address, data }).catch(() => ({ data: undefined }));
    // The whole word: one that only echoes what it was asked begins with the same four bytes.
    return answer.data?.slice(0, TAKEN.length) === TAKEN;
  }

  /** A node of another chain, by a slip in the settings, would speak for somebody else's contract. */
  private async verifyChain({ client }: Line, chainId: string): Promise<void> {
    if (this.known.has(chainId)) return;
    const actual = await getChainId(client);
    if (String(actual) !== chainId) throw new NodeFailure(`the node is of chain ${actual}`);
    this.known.add(chainId);
  }

  private lineTo(url: string): Line {
    const { timeout } = this.settings.rpc;
    const signal = AbortSignal.timeout(timeout);
    const line: { client?: Client; failure?: unknown } = {};
    const bounds = { signal, largest: LARGEST_ANSWER, by: this.fetcher.fetch };
    const fetchFn: typeof fetch = async (target, options = {}) => {
      try {
        const answer = await boundedFetch(target as string, options, bounds);
        line.failure ??= await refusalIn(answer);
        return answer;
      } catch (error) {
        line.failure ??= error;
        throw error;
      }
    };
    const transport = http(url, { timeout, retryCount: 0, fetchFn: fetchFn });
    // CCIP-Read would let any contract make this server fetch any URL.
    return Object.assign(line, { client: createClient({ transport, ccipRead: false }) });
  }
}

/**
 * Nodes answer alike for a contract that reverts and for much else (EIP-1474); these say that it was not asked at all:
 * resource not found, unavailable, method not supported, limit exceeded, method not found.
 */
const NOT_ASKED = [-32_001, -32_002, -32_004, -32_005, -32_601];

async function refusalIn(answer: Response): Promise<NodeFailure | undefined> {
  if (!answer.ok) return new NodeFailure(`status ${answer.status}`);
  const { error } = (await answer.clone().json()) as { error?: { code?: unknown } };
  return NOT_ASKED.some((code) => code === error?.code)
    ? new NodeFailure(`error ${String(error?.code)}`)
    : undefined;
}

/** What a contract takes once it is deployed, out of what it was signed with before. */
function unwrapped(signature: Hex): Hex {
  try {
    return parseErc6492Signature(signature).signature;
  } catch {
    return signature;
  }
}

function nameOf(failure: unknown): string {
  if (failure instanceof NodeFailure) return failure.message;
  const { name, code, cause } = failure as { name?: string; code?: string; cause?: { code?: string } };
  return [name, code ?? cause?.code].filter((part) => part !== undefined).join(' ');
}
