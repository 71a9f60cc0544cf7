import dns from 'node:dns';
import { createServer } from 'node:net';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { createSiweMessage } from 'viem/siwe';
import { decodeJwt } from 'jose';
import { fetcher } from '../src/platform/outbound/public-network';
import { boundedFetch } from '../src/platform/outbound/bounded-fetch';
import { OffLoop } from '../src/platform/off-loop/off-loop';
import { LiveSessions } from '../src/sessions/live-sessions';
import { bearer, cookiesOf, register } from './support/builders';
import { useApp } from './support/test-app';
import {
  ACTIVE,
  jar,
  messageOf,
  nonceFrom,
  payloadFor,
  signedPayload,
  signInByWallet,
  someAccount,
  tokenCookie,
} from './support/wallets';

describe('a sign-in with a wallet, at its edges', () => {
  const app = useApp();

  it('what has no nonce of ours is not told to the audit', async () => {
    const account = someAccount();
    await signInByWallet(app, account);
    const tell = async (body: object) => {
      await app.http.post('/auth/login').send(body).expect(400);
      return app.database.query(`SELECT 1 FROM audit_events WHERE action = 'sign_in_failed'`);
    };
    const signed = await signedPayload(app, account);
    expect(await tell({ ...signed, payload: { ...signed.payload, nonce: 'a'.repeat(32) } })).toHaveLength(0);
  });

  it('[B73] a time that is none is refused, also in a payload of the client’s own', async () => {
    for (const field of ['issued_at', 'expiration_time', 'invalid_before'] as const) {
      const account = someAccount();
      const payload = {
        ...(await payloadFor(app, account.address)),
        nonce: await nonceFrom(app),
        [field]: 'never',
      };
      const signature = await account.signMessage({ message: messageOf(payload) });
      const answer = await app.http.post('/auth/login').send({ payload, signature });
      expect([answer.status, answer.body.error]).toEqual([
        400,
        expect.stringMatching(/^Login request has no readable /),
      ]);
    }
  });

  it.each([
    ['Issued At', 6, 400],
    ['Issued At', 4, 200],
    ['Issued At', -16, 400],
    ['Issued At', -14, 200],
  ])('[B73] %s %d minutes from now is %d', async (_n, minutes, status) => {
    const account = someAccount();
    const message = [
      'localhost:3000 wants you to sign in with your Ethereum account:',
      account.address,
      '',
      '',
      'URI: http://localhost:3000',
      'Version: 1',
      'Chain ID: 1',
      `Nonce: ${await nonceFrom(app)}`,
      `Issued At: ${new Date(app.clock.now().getTime() + minutes * 60_000).toISOString()}`,
    ].join('\n');
    const signature = await account.signMessage({ message });
    expect((await app.http.post('/auth/login').send({ message, signature })).status).toBe(status);
  });

  it('a fault of ours is not taken for a caller without a session', async () => {
    const session = await signInByWallet(app, someAccount());
    const sessions = app.nest.get(LiveSessions);
    const sent = [
      () => app.http.get('/auth/user').set(...jar(session)),
      () => app.http.post('/auth/logout').set(...jar(session)),
      () =>
        app.http
          .post('/auth/switch-account')
          .set(...jar(session))
          .send({ address: session.address }),
    ];
    for (const send of sent) {
      jest.spyOn(sessions, 'find').mockRejectedValueOnce(new Error('the database is away'));
      const answer = await send();
      expect([answer.status, cookiesOf(answer)]).toEqual([500, {}]);
    }
  });

  it('[B46] another site deletes no cookies by sending them twice', async () => {
    const session = await signInByWallet(app, someAccount());
    const [name, value] = jar(session);
    for (const twice of [`${value}; ${ACTIVE}=other`, `${value}; ${tokenCookie(session.address)}=other`]) {
      for (const sent of [app.http.post('/auth/logout'), app.http.get('/auth/user')]) {
        const answer = await sent.set(name, twice).set('Sec-Fetch-Site', 'cross-site').expect(200);
        expect(cookiesOf(answer)).toEqual({});
      }
    }
  });

  it('the account in use is kept for as long as its token is good', async () => {
    const session = await signInByWallet(app, someAccount());
    app.clock.advance({ hours: 2 });
    const answer = await app.http
      .post('/auth/switch-account')
      .set(...jar(session))
      .send({ address: session.address })
      .expect(200);
    const [, maxAge] = /Max-Age=(\d+)/.exec(cookiesOf(answer)[ACTIVE]?.attributes.join() ?? '') ?? [];
    expect(Math.abs(Number(maxAge) - 22 * 3_600)).toBeLessThan(30);
    app.clock.advance({ hours: -2 });
  });

  it('who signs in again takes the place of no other account', async () => {
    const account = someAccount();
    const has = [
      ...Array.from({ length: 9 }, () => tokenCookie(someAccount().address)),
      tokenCookie(account.address),
    ];
    const { cookies } = await signInByWallet(
      app,
      account,
      has.map((name) => `${name}=x`),
    );
    expect(Object.keys(cookies)).toEqual([tokenCookie(account.address), ACTIVE]);
  });

  it('a recovery bit may be written as 0 and 1, as some hardware does', async () => {
    const account = someAccount();
    for (let i = 0; i < 8; i++) {
      const { payload, signature } = await signedPayload(app, account);
      const body = { payload, signature: signature.slice(0, -2) + (signature.endsWith('1b') ? '00' : '01') };
      await app.http.post('/auth/login').send(body).expect(200);
    }
  });

  it('the account’s first wallet is the oldest', async () => {
    const person = await register(app);
    const accounts = [someAccount(), someAccount(), someAccount()];
    for (const account of accounts) {
      await app.http
        .post('/auth/wallets')
        .set(...bearer(person.token))
        .send(await signedPayload(app, account))
        .expect(201);
      app.clock.advance({ seconds: 1 });
    }
    const { body } = await app.http.get('/auth/user').set(...bearer(person.token));
    expect(body.address).toBe(accounts[0]?.address);
  });

  it('what is no wallet is not removed as one', async () => {
    const session = await signInByWallet(app, someAccount());
    const { sub } = decodeJwt(session.token);
    const [{ id }] = await app.database.query(
      `INSERT INTO identities (user_id, method, issuer, subject, created_at)
       VALUES ($1, 'google', 'https://accounts.google.com', '123', now()) RETURNING id`,
      [sub],
    );
    const answer = await app.http.delete(`/auth/wallets/${id}`).set(...bearer(session.token));
    expect([answer.status, answer.body]).toEqual([404, { error: 'Your account has no such identity' }]);
  });

  it('wallets that were removed don’t count for the hundred', async () => {
    const person = await register(app);
    await app.database.query(
      `INSERT INTO identities (user_id, method, issuer, subject, created_at, unlinked_at)
       SELECT $1, 'wallet', 'eip155', 'gone ' || n, now(), now() FROM generate_series(1, 100) n`,
      [person.id],
    );
    await app.http
      .post('/auth/wallets')
      .set(...bearer(person.token))
      .send(await signedPayload(app, someAccount()))
      .expect(201);
  });

  it('who sends a header means it: cookies beside it are not looked at', async () => {
    const session = await signInByWallet(app, someAccount());
    for (const value of ['Basic abc', 'Bearer', '']) {
      const answer = await app.http
        .get('/auth/user')
        .set(...jar(session))
        .set('Authorization', value);
      expect([value, answer.text]).toEqual([value, 'null']);
    }
  });

  it('a session that lay idle for a day is not listed', async () => {
    const account = someAccount();
    await signInByWallet(app, account);
    app.clock.advance({ hours: 24, minutes: 1 });
    const session = await signInByWallet(app, account);
    const { body } = await app.http
      .get(`/auth/${decodeJwt(session.token).sub}/sessions`)
      .set(...jar(session));
    expect(body.data).toHaveLength(1);
  });
});

describe('threads that fail', () => {
  const app = useApp();
  it.each([['a message of Ethereum'], ['a payload of Sui']])('refuse nobody: %s', async (name) => {
    const keys = new Ed25519Keypair();
    const account = someAccount();
    let body: object;
    if (name.includes('Sui')) {
      const payload = await payloadFor(app, keys.toSuiAddress());
      const { signature } = await keys.signPersonalMessage(
        new TextEncoder().encode(messageOf(payload, 'Sui')),
      );
      body = { payload, signature };
    } else {
      const message = createSiweMessage({
        domain: 'localhost:3000',
        address: account.address,
        uri: 'http://localhost:3000',
        version: '1',
        chainId: 1,
        nonce: await nonceFrom(app),
        issuedAt: app.clock.now(),
      });
      body = { message, signature: await account.signMessage({ message }) };
    }
    const offLoop = app.nest.get(OffLoop);
    const { pool } = offLoop as unknown as { pool: { run(): Promise<unknown> } };
    jest.spyOn(pool, 'run').mockRejectedValueOnce(new Error('the thread has ended'));
    expect((await app.http.post('/auth/login').send(body)).status).toBe(503);
  });
});

describe('settings of the wallet', () => {
  const own = useApp({
    environment: {
      WALLET_DOMAIN: 'app.example.com',
      WALLET_URI: 'https://app.example.com/sign-in',
      WALLET_STATEMENT: 'Welcome.',
    },
  });
  it('what people sign says who the settings say', async () => {
    const account = someAccount();
    const signed = await signedPayload(own, account);
    expect(signed.payload).toMatchObject({
      domain: 'app.example.com',
      uri: 'https://app.example.com/sign-in',
      statement: 'Welcome.',
    });
    await own.http.post('/auth/login').send(signed).expect(200);
    for (const [scheme, status] of [
      ['https', 200],
      ['http', 400],
    ] as const) {
      const message = createSiweMessage({
        scheme,
        domain: 'app.example.com',
        address: account.address,
        uri: 'https://app.example.com/sign-in',
        version: '1',
        chainId: 1,
        nonce: await nonceFrom(own),
        issuedAt: own.clock.now(),
      });
      const answer = await own.http
        .post('/auth/login')
        .send({ message, signature: await account.signMessage({ message }) });
      expect([scheme, answer.status]).toEqual([scheme, status]);
    }
  });
});

describe('an idle time that is shorter', () => {
  const own = useApp({ environment: { SESSION_IDLE_TTL: '1h' } });
  it('holds for wallets too', async () => {
    const session = await signInByWallet(own, someAccount());
    own.clock.advance({ hours: 1, minutes: 1 });
    expect((await own.http.get('/auth/user').set(...jar(session))).text).toBe('null');
  });
});

describe('a session that is shorter than a token', () => {
  const own = useApp({ environment: { REFRESH_TOKEN_TTL: '2h', WALLET_CONTRACT_SESSION_TTL: '30d' } });
  it('no cookie outlives its session', async () => {
    const session = await signInByWallet(own, someAccount());
    own.clock.advance({ hours: 1 });
    const cookies = cookiesOf(await own.http.get('/auth/user').set(...jar(session)));
    const [, maxAge] = /Max-Age=(\d+)/.exec(cookies[ACTIVE]?.attributes.join() ?? '') ?? [];
    expect(Number(maxAge)).toBeLessThanOrEqual(3_600);
  });
});

describe('[A20] a fetcher', () => {
  let port: number;
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.destroy();
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ({ port } = server.address() as { port: number });
  });
  afterAll(() => server.close());
  afterEach(() => jest.restoreAllMocks());

  it.each([
    ['a private address', ['127.0.0.1']],
    ['private and public ones', ['127.0.0.1', '93.184.216.34']],
    ['public and private ones', ['93.184.216.34', '127.0.0.1']],
  ])('does not connect to a name with %s, unless it may', async (_name, addresses) => {
    const found = addresses.map((address) => ({ address, family: 4 }));
    jest
      .spyOn(dns, 'lookup')
      .mockImplementation(((
        _host: string,
        options: { all?: boolean },
        done: (...found: unknown[]) => void,
      ) => (options.all ? done(null, found) : done(null, found[0]?.address, 4))) as never);
    for (const [allowed, expected] of [
      [false, 0],
      [true, 1],
    ] as const) {
      connections = 0;
      const bounded = fetcher(allowed);
      await expect(
        bounded.fetch(`http://node.example:${port}`, { signal: AbortSignal.timeout(3_000) }),
      ).rejects.toThrow();
      await bounded.close();
      if (!allowed || addresses.length === 1) expect([allowed, connections]).toEqual([allowed, expected]);
    }
  });

  it('an answer has as many bytes as are allowed, and not one more', async () => {
    const by = () => Promise.resolve(new Response('x'.repeat(101)));
    const bounds = { signal: AbortSignal.timeout(1_000), by: by as typeof fetch };
    await expect(boundedFetch('http://x', {}, { ...bounds, largest: 100 })).rejects.toThrow('more than 100');
    expect((await (await boundedFetch('http://x', {}, { ...bounds, largest: 101 })).text()).length).toBe(101);
  });
});

describe('limits of nonces', () => {
  const own = useApp({ environment: { LIMIT_WALLET_NONCES: '1', TRUST_PROXY: '1' } });
  it('keep no other address out', async () => {
    const ask = (ip: string) => own.http.get('/auth/nonce').set('X-Forwarded-For', ip);
    expect([
      (await ask('203.0.113.1')).status,
      (await ask('203.0.113.1')).status,
      (await ask('203.0.113.2')).status,
    ]).toEqual([200, 429, 200]);
  });
});

describe('a way in that the settings have left', () => {
  const own = useApp({
    environment: {
      WALLET_CHAIN_IDS: '1,10',
      WALLET_RPC_URLS: '{"1": "https://rpc.example.com", "137": "https://rpc.example.com"}',
    },
  });
  it.each([
    ['eip155', 200],
    ['eip155:1', 200],
    ['eip155:10', 403],
    ['eip155:137', 403],
    ['solana', 403],
  ])('of %s lets the last wallet go or not: %d', async (issuer, status) => {
    const session = await signInByWallet(own, someAccount());
    const { sub } = decodeJwt(session.token);
    await own.database.query(
      `INSERT INTO identities (user_id, method, issuer, subject, created_at) VALUES ($1, 'wallet', $2, $3, now())`,
      [sub, issuer, someAccount().address],
    );
    const { body } = await own.http.get('/auth/wallets').set(...bearer(session.token));
    const mine = body.wallets.find((one: { address: string }) => one.address === session.address);
    expect((await own.http.delete(`/auth/wallets/${mine.id}`).set(...bearer(session.token))).status).toBe(
      status,
    );
  });
});
