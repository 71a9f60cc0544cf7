import { createSiweMessage } from 'viem/siwe';
import { hostileMessages, hostilePayloads, hostileSignatures, type Elsewhere } from './hostile-logins';
import { useApp } from './support/test-app';
import {
  messageOf,
  nonceFrom,
  payloadFor,
  signedPayload,
  someAccount,
  type Payload,
} from './support/wallets';

describe('[A16] hostile sign-ins with a wallet', () => {
  const app = useApp();

  async function elsewhere(account = someAccount()): Promise<Elsewhere> {
    const { nonce: othersNonce } = await payloadFor(app, someAccount().address);
    return { account, othersNonce, now: app.clock.now() };
  }

  async function refused(
    body: object,
    { error, minutesLater = 0 }: { error: string | RegExp; minutesLater?: number },
  ) {
    app.clock.advance({ minutes: minutesLater });
    const counted = () => app.database.query('SELECT count(*)::int AS users FROM users');
    const before = await counted();
    const answer = await app.http.post('/auth/login').send(body);
    app.clock.advance({ minutes: -minutesLater });
    expect([answer.status, answer.body, answer.headers['set-cookie']]).toEqual([
      400,
      { error: typeof error === 'string' ? error : expect.stringMatching(error) },
      undefined,
    ]);
    expect(await counted()).toEqual(before);
  }

  const siwe = async (address: `0x${string}`) =>
    createSiweMessage({
      domain: 'localhost:3000',
      address,
      statement: 'Sign in.',
      uri: 'http://localhost:3000',
      version: '1',
      chainId: 1,
      nonce: await nonceFrom(app),
      issuedAt: app.clock.now(),
    });

  it('are at least sixty, and no two of one form are called alike', () => {
    for (const list of [hostilePayloads, hostileSignatures, hostileMessages]) {
      const names = list.map(({ name }) => name);
      expect(names).toEqual([...new Set(names)]);
    }
    expect(hostilePayloads.length + hostileSignatures.length + hostileMessages.length).toBeGreaterThan(60);
  });

  it('are what they are by what was done to them: untouched, each form signs in', async () => {
    const account = someAccount();
    await app.http
      .post('/auth/login')
      .send(await signedPayload(app, account))
      .expect(200);
    const message = await siwe(account.address);
    const signature = await account.signMessage({ message });
    await app.http.post('/auth/login').send({ message, signature }).expect(200);
  });

  it.each(hostilePayloads)('[B71] payload: $name', async ({ tamper, ...entry }) => {
    const known = await elsewhere();
    const payload = tamper(await payloadFor(app, known.account.address, { chainId: '1' }), known) as Payload;
    const text = messageOf({ ...payload, statement: payload.statement ?? '' });
    const signature = await known.account.signMessage({ message: text });
    await refused({ payload, signature }, entry);
  });

  it.each(hostileSignatures)('signature $name', async ({ sign, ...entry }) => {
    const known = await elsewhere();
    const payload = await payloadFor(app, known.account.address);
    await refused({ payload, signature: await sign(messageOf(payload), known) }, entry);
  });

  it.each(hostileMessages)('[B70][B73] message: $name', async ({ tamper, ...entry }) => {
    const known = await elsewhere();
    const message = tamper(await siwe(known.account.address), known);
    const signature = await known.account.signMessage({ message: String(message) });
    await refused({ message, signature }, entry);
  });

  it('the same signature under a fresh nonce', async () => {
    const account = someAccount();
    const { signature } = await signedPayload(app, account);
    const payload = await payloadFor(app, account.address);
    const error = `Signer address does not match payload address '${account.address.toLowerCase()}'`;
    await refused({ payload, signature }, { error });
    const message = await siwe(account.address);
    await refused({ message, signature }, { error });
  });

  it('the same text and signature once more', async () => {
    const account = someAccount();
    const message = await siwe(account.address);
    const signature = await account.signMessage({ message });
    await app.http.post('/auth/login').send({ message, signature }).expect(200);
    await refused({ message, signature }, { error: 'Login request nonce is invalid' });
  });

  it('a nonce of one chain in a message of another', async () => {
    const account = someAccount();
    const { nonce } = await payloadFor(app, account.address, { chainId: '10' });
    const message = (await siwe(account.address)).replace(/Nonce: \w+/, `Nonce: ${nonce}`);
    const signature = await account.signMessage({ message });
    const error = "Expected chain ID '10' does not match chain ID on payload '1'";
    await refused({ message, signature }, { error });
  });

  it.each([
    [{ payload: null }],
    [{ payload: [] }],
    [{ payload: 'x' }],
    [{ payload: {} }],
    [{ payload: { payload: {} } }],
    [{ payload: { payload: null, signature: '0x' } }],
    [{ payload: { payload: { payload: {} }, signature: '0x' } }],
    [{ message: null, signature: null }],
    [{ message: '', signature: [] }],
    [{ payload: { __proto__: { domain: 'x' } }, signature: '0x00' }],
  ])('a body of %j', async (body) => {
    const answer = await app.http.post('/auth/login').send(body);
    expect([answer.status, answer.body.error]).toEqual([
      400,
      expect.stringMatching(/^Invalid login payload/),
    ]);
  });
});
