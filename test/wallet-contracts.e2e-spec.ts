import { Logger } from '@nestjs/common';
import { decodeJwt } from 'jose';
import { concatHex, encodeFunctionData, hashMessage, serializeErc6492Signature, toHex, type Hex } from 'viem';
import { bearer, cookiesOf, statusOf } from './support/builders';
import { useEvmNode, useFalseNode } from './support/evm-node';
import { until } from './support/mailbox';
import { useApp } from './support/test-app';
import {
  messageOf,
  payloadFor,
  signedPayload,
  someAccount,
  tokenCookie,
  type Payload,
} from './support/wallets';

const CHAIN = '31337';
const OTHER_CHAIN = '31338';
/** A chain whose node is the one of another. */
const MISTAKEN_CHAIN = '99';
const FALSE_CHAIN = '100';
const UNSERVED_CHAIN = '5';

describe('contract wallets', () => {
  const node = useEvmNode(Number(CHAIN));
  const otherNode = useEvmNode(Number(OTHER_CHAIN));
  const falseNode = useFalseNode();
  const environment: Record<string, string> = { WALLET_RPC_PRIVATE: 'true', WALLET_RPC_TIMEOUT: '900ms' };
  beforeAll(() => {
    environment['WALLET_RPC_URLS'] = JSON.stringify({
      [CHAIN]: node.url,
      [OTHER_CHAIN]: otherNode.url,
      [MISTAKEN_CHAIN]: node.url,
      [FALSE_CHAIN]: falseNode.url,
    });
  });
  const app = useApp({ environment });

  /** Signs in at an address, with whatever makes a signature of the message. */
  async function signIn(
    address: Hex,
    sign: (message: string, payload: Payload) => Hex | Promise<Hex>,
    chainId = CHAIN,
  ) {
    const payload = await payloadFor(app, address, { chainId });
    const signature = await sign(messageOf(payload), payload);
    return app.http.post('/auth/login').send({ payload, signature });
  }
  const mismatch = (address: string) => ({
    error: `Signer address does not match payload address '${address.toLowerCase()}'`,
  });

  it('[B74] a deployed one is asked whether it takes the signature (EIP-1271)', async () => {
    const owner = someAccount();
    const wallet = await node.deploy('OwnedWallet', owner.address);
    const answer = await signIn(wallet, (message) => owner.signMessage({ message }));
    expect([answer.status, await statusOf(app, answer.body.token)]).toEqual([200, 200]);
    const { body } = await app.http.get('/auth/user').set(...bearer(answer.body.token));
    expect(body.address.toLowerCase()).toBe(wallet.toLowerCase());
    const wallets = await app.http.get('/auth/wallets').set(...bearer(answer.body.token));
    expect(wallets.body.wallets).toEqual([
      expect.objectContaining({ type: 'evm', chainId: CHAIN, address: body.address }),
    ]);
    const stranger = await signIn(wallet, (message) => someAccount().signMessage({ message }));
    expect([stranger.status, stranger.body]).toEqual([400, mismatch(wallet)]);
  });

  it('[B74] one that is not deployed yet is prepared and asked (ERC-6492), and is the same user afterwards', async () => {
    const owner = someAccount();
    const salt = toHex(1, { size: 32 });
    const factory = await node.deploy('WalletFactory');
    const wallet = (await node.read('WalletFactory', factory, 'addressOf', owner.address, salt)) as Hex;
    const data = encodeFunctionData({
      abi: node.abiOf('WalletFactory'),
      functionName: 'deploy',
      args: [owner.address, salt],
    });
    const by = (signer: typeof owner) => async (message: string) =>
      serializeErc6492Signature({ address: factory, data, signature: await signer.signMessage({ message }) });
    const answer = await signIn(wallet, by(owner));
    expect(answer.status).toBe(200);
    expect((await signIn(wallet, by(someAccount()))).body).toEqual(mismatch(wallet));
    await node.write('WalletFactory', factory, 'deploy', owner.address, salt);
    for (const sign of [by(owner), (message: string) => owner.signMessage({ message })]) {
      const later = await signIn(wallet, sign);
      expect(decodeJwt(later.body.token).sub).toBe(decodeJwt(answer.body.token).sub);
    }
    expect((await signIn(wallet, by(someAccount()))).body).toEqual(mismatch(wallet));
  });

  it('what the signature of a deployed one asks to be prepared is not done', async () => {
    const [owner, thief] = [someAccount(), someAccount()];
    const wallet = await node.deploy('OwnedWallet', owner.address);
    // Within the question it would make the thief the owner: on this careless wallet anybody may.
    const data = encodeFunctionData({
      abi: node.abiOf('OwnedWallet'),
      functionName: 'handOver',
      args: [thief.address],
    });
    const answer = await signIn(wallet, async (message) =>
      serializeErc6492Signature({ address: wallet, data, signature: await thief.signMessage({ message }) }),
    );
    expect([answer.status, answer.body]).toEqual([400, mismatch(wallet)]);
  });

  it('[C20] a signature of another length, and of none, is for the contract to judge', async () => {
    const wallet = await node.deploy('ApprovingWallet');
    for (const signature of ['0x', '0x1234', concatHex(['0x12', toHex(0, { size: 200 })])] as Hex[]) {
      const answer = await signIn(wallet, async (message) => {
        await node.write('ApprovingWallet', wallet, 'approve', hashMessage(message));
        return signature;
      });
      expect([signature, answer.status]).toEqual([signature, 200]);
      expect((await signIn(wallet, () => signature)).body).toEqual(mismatch(wallet));
    }
  });

  it.each(['RefusingWallet', 'RevertingWallet', 'TalkativeWallet', 'EchoingWallet', 'NoWallet'])(
    '%s is refused',
    async (name) => {
      const wallet = await node.deploy(name);
      const answer = await signIn(wallet, (message) => someAccount().signMessage({ message }));
      expect([answer.status, answer.body]).toEqual([400, mismatch(wallet)]);
    },
  );

  it('EndlessWallet is refused, at the latest when the time is over', async () => {
    const wallet = await node.deploy('EndlessWallet');
    const begun = performance.now();
    const answer = await signIn(wallet, (message) => someAccount().signMessage({ message }));
    expect(performance.now() - begun).toBeLessThan(3_000);
    expect(answer.status).toBe(400);
    expect(answer.body.error).toMatch(/^(Signer address does not match|The wallet could not be checked)/);
  });

  it('[A20] a contract can’t make this server fetch a URL (EIP-3668)', async () => {
    const wallet = await node.deploy('LookingUpWallet', `${falseNode.url}/{sender}/{data}`);
    falseNode.answer = (_request, response) => response.end(JSON.stringify({ data: '0x' }));
    falseNode.requests.length = 0;
    const answer = await signIn(wallet, (message) => someAccount().signMessage({ message }));
    expect([answer.status, answer.body]).toEqual([400, mismatch(wallet)]);
    expect(falseNode.requests).toEqual([]);
  });

  it('[B76] one address on two chains is two accounts, and the chain that was signed for is asked', async () => {
    const [owner, other] = [someAccount(), someAccount()];
    const wallet = await node.deploy('OwnedWallet', owner.address);
    await otherNode.place(wallet, 'OwnedWallet', other.address);
    const here = await signIn(wallet, (message) => owner.signMessage({ message }));
    const there = await signIn(wallet, (message) => other.signMessage({ message }), OTHER_CHAIN);
    expect([here.status, there.status]).toEqual([200, 200]);
    expect(decodeJwt(here.body.token).sub).not.toBe(decodeJwt(there.body.token).sub);
    const crossed = await signIn(wallet, (message) => owner.signMessage({ message }), OTHER_CHAIN);
    expect([crossed.status, crossed.body]).toEqual([400, mismatch(wallet)]);
  });

  it('[B75] the session of one lasts a week at most, however much it is used', async () => {
    const owner = someAccount();
    const wallet = await node.deploy('OwnedWallet', owner.address);
    const { body } = await signIn(wallet, (message) => owner.signMessage({ message }));
    const own = await app.http.post('/auth/login').send(await signedPayload(app, owner));
    const tokens = [body.token as string, own.body.token as string];
    for (let day = 0; day < 7; day++) {
      app.clock.advance({ hours: 23, minutes: 59 });
      for (const [index, token] of tokens.entries()) {
        const answer = await app.http.get('/auth/user').set(...bearer(token));
        const { address } = answer.body as { address: string };
        tokens[index] = cookiesOf(answer)[tokenCookie(address)]?.value ?? '';
      }
      // Last seen is written while the answer is on its way.
      await until(async () => {
        const [row] = await app.database.query(
          'SELECT count(*)::int AS behind FROM sessions WHERE id = ANY($1) AND last_seen_at < $2',
          [tokens.map((token) => decodeJwt(token)['sid']), new Date(app.clock.now().getTime() - 60_000)],
        );
        return row.behind === 0 || undefined;
      });
    }
    app.clock.advance({ minutes: 10 });
    const users = await Promise.all(tokens.map((token) => app.http.get('/auth/user').set(...bearer(token))));
    expect(users.map(({ body: user }) => user?.address ?? null)).toEqual([null, owner.address]);
  });

  it('what is refused of one is told of its owner', async () => {
    const owner = someAccount();
    const wallet = await node.deploy('OwnedWallet', owner.address);
    const { body } = await signIn(wallet, (message) => owner.signMessage({ message }));
    await signIn(wallet, (message) => someAccount().signMessage({ message }));
    const [event] = await app.database.query(
      `SELECT user_id FROM audit_events WHERE action = 'sign_in_failed' ORDER BY id DESC LIMIT 1`,
    );
    expect(event.user_id).toBe(decodeJwt(body.token).sub);
  });

  it('[B75] once the owner is another, the old one does not sign in any more', async () => {
    const [owner, next] = [someAccount(), someAccount()];
    const wallet = await node.deploy('OwnedWallet', owner.address);
    const first = await signIn(wallet, (message) => owner.signMessage({ message }));
    await node.write('OwnedWallet', wallet, 'handOver', next.address);
    expect((await signIn(wallet, (message) => owner.signMessage({ message }))).status).toBe(400);
    const second = await signIn(wallet, (message) => next.signMessage({ message }));
    expect(decodeJwt(second.body.token).sub).toBe(decodeJwt(first.body.token).sub);
  });

  it('an account with a key of its own is never asked for, nor taken for a contract', async () => {
    const account = someAccount();
    falseNode.requests.length = 0;
    expect(
      (await signIn(account.address, (message) => account.signMessage({ message }), FALSE_CHAIN)).status,
    ).toBe(200);
    expect(falseNode.requests).toEqual([]);
    // The other of the two signatures that anybody can make of one: a contract's checker might take it.
    const answer = await signIn(account.address, async (message) =>
      mirrored(await account.signMessage({ message })),
    );
    expect([answer.status, answer.body]).toEqual([400, mismatch(account.address)]);
  });

  describe('[B74] a node that can’t be asked means refusal', () => {
    const owner = someAccount();
    const unreachable = (chainId: string) => ({
      error: `The wallet could not be checked on chain '${chainId}'; try again in a while`,
    });
    const attempt = (chainId: string) =>
      signIn(
        owner.address,
        async (message) => concatHex([await owner.signMessage({ message }), '0x00']),
        chainId,
      );
    type Answer = typeof falseNode.answer;
    const say =
      (result: unknown): Answer =>
      (_request, response, body) => {
        const { id } = JSON.parse(body) as { id: number };
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
      };
    const fail =
      (code: number): Answer =>
      (_request, response, body) => {
        const { id } = JSON.parse(body) as { id: number };
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ jsonrpc: '2.0', id, error: { code, message: 'no' } }));
      };
    /** Of the right chain, until it is asked for the code, and then for the answer, of a contract. */
    const onCode =
      (code: Answer, answer: Answer = say('0x')): Answer =>
      (request, response, body) => {
        const { method } = JSON.parse(body) as { method: string };
        const say16 = say(`0x${Number(FALSE_CHAIN).toString(16)}`);
        const answers: Record<string, Answer> = { eth_chainId: say16, eth_getCode: code };
        (answers[method] ?? answer)(request, response, body);
      };
    const silent: Answer = () => undefined;
    const slowly =
      (wait: number, answer: Answer): Answer =>
      (request, response, body) =>
        void setTimeout(() => answer(request, response, body), wait);
    const answers: [string, Answer][] = [
      ['never answers', silent],
      ['answers by drops', (_request, response) => void setInterval(() => response.write(' '), 50).unref()],
      ['is out of order', (_request, response) => void response.writeHead(500).end('{}')],
      ['wants no more of us', (_request, response) => void response.writeHead(429).end('{}')],
      ['speaks rubbish', (_request, response) => void response.end('<html>')],
      ['speaks of another chain', say('0x1')],
      ['answers with null', say(null)],
      ['has a number for a contract', onCode(say(5))],
      ['has no time for the question', onCode(say('0x00'), fail(-32_005))],
      ['does not know the question', onCode(say('0x00'), fail(-32_601))],
      ['has no such resource', onCode(say('0x00'), fail(-32_001))],
      ['is unavailable', onCode(say('0x00'), fail(-32_002))],
      ['does not support the question', onCode(say('0x00'), fail(-32_004))],
      [
        'wants no more of us at the question',
        onCode(say('0x00'), (_request, response) => void response.writeHead(429).end('{}')),
      ],
      ['is slow each time', slowly(500, onCode(say('0x00'), say(`0x1626ba7e${'00'.repeat(28)}`)))],
      ['hangs up', (request) => void request.socket.destroy()],
      ['never stops', (_request, response) => void response.end('x'.repeat(2_000_000))],
      [
        'sends us elsewhere',
        (_request, response) => void response.writeHead(307, { location: node.url }).end(),
      ],
    ];

    it.each(answers)('one that %s', async (_name, answer) => {
      falseNode.answer = answer;
      const begun = performance.now();
      const { status, body } = await attempt(FALSE_CHAIN);
      expect([status, body]).toEqual([400, unreachable(FALSE_CHAIN)]);
      expect(performance.now() - begun).toBeLessThan(3_000);
    });

    it('one of another chain than the settings say, also when it is asked again', async () => {
      for (let turn = 0; turn < 2; turn++) {
        const { status, body } = await attempt(MISTAKEN_CHAIN);
        expect([status, body]).toEqual([400, unreachable(MISTAKEN_CHAIN)]);
      }
    });

    it('[B77] no URL stands in the log', async () => {
      const warned = jest.spyOn(Logger.prototype, 'warn');
      for (const [, answer] of answers.slice(2, 6)) {
        falseNode.answer = answer;
        await attempt(FALSE_CHAIN);
      }
      expect(warned.mock.calls.length).toBeGreaterThan(2);
      for (const [line] of warned.mock.calls) expect(String(line)).not.toContain(falseNode.url);
      warned.mockRestore();
    });

    it('no node at all', async () => {
      const { status, body } = await attempt(UNSERVED_CHAIN);
      expect([status, body]).toEqual([
        400,
        { error: `Contract wallets of chain '${UNSERVED_CHAIN}' can't be checked by this server` },
      ]);
      const wrong = await signIn(
        owner.address,
        (message) => someAccount().signMessage({ message }),
        UNSERVED_CHAIN,
      );
      expect(wrong.body).toEqual(mismatch(owner.address));
    });

    it('thirty that wait keep nobody else waiting', async () => {
      falseNode.answer = silent;
      const waiting = Array.from({ length: 30 }, () => attempt(FALSE_CHAIN));
      const begun = performance.now();
      await app.http.get('/auth/health').expect(200);
      expect(performance.now() - begun).toBeLessThan(1_500);
      for (const { status } of await Promise.all(waiting)) expect(status).toBe(400);
    });
  });
});

/** The signature with s on the other side of the curve's order (EIP-2). */
function mirrored(signature: Hex): Hex {
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
  const s = order - BigInt(`0x${signature.slice(66, 130)}`);
  const v = signature.slice(130) === '1b' ? '1c' : '1b';
  return `${signature.slice(0, 66)}${s.toString(16).padStart(64, '0')}${v}` as Hex;
}
