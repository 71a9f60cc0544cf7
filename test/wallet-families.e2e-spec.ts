import { MultiSigPublicKey } from '@mysten/sui/multisig';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { Secp256k1Keypair } from '@mysten/sui/keypairs/secp256k1';
import { Secp256r1Keypair } from '@mysten/sui/keypairs/secp256r1';
import { ed25519 } from '@noble/curves/ed25519.js';
import { base58, base64 } from '@scure/base';
import { getZkLoginSignature, toZkLoginPublicIdentifier } from '@mysten/sui/zklogin';
import { createSignInMessageText } from '@solana/wallet-standard-util';
import { Busy } from '../src/platform/http/api-error';
import { OffLoop } from '../src/platform/off-loop/off-loop';
import { bearer, cookiesOf } from './support/builders';
import { useApp } from './support/test-app';
import { ACTIVE, messageOf, payloadFor, someAccount, tokenCookie, type Payload } from './support/wallets';

/** A wallet of Solana: its address is its public key. */
function solanaWallet() {
  const secret = ed25519.utils.randomSecretKey();
  return {
    address: base58.encode(ed25519.getPublicKey(secret)),
    sign: (text: string) => ed25519.sign(new TextEncoder().encode(text), secret),
  };
}

/** The text as wallets of Solana put it together, by the library that defines it. */
const solanaText = (payload: Payload): string =>
  createSignInMessageText({
    domain: payload.domain,
    address: payload.address,
    statement: payload.statement,
    uri: payload.uri,
    version: payload.version,
    chainId: payload.chain_id,
    nonce: payload.nonce,
    issuedAt: payload.issued_at,
    expirationTime: payload.expiration_time,
    notBefore: payload.invalid_before,
    ...(payload.resources && { resources: payload.resources }),
  });

describe('wallets of other chains', () => {
  const app = useApp({
    environment: { WALLET_RESOURCES: 'https://example.com/terms,https://example.com/privacy' },
  });
  const login = (payload: Payload, signature: string) =>
    app.http.post('/auth/login').send({ payload, signature });
  const mismatch = (address: string) => ({
    error: `Signer address does not match payload address '${address}'`,
  });

  describe('Solana', () => {
    it.each([
      ['base58', (signature: Uint8Array) => base58.encode(signature)],
      ['base64', (signature: Uint8Array) => base64.encode(signature)],
    ])('signs in by Sign-In-With-Solana, its signature in %s', async (_name, encode) => {
      const wallet = solanaWallet();
      const payload = await payloadFor(app, wallet.address, { type: 'solana' });
      expect(payload).toMatchObject({ type: 'solana', address: wallet.address, chain_id: 'mainnet' });
      const answer = await login(payload, encode(wallet.sign(solanaText(payload)))).expect(200);
      const cookies = cookiesOf(answer);
      expect(Object.keys(cookies)).toEqual([tokenCookie(wallet.address), ACTIVE]);
      const { body } = await app.http.get('/auth/user').set(...bearer(answer.body.token));
      expect(body.address).toBe(wallet.address);
    });

    it('its address alone tells the type, and each network is one account', async () => {
      const wallet = solanaWallet();
      const tokens: string[] = [];
      for (const chainId of ['devnet', 'solana:mainnet']) {
        const payload = await payloadFor(app, wallet.address, { chainId });
        expect(payload).toMatchObject({ type: 'solana', chain_id: chainId.replace('solana:', '') });
        tokens.push((await login(payload, base58.encode(wallet.sign(solanaText(payload))))).body.token);
      }
      const users = await Promise.all(
        tokens.map(async (token) => (await app.http.get('/auth/user').set(...bearer(token))).body.data.id),
      );
      expect(users[0]).toBe(users[1]);
    });

    it.each<[string, (wallet: ReturnType<typeof solanaWallet>, text: string) => Uint8Array]>([
      ['of another wallet', (_wallet, text) => solanaWallet().sign(text)],
      ['over another text', (wallet, text) => wallet.sign(`${text}\n`)],
      ['with a bit turned', (wallet, text) => turned(wallet.sign(text))],
      ['of nothing', () => new Uint8Array(64)],
      ['with the order added to s', (wallet, text) => malleated(wallet.sign(text))],
    ])('a signature %s is refused', async (_name, sign) => {
      const wallet = solanaWallet();
      const payload = await payloadFor(app, wallet.address);
      const answer = await login(payload, base58.encode(sign(wallet, solanaText(payload))));
      expect([answer.status, answer.body]).toEqual([400, mismatch(wallet.address)]);
    });

    it('a key of small order, which takes one signature for every text, is refused', async () => {
      const key = new Uint8Array(32);
      key[0] = 1;
      const address = base58.encode(key);
      const payload = await payloadFor(app, address);
      const signature = new Uint8Array(64);
      signature[0] = 1;
      // By the lax rules, which some libraries follow, it is a good one.
      const text = new TextEncoder().encode(solanaText(payload));
      expect(ed25519.verify(signature, text, key)).toBe(true);
      const answer = await login(payload, base58.encode(signature));
      expect([answer.status, answer.body]).toEqual([400, mismatch(address)]);
    });

    it.each([
      ['0x'],
      [''],
      ['1'.repeat(63)],
      [`0x${'11'.repeat(65)}`],
      ['l'.repeat(88)],
      ['A'.repeat(5_000)],
    ])('a signature %s is none', async (signature) => {
      const payload = await payloadFor(app, solanaWallet().address);
      const answer = await login(payload, signature);
      expect([answer.status, answer.body]).toEqual([400, { error: 'Invalid login payload' }]);
    });

    it.each([['1'.repeat(31)], ['1'.repeat(33)], ['O0Il'.repeat(11)], [`${solanaWallet().address} `]])(
      '%s is no address',
      (address) => app.http.post('/auth/payload').send({ address, type: 'solana' }).expect(400),
    );

    it('a network that is none is refused, and named', async () => {
      const answer = await app.http
        .post('/auth/payload')
        .send({ address: solanaWallet().address, chainId: '1' });
      expect([answer.status, answer.body]).toEqual([
        400,
        { error: "chainId must be a chain of Solana, as in 'mainnet'" },
      ]);
    });
  });

  describe('Sui', () => {
    const bytes = (text: string) => new TextEncoder().encode(text);
    const wallets: [string, Ed25519Keypair | Secp256k1Keypair | Secp256r1Keypair][] = [
      ['ed25519', new Ed25519Keypair()],
      ['secp256k1', new Secp256k1Keypair()],
      ['secp256r1', new Secp256r1Keypair()],
    ];

    it.each(wallets)('signs in by a personal message, with a key of %s', async (_name, keys) => {
      const address = keys.toSuiAddress();
      const payload = await payloadFor(app, `0x${address.slice(2).toUpperCase()}`, { type: 'sui' });
      expect(payload).toMatchObject({ type: 'sui', address, chain_id: 'mainnet' });
      const { signature } = await keys.signPersonalMessage(bytes(messageOf(payload, 'Sui')));
      const answer = await login(payload, signature).expect(200);
      const { body } = await app.http.get('/auth/user').set(...bearer(answer.body.token));
      expect(body.address).toBe(address);
    });

    it('a wallet of several keys signs in once enough of them have signed', async () => {
      const keys = wallets.map(([, pair]) => pair);
      const several = MultiSigPublicKey.fromPublicKeys({
        threshold: 2,
        publicKeys: keys.map((pair) => ({ publicKey: pair.getPublicKey(), weight: 1 })),
      });
      for (const [signers, status] of [
        [keys.slice(0, 2), 200],
        [keys.slice(1, 2), 400],
      ] as const) {
        const payload = await payloadFor(app, several.toSuiAddress());
        const message = bytes(messageOf(payload, 'Sui'));
        const signed = await Promise.all(
          signers.map(async (pair) => (await pair.signPersonalMessage(message)).signature),
        );
        expect((await login(payload, several.combinePartialSignatures(signed))).status).toBe(status);
      }
    });

    it('zkLogin is refused, by itself and among several keys: its proofs would be asked for elsewhere', async () => {
      const alone = zkLogin();
      const several = MultiSigPublicKey.fromPublicKeys({
        threshold: 1,
        publicKeys: [{ publicKey: alone.publicKey, weight: 1 }],
      });
      const payload = await payloadFor(app, alone.address, { chainId: 'testnet' });
      const answer = await login(payload, alone.signature);
      expect([answer.status, answer.body]).toEqual([400, { error: 'Invalid login payload' }]);
      const address = several.toSuiAddress();
      const other = await payloadFor(app, address);
      const among = await login(other, several.combinePartialSignatures([alone.signature]));
      expect([among.status, among.body]).toEqual([400, mismatch(address)]);
    });

    it('nothing that is computed off the loop reaches the network', async () => {
      const offLoop = app.nest.get(OffLoop);
      const code = 'fetch("http://127.0.0.1:1")';
      await expect(offLoop.call('node:vm', 'runInThisContext', code)).rejects.toThrow(
        'fetch is not a function',
      );
      expect(await offLoop.call('node:vm', 'runInThisContext', 'typeof WebSocket')).toBe('undefined');
    });

    it('[A23] a task that never ends goes with its thread, and those that wait go on', async () => {
      const offLoop = app.nest.get(OffLoop);
      const endless = offLoop.call('node:vm', 'runInThisContext', 'for (;;);');
      const waiting = Array.from({ length: 5 }, (_, turn) =>
        offLoop.call('node:vm', 'runInThisContext', `${turn} + 1`),
      );
      await expect(endless).rejects.toThrow(Busy);
      expect(await Promise.all(waiting)).toEqual([1, 2, 3, 4, 5]);
    });

    it('of many who come at once so many get a place as there is room, and the others are told', async () => {
      const offLoop = app.nest.get(OffLoop);
      const work = jest.fn(() => new Promise((resolve) => setTimeout(resolve, 20)));
      const attempts = await Promise.allSettled(Array.from({ length: 5_000 }, () => offLoop.withPlace(work)));
      const inside = attempts.filter(({ status }) => status === 'fulfilled').length;
      expect(inside % 100).toBe(0);
      expect([inside > 0, inside < 5_000, work.mock.calls.length]).toEqual([true, true, inside]);
      await new Promise(setImmediate);
      await offLoop.withPlace(work);
    });

    it('a signature that is not its own, over another text, or for a transaction, is refused', async () => {
      const keys = new Ed25519Keypair();
      const address = keys.toSuiAddress();
      const attempts: ((message: Uint8Array) => Promise<string>)[] = [
        async (message) => (await new Ed25519Keypair().signPersonalMessage(message)).signature,
        async () => (await keys.signPersonalMessage(bytes('else'))).signature,
        async (message) => (await keys.signTransaction(message)).signature,
      ];
      for (const attempt of attempts) {
        const payload = await payloadFor(app, address);
        const answer = await login(payload, await attempt(bytes(messageOf(payload, 'Sui'))));
        expect([answer.status, answer.body]).toEqual([400, mismatch(address)]);
      }
    });

    it.each([[''], ['0x'], ['AAAA'], ['!'.repeat(132)], ['A'.repeat(5_000)]])(
      'a signature %s is none',
      async (signature) => {
        const payload = await payloadFor(app, new Ed25519Keypair().toSuiAddress());
        const answer = await login(payload, signature);
        expect([answer.status, answer.body]).toEqual([400, { error: 'Invalid login payload' }]);
      },
    );
  });

  it('a payload of one family is no good for another', async () => {
    const keys = new Ed25519Keypair();
    const payload = await payloadFor(app, keys.toSuiAddress());
    const text = messageOf(payload, 'Ethereum');
    const { signature } = await keys.signPersonalMessage(new TextEncoder().encode(text));
    expect((await login({ ...payload, type: 'evm' }, signature)).status).toBe(400);
    expect((await login(payload, signature)).status).toBe(400);
  });

  it('[B71] resources that were asked for stand in every text, and one without them is refused', async () => {
    const account = someAccount();
    const payload = await payloadFor(app, account.address);
    expect(payload.resources).toEqual(['https://example.com/terms', 'https://example.com/privacy']);
    const signature = await account.signMessage({ message: messageOf(payload) });
    await login(payload, signature).expect(200);
    const other = { ...(await payloadFor(app, account.address)), resources: ['https://example.com/terms'] };
    const answer = await login(other, await account.signMessage({ message: messageOf(other) }));
    expect([answer.status, answer.body]).toEqual([
      400,
      { error: 'Login request is missing required resources: https://example.com/privacy' },
    ]);
  });
});

describe('[C19] chains that are listed', () => {
  const app = useApp({ environment: { WALLET_CHAIN_IDS: '137, 10,solana:devnet' } });
  const { address } = someAccount();
  const ask = (body: object) => app.http.post('/auth/payload').send(body);

  it('are the only ones to sign in on, and the first is taken where none is named', async () => {
    expect((await payloadFor(app, address)).chain_id).toBe('137');
    expect((await payloadFor(app, address, { chainId: '10' })).chain_id).toBe('10');
    const refused = await ask({ address, chainId: '1' });
    expect([refused.status, refused.body]).toEqual([
      400,
      { error: "Expected chain ID '137' or '10' does not match chain ID on payload '1'" },
    ]);
    expect((await payloadFor(app, solanaWallet().address)).chain_id).toBe('devnet');
    expect((await ask({ address: solanaWallet().address, chainId: 'mainnet' })).status).toBe(400);
    const unlisted = await ask({ address: new Ed25519Keypair().toSuiAddress() });
    expect([unlisted.status, unlisted.body]).toEqual([400, { error: "Wallets of Sui can't sign in here" }]);
  });

  it('a text of the client’s own is held to them too', async () => {
    const account = someAccount();
    const { body } = await app.http.get('/auth/nonce');
    const payload = {
      ...(await payloadFor(app, account.address)),
      nonce: body.nonce as string,
      chain_id: '1',
    };
    const message = messageOf(payload);
    const signature = await account.signMessage({ message });
    const answer = await app.http.post('/auth/login').send({ message, signature });
    expect([answer.status, answer.body]).toEqual([
      400,
      { error: "Expected chain ID '137' or '10' does not match chain ID on payload '1'" },
    ]);
  });
});

/** A signature by zkLogin, whose proof is none. */
function zkLogin() {
  const seed = 12345678901234567890n;
  const claim = '"iss":"https://accounts.google.com",';
  const issBase64Details = { value: Buffer.from(claim.padEnd(36)).toString('base64url'), indexMod4: 0 };
  const proofPoints = {
    a: ['1', '2', '3'],
    b: [
      ['1', '2'],
      ['3', '4'],
      ['5', '6'],
    ],
    c: ['1', '2', '3'],
  };
  const signature = getZkLoginSignature({
    inputs: {
      proofPoints,
      issBase64Details,
      headerBase64: 'eyJhbGciOiJSUzI1NiJ9',
      addressSeed: String(seed),
    },
    maxEpoch: '10',
    userSignature: Buffer.alloc(97).toString('base64'),
  });
  const publicKey = toZkLoginPublicIdentifier(seed, 'https://accounts.google.com');
  return { signature, publicKey, address: publicKey.toSuiAddress() };
}

const turned = (signature: Uint8Array): Uint8Array =>
  signature.map((byte, index) => (index === 3 ? byte ^ 1 : byte));

/** The other signature that anybody can make of one, where s is not held below the order of the curve. */
function malleated(signature: Uint8Array): Uint8Array {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const copy = signature.slice();
  let s = [...copy.slice(32)].reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n) + order;
  for (let index = 32; index < 64; index++, s >>= 8n) copy[index] = Number(s & 0xffn);
  return copy;
}
