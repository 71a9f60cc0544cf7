import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  createTestClient,
  encodeDeployData,
  http,
  publicActions,
  walletActions,
  type Abi,
  type Hex,
} from 'viem';
import { hardhat } from 'viem/chains';
import { freePort } from './server-process';

const DIRECTORY = join(__dirname, 'evm');
const PATIENCE = 60_000;

interface Compiled {
  readonly abi: Abi;
  readonly bytecode: Hex;
}

/** Compiles the contracts of the tests. */
function compile(): Record<string, Compiled> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const solc = require('solc') as { compile(input: string): string };
  const input = {
    language: 'Solidity',
    sources: { wallets: { content: readFileSync(join(DIRECTORY, 'wallets.sol'), 'utf8') } },
    settings: { outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } } },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input)));
  const errors = (output.errors ?? []).filter(({ severity }: { severity: string }) => severity === 'error');
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return Object.fromEntries(
    Object.entries<{ abi: Abi; evm: { bytecode: { object: string } } }>(output.contracts.wallets).map(
      ([name, { abi, evm }]) => [name, { abi, bytecode: `0x${evm.bytecode.object}` }],
    ),
  );
}

/** A real node of a chain of its own. */
export interface EvmNode {
  readonly url: string;
  readonly chainId: string;
  /** Deploys a contract of `evm/wallets.sol`; its address. */
  deploy(name: string, ...args: unknown[]): Promise<Hex>;
  read(name: string, address: Hex, functionName: string, ...args: unknown[]): Promise<unknown>;
  write(name: string, address: Hex, functionName: string, ...args: unknown[]): Promise<void>;
  /** Deploys a contract at an address of one's choice; it has one word of state at most. */
  place(address: Hex, name: string, ...args: unknown[]): Promise<void>;
  /** The interface of a contract. */
  abiOf(name: string): Abi;
}

/** Hardhat's node, in a process of its own, for all tests of a file. */
export function useEvmNode(chainId = 31_337): EvmNode {
  const node = {} as { -readonly [K in keyof EvmNode]: EvmNode[K] };
  let child: ChildProcess;
  beforeAll(async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const program = require.resolve('hardhat/internal/cli/bootstrap.js');
    const { PATH, HOME, TMPDIR } = process.env;
    child = spawn(process.execPath, [program, 'node', '--port', String(port), '--hostname', '127.0.0.1'], {
      cwd: DIRECTORY,
      env: {
        PATH,
        HOME,
        TMPDIR,
        CHAIN_ID: String(chainId),
        HARDHAT_DISABLE_TELEMETRY_PROMPT: 'true',
        CI: 'true',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    await started(child);
    const contracts = compile();
    const chain = { ...hardhat, id: chainId };
    const client = createTestClient({ mode: 'hardhat', chain, transport: http(url) })
      .extend(publicActions)
      .extend(walletActions);
    const [account] = (await client.getAddresses()) as [Hex];
    const of = (name: string): Compiled => contracts[name] ?? { abi: [], bytecode: '0x' };
    const mined = async (hash: Hex) => client.waitForTransactionReceipt({ hash, pollingInterval: 20 });
    Object.assign(node, {
      url,
      chainId: String(chainId),
      abiOf: (name: string) => of(name).abi,
      async deploy(name: string, ...args: unknown[]) {
        const data = encodeDeployData({ ...of(name), args });
        const { contractAddress } = await mined(await client.sendTransaction({ account, data } as never));
        return contractAddress as Hex;
      },
      async place(address: Hex, name: string, ...args: unknown[]) {
        const model = await node.deploy(name, ...args);
        await client.setCode({ address, bytecode: (await client.getCode({ address: model })) ?? '0x' });
        const value = await client.getStorageAt({ address: model, slot: '0x0' });
        await client.setStorageAt({ address, index: 0, value: value ?? '0x' });
      },
      read: (name: string, address: Hex, functionName: string, ...args: unknown[]) =>
        client.readContract({ address, abi: of(name).abi, functionName, args }),
      async write(name: string, address: Hex, functionName: string, ...args: unknown[]) {
        const call = { account, address, abi: of(name).abi, functionName, args };
        await mined(await client.writeContract(call));
      },
    } satisfies EvmNode);
  }, 2 * PATIENCE);
  afterAll(() => child?.kill('SIGKILL'));
  return node;
}

function started(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = '';
    const timer = setTimeout(() => reject(new Error(`the node did not start:\n${output}`)), PATIENCE);
    const settle = (outcome: () => void) => {
      clearTimeout(timer);
      outcome();
    };
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => {
        output += String(chunk);
        if (output.includes('Started HTTP')) settle(resolve);
      });
    }
    child.once('exit', (code) => settle(() => reject(new Error(`the node ended with ${code}:\n${output}`))));
  });
}

/** A server in the place of a node, that answers as a test says; its requests are kept. */
export interface FalseNode {
  readonly url: string;
  readonly requests: string[];
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => void;
}

export function useFalseNode(): FalseNode {
  const node = { requests: [] as string[] } as { -readonly [K in keyof FalseNode]: FalseNode[K] };
  let server: Server;
  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += String(chunk)));
      request.on('end', () => {
        node.requests.push(body || (request.url ?? ''));
        node.answer(request, response, body);
      });
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    Object.assign(node, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return node;
}
