import { createHash } from 'node:crypto';
import { decodeJwt } from 'jose';
import { SiweMessage } from 'siwe';
import { createSiweMessage } from 'viem/siwe';
import { OffLoop } from '../src/platform/off-loop/off-loop';
import { bearer, cookie, cookiesOf, register, registerPin, someName, statusOf } from './support/builders';
import { until } from './support/mailbox';
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
  type SignedPayload,
} from './support/wallets';

const ORIGIN = 'http://localhost:3000';
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const app = useApp();

describe('POST /auth/payload', () => {
  it('answers with what the wallet is to sign, by the server’s time', async () => {
    const { address } = someAccount();
    const payload = await payloadFor(app, address.toLowerCase(), { chainId: '137' });
    const now = app.clock.now().getTime();
    expect(Object.keys(payload)).toEqual([
      'type',
      'domain',
      'address',
      'statement',
      'uri',
      'version',
      'chain_id',
      'nonce',
      'issued_at',
      'expiration_time',
      'invalid_before',
    ]);
    expect(payload).toMatchObject({
      type: 'evm',
      domain: 'localhost:3000',
      address,
      statement: 'Please ensure that the domain above matches the URL of the current website.',
      uri: ORIGIN,
      version: '1',
      chain_id: '137',
    });
    expect(payload.nonce).toMatch(/^[0-9A-Za-z]{16,}$/);
    const issuedAt = Date.parse(payload.issued_at);
    expect(Math.abs(now - issuedAt)).toBeLessThan(5_000);
    expect(Date.parse(payload.expiration_time) - issuedAt).toBe(10 * MINUTE);
    expect(issuedAt - Date.parse(payload.invalid_before)).toBe(10 * MINUTE);
  });

  it('takes a chain as a number too, and Ethereum’s own without one', async () => {
    const { address } = someAccount();
    expect((await payloadFor(app, address, { chainId: 10 })).chain_id).toBe('10');
    expect((await payloadFor(app, address)).chain_id).toBe('1');
  });

  it.each([
    [{}],
    [{ address: 5 }],
    [{ address: '' }],
    [{ address: 'alice.eth' }],
    [{ address: '0x12' }],
    [{ address: `0x${'g'.repeat(40)}` }],
    [{ address: `0x${'1'.repeat(40)}`, type: 'solana' }],
    [{ chainId: '1' }],
    [['0x']],
    [null],
  ])('%j is asked for an address', async (body) => {
    const answer = await app.http
      .post('/auth/payload')
      .set('Content-Type', 'application/json')
      .send(JSON.stringify(body));
    expect([answer.status, answer.body]).toEqual([400, { error: 'Please provide an address' }]);
  });

  it.each([['abc'], ['-1'], ['01'], ['1.5'], [''], ['9'.repeat(40)], [true], [{}], [1.5]])(
    'chain %j is refused, and named',
    async (chainId) => {
      const { address } = someAccount();
      const answer = await app.http.post('/auth/payload').send({ address, chainId }).expect(400);
      expect(answer.body.error).toMatch(/^chainId /);
    },
  );

  it('a type that is none is refused, and named', async () => {
    const answer = await app.http.post('/auth/payload').send({ address: someAccount().address, type: 'btc' });
    expect([answer.status, answer.body]).toEqual([400, { error: 'type must be one of evm, solana, sui' }]);
  });

  it('[B72] no two nonces are alike, and none is kept as it is', async () => {
    const nonces = await Promise.all(Array.from({ length: 20 }, () => nonceFrom(app)));
    expect(new Set(nonces).size).toBe(20);
    const [row] = await app.database.query('SELECT string_agg(t::text, $1) AS all FROM one_time_tokens t', [
      '\n',
    ]);
    for (const nonce of nonces) {
      for (const form of ['utf8', 'hex'] as const) {
        expect(row.all).not.toContain(Buffer.from(nonce, form).toString('hex'));
      }
      expect(row.all).not.toContain(nonce);
      const handle = createHash('sha256').update(nonce).digest('hex');
      expect(row.all).toContain(handle);
    }
  });
});

describe('signing in by a wallet', () => {
  it.each([
    ['as version 5 of thirdweb sends it', (signed: object) => signed],
    ['nested, as versions 3 and 4 send it', (signed: object) => ({ payload: signed })],
  ])('%s', async (_name, bodyOf) => {
    const account = someAccount();
    const answer = await app.http
      .post('/auth/login')
      .send(bodyOf(await signedPayload(app, account)))
      .expect(200);
    expect(Object.keys(answer.body)).toEqual(['token']);
    const cookies = cookiesOf(answer);
    expect(Object.keys(cookies)).toEqual([tokenCookie(account.address), ACTIVE]);
    expect(cookies[tokenCookie(account.address)]?.value).toBe(answer.body.token);
    expect(cookies[ACTIVE]?.value).toBe(account.address);
    for (const { attributes } of Object.values(cookies)) {
      expect(attributes).toEqual(
        expect.arrayContaining(['Path=/', 'HttpOnly', 'SameSite=Lax', `Max-Age=${DAY / 1_000}`]),
      );
      expect(attributes).not.toContain('Secure');
    }
    const { exp = 0, iat = 0 } = decodeJwt(answer.body.token);
    expect(exp - iat).toBe(DAY / 1_000);
  });

  it('a payload without a type is one of Ethereum', async () => {
    const { payload, signature } = await signedPayload(app, someAccount());
    delete payload.type;
    await app.http.post('/auth/login').send({ payload, signature }).expect(200);
  });

  it('the address may be in either case, also in what was signed', async () => {
    const account = someAccount();
    for (const address of [account.address.toLowerCase(), `0x${account.address.slice(2).toUpperCase()}`]) {
      const payload = { ...(await payloadFor(app, address)), address };
      const signature = await account.signMessage({ message: messageOf(payload) });
      const answer = await app.http.post('/auth/login').send({ payload, signature }).expect(200);
      expect(Object.keys(cookiesOf(answer))).toContain(tokenCookie(account.address));
    }
  });

  it('by the siwe package', async () => {
    const account = someAccount();
    const message = new SiweMessage({
      domain: 'localhost:3000',
      address: account.address,
      statement: 'Sign in, please.',
      uri: ORIGIN,
      version: '1',
      chainId: 1,
      nonce: await nonceFrom(app),
    }).prepareMessage();
    const signature = await account.signMessage({ message });
    const answer = await app.http.post('/auth/login').send({ message, signature }).expect(200);
    expect(await statusOf(app, answer.body.token)).toBe(200);
  });

  it('by viem, with a nonce of either route', async () => {
    const account = someAccount();
    for (const nonce of [await nonceFrom(app), (await payloadFor(app, account.address)).nonce]) {
      const message = createSiweMessage({
        domain: 'localhost:3000',
        address: account.address,
        uri: `${ORIGIN}/`,
        version: '1',
        chainId: 1,
        nonce,
        issuedAt: app.clock.now(),
        scheme: 'http',
        requestId: 'a-request',
        resources: ['https://example.com/terms'],
      });
      const signature = await account.signMessage({ message });
      await app.http.post('/auth/login').send({ message, signature }).expect(200);
    }
  });

  it('[B76] one wallet is one user, on every chain, and another wallet another', async () => {
    const account = someAccount();
    const idOf = async (chainId: string, who = account) => {
      const answer = await app.http.post('/auth/login').send(await signedPayload(app, who, { chainId }));
      return decodeJwt(answer.body.token).sub;
    };
    const id = await idOf('1');
    expect(await idOf('10')).toBe(id);
    expect(await idOf('1', someAccount())).not.toBe(id);
  });

  it.each([
    ['signature', (signed: SignedPayload) => ({ ...signed, signature: 'zz' })],
    [
      'payload',
      ({ payload, ...rest }: SignedPayload) => ({ ...rest, payload: { ...payload, issued_at: 5 } }),
    ],
  ])('[B72] a nonce is spent also by a %s that has not the form of one', async (_name, spoil) => {
    const signed = await signedPayload(app, someAccount());
    const first = await app.http.post('/auth/login').send(spoil(signed));
    expect([first.status, first.body]).toEqual([400, { error: 'Invalid login payload' }]);
    const second = await app.http.post('/auth/login').send(signed);
    expect([second.status, second.body]).toEqual([400, { error: 'Login request nonce is invalid' }]);
  });

  it('[B72] a nonce is good once, also when the first try failed', async () => {
    const account = someAccount();
    const signed = await signedPayload(app, account);
    await app.http.post('/auth/login').send(signed).expect(200);
    const again = await app.http.post('/auth/login').send(signed);
    expect([again.status, again.body]).toEqual([400, { error: 'Login request nonce is invalid' }]);
    const other = await signedPayload(app, account);
    const wrong = { ...other, signature: await someAccount().signMessage({ message: 'else' }) };
    await app.http.post('/auth/login').send(wrong).expect(400);
    const late = await app.http.post('/auth/login').send(other);
    expect([late.status, late.body]).toEqual([400, { error: 'Login request nonce is invalid' }]);
  });

  it('who asks for payloads of somebody else’s address does not keep its owner out', async () => {
    const account = someAccount();
    const signed = await signedPayload(app, account);
    await payloadFor(app, account.address);
    await app.http.post('/auth/login').send(signed).expect(200);
  });

  it('what is refused is told to the audit, what has no nonce of ours is not', async () => {
    const account = someAccount();
    const { token } = await signInByWallet(app, account);
    const id = decodeJwt(token).sub;
    const tell = async (signed: object) => {
      await app.http.post('/auth/login').send(signed).expect(400);
      return app.database.query(
        `SELECT user_id, details FROM audit_events WHERE action = 'sign_in_failed' AND details->>'method' = 'wallet'`,
      );
    };
    const signed = await signedPayload(app, account);
    const signature = await someAccount().signMessage({ message: 'else' });
    const before = await tell({ ...signed, payload: { ...signed.payload, nonce: 'a'.repeat(32) } });
    expect(await tell({ ...signed, signature })).toEqual([
      ...before,
      { user_id: id, details: { method: 'wallet', reason: 'signature' } },
    ]);
  });

  it('what waits in vain for its turn spends no nonce, and a thread that fails refuses nobody', async () => {
    const offLoop = app.nest.get(OffLoop);
    const signed = await signedPayload(app, someAccount());
    const sent = () => app.http.post('/auth/login').send(signed);
    const { queue, pool } = offLoop as unknown as {
      queue: { length(): number };
      pool: { run(): Promise<unknown> };
    };
    jest.spyOn(queue, 'length').mockReturnValueOnce(1_000_000);
    const busy = await sent();
    expect([busy.status, busy.body, busy.headers['retry-after']]).toEqual([
      503,
      { error: expect.stringContaining('busy') },
      '2',
    ]);
    await sent().expect(200);
    const other = await signedPayload(app, someAccount());
    jest.spyOn(pool, 'run').mockRejectedValueOnce(new Error('the thread has ended'));
    await app.http.post('/auth/login').send(other).expect(503);
  });

  it('health names the wallet among the ways to sign in', async () => {
    const { body } = await app.http.get('/auth/health').expect(200);
    expect(body.providers).toEqual(['local', 'magic-link', 'pin', 'wallet', 'crossmint']);
  });
});

describe('GET /auth/user', () => {
  it('says who it is, by header or by cookies', async () => {
    const session = await signInByWallet(app, someAccount());
    const id = decodeJwt(session.token).sub;
    const expected = {
      address: session.address,
      session: { id: decodeJwt(session.token)['sid'], method: 'wallet' },
      data: { id, email: null, name: null },
    };
    for (const shown of [bearer(session.token), jar(session)]) {
      const { body } = await app.http
        .get('/auth/user')
        .set(...shown)
        .expect(200);
      expect(body).toMatchObject(expected);
      expect(Object.keys(body.session)).toEqual(['id', 'method', 'createdAt', 'expiresAt']);
    }
  });

  it.each([
    ['without a token', {}],
    ['with one that is none', { Authorization: 'Bearer nonsense' }],
    ['with a scheme that is none', { Authorization: 'Basic abc' }],
    ['with a cookie that is none', { Cookie: `${ACTIVE}=0xabc; ${tokenCookie('0xabc')}=nonsense` }],
    ['with the account in use alone', { Cookie: `${ACTIVE}=0xabc` }],
  ])('is null %s', async (_name, headers) => {
    const answer = await app.http.get('/auth/user').set(headers).expect(200);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(answer.text).toBe('null');
  });

  it('without the account in use no other is taken for it', async () => {
    const session = await signInByWallet(app, someAccount());
    const shown = cookie({ [tokenCookie(session.address)]: session.token });
    expect((await app.http.get('/auth/user').set(...shown)).text).toBe('null');
  });

  it('[B45] two cookies of one name are nobody’s, and are deleted', async () => {
    const session = await signInByWallet(app, someAccount());
    const [name, value] = jar(session);
    const twice = `${value}; ${tokenCookie(session.address)}=other`;
    const answer = await app.http.get('/auth/user').set(name, twice).expect(200);
    expect(answer.text).toBe('null');
    expect(cookiesOf(answer)[tokenCookie(session.address)]?.value).toBe('');
    expect((await app.http.get('/auth/me').set(name, twice)).status).toBe(401);
  });

  it('renews the cookies once they are five seconds old, and the old token stays good', async () => {
    const session = await signInByWallet(app, someAccount());
    const user = () => app.http.get('/auth/user').set(...jar(session));
    expect(cookiesOf(await user())).toEqual({});
    app.clock.advance({ seconds: 7 });
    const renewed = cookiesOf(await user());
    expect(Object.keys(renewed)).toEqual([tokenCookie(session.address), ACTIVE]);
    const token = renewed[tokenCookie(session.address)]?.value ?? '';
    expect(decodeJwt(token)).toMatchObject({ sid: decodeJwt(session.token)['sid'] });
    expect((decodeJwt(token).exp ?? 0) - (decodeJwt(session.token).exp ?? 0)).toBeGreaterThanOrEqual(6);
    expect([await statusOf(app, token), await statusOf(app, session.token)]).toEqual([200, 200]);
  });

  it('other methods have the account’s first wallet, or none, and no cookies are set for them', async () => {
    const person = await register(app);
    const user = () => app.http.get('/auth/user').set(...bearer(person.token));
    expect((await user()).body).toMatchObject({ address: null, data: { email: person.email } });
    const account = someAccount();
    await app.http
      .post('/auth/wallets')
      .set(...bearer(person.token))
      .send(await signedPayload(app, account))
      .expect(201);
    app.clock.advance({ seconds: 7 });
    const answer = await user();
    expect(answer.body.address).toBe(account.address);
    expect(cookiesOf(answer)).toEqual({});
  });

  it('beside the cookies of a PIN the wallet’s are meant, elsewhere the PIN’s', async () => {
    const session = await signInByWallet(app, someAccount());
    const pin = await registerPin(app);
    const both: [string, string] = ['Cookie', `${jar(session)[1]}; accessToken=${pin.accessToken}`];
    expect((await app.http.get('/auth/user').set(...both)).body.address).toBe(session.address);
    expect((await app.http.get('/auth/me').set(...both)).body.user._id).toBe(pin.id);
    const alone = await app.http.get('/auth/user').set(...cookie({ accessToken: pin.accessToken }));
    expect(alone.body).toMatchObject({ address: null, data: { id: pin.id } });
  });
});

describe('several accounts in one browser', () => {
  it('each keeps its session, and the one in use is chosen', async () => {
    const first = await signInByWallet(app, someAccount());
    const second = await signInByWallet(app, someAccount(), [jar(first)[1]]);
    expect(second.cookies[ACTIVE]?.value).toBe(second.address);
    expect(second.cookies).not.toHaveProperty(tokenCookie(first.address));
    const me = async (active: typeof first, other: typeof first) =>
      (await app.http.get('/auth/me').set(...jar(active, other))).body.user._id as string;
    expect(await me(first, second)).toBe(decodeJwt(first.token).sub);
    expect(await me(second, first)).toBe(decodeJwt(second.token).sub);
  });

  it('POST /auth/switch-account makes another the one in use, in any case, and sets nothing else', async () => {
    const first = await signInByWallet(app, someAccount());
    const second = await signInByWallet(app, someAccount(), [jar(first)[1]]);
    const answer = await app.http
      .post('/auth/switch-account')
      .set(...jar(second, first))
      .send({ address: first.address.toLowerCase() })
      .expect(200);
    expect(answer.text).toBe('');
    const cookies = cookiesOf(answer);
    expect(Object.keys(cookies)).toEqual([ACTIVE]);
    expect(cookies[ACTIVE]?.value).toBe(first.address);
    const [, maxAge] = /Max-Age=(\d+)/.exec(cookies[ACTIVE]?.attributes.join() ?? '') ?? [];
    expect(Number(maxAge)).toBeGreaterThan(DAY / 1_000 - 30);
  });

  it('[A12] an address without a good cookie of its own is refused', async () => {
    const first = await signInByWallet(app, someAccount());
    const gone = await signInByWallet(app, someAccount());
    await app.http
      .post('/auth/logout')
      .set(...jar(gone))
      .expect(200);
    const stranger = someAccount().address;
    const refused = async (address: string, ...[name, value]: [string, string]) => {
      const answer = await app.http.post('/auth/switch-account').set(name, value).send({ address });
      expect([answer.status, Object.keys(answer.body), cookiesOf(answer)]).toEqual([400, ['error'], {}]);
    };
    await refused(stranger, ...jar(first));
    await refused(gone.address, ...jar(first, gone));
    await refused(first.address, ...bearer(first.token));
    // A cookie may be called anything: the token in it is another account's.
    await refused(stranger, 'Cookie', `${tokenCookie(stranger)}=${first.token}; ${ACTIVE}=${first.address}`);
  });

  it.each([[{}], [{ address: 7 }], [{ address: 'x; Path=/evil' }], [{ address: '' }]])(
    '%j is asked for an address',
    async (body) => {
      const answer = await app.http.post('/auth/switch-account').send(body);
      expect([answer.status, answer.body]).toEqual([400, { error: 'Please provide an address' }]);
    },
  );

  it('logging out ends the account in use alone', async () => {
    const first = await signInByWallet(app, someAccount());
    const second = await signInByWallet(app, someAccount(), [jar(first)[1]]);
    const answer = await app.http
      .post('/auth/logout')
      .set(...jar(second, first))
      .expect(200);
    expect(answer.body).toEqual({ message: 'Successfully logged out' });
    const cookies = cookiesOf(answer);
    expect(Object.keys(cookies)).toEqual([tokenCookie(second.address)]);
    expect(cookies[tokenCookie(second.address)]?.value).toBe('');
    expect([await statusOf(app, second.token), await statusOf(app, first.token)]).toEqual([401, 200]);
  });

  it.each([
    ['a token that is none', `${ACTIVE}=0xabc; ${tokenCookie('0xabc')}=nonsense`],
    ['the account in use alone', `${ACTIVE}=0xabc`],
    ['an account that is not in use', `${tokenCookie('0xabc')}=nonsense`],
    ['the cookie of older clients', 'thirdweb_auth_token=nonsense'],
    ['an account in use that is none', `${ACTIVE}="; HttpOnly; Domain=evil"`],
  ])('logging out answers 200 also with %s', async (_name, value) => {
    const answer = await app.http.post('/auth/logout').set('Cookie', value).expect(200);
    expect(answer.body).toEqual({ message: 'Successfully logged out' });
  });

  it('beside the cookies of a PIN, logging out means the PIN', async () => {
    const session = await signInByWallet(app, someAccount());
    const pin = await registerPin(app);
    const [, wallet] = jar(session);
    await app.http.post('/auth/logout').set('Cookie', `${wallet}; refreshToken=x`).expect(401);
    const both = `${wallet}; accessToken=${pin.accessToken}`;
    const answer = await app.http.post('/auth/logout').set('Cookie', both).expect(200);
    expect(answer.body).toEqual({ message: 'Logout successful' });
    expect([await statusOf(app, pin.accessToken), await statusOf(app, session.token)]).toEqual([401, 200]);
  });

  it('[A18] an account in use that is no address is nobody’s, also where it comes twice', async () => {
    for (const name of ['a b', 'é', '"', 'x='.repeat(9)]) {
      const value = `${ACTIVE}=${name}; ${tokenCookie(name)}=1; ${tokenCookie(name)}=2`;
      const sent = (path: string) => app.http.get(path).set('Cookie', Buffer.from(value).toString('latin1'));
      expect([(await sent('/auth/me')).status, (await sent('/auth/user')).text]).toEqual([401, 'null']);
      const answer = await app.http.post('/auth/logout').set('Cookie', value);
      expect([answer.status, answer.body]).toEqual([200, { message: 'Successfully logged out' }]);
    }
  });

  it('cookies that come twice: logging out answers 200, switching is refused, and they are deleted', async () => {
    const session = await signInByWallet(app, someAccount());
    const [name, value] = jar(session);
    const out = await app.http.post('/auth/logout').set(name, `${value}; ${ACTIVE}=other`).expect(200);
    expect(cookiesOf(out)[ACTIVE]?.value).toBe('');
    const twice = `${value}; ${tokenCookie(session.address)}=other`;
    const answer = await app.http
      .post('/auth/switch-account')
      .set(name, twice)
      .send({ address: session.address });
    expect([answer.status, Object.keys(answer.body)]).toEqual([400, ['error']]);
    expect(cookiesOf(answer)[tokenCookie(session.address)]?.value).toBe('');
    expect(await statusOf(app, session.token)).toBe(200);
  });

  it('a browser keeps ten accounts: the one that it had for longest goes', async () => {
    const has = Array.from({ length: 10 }, () => `${tokenCookie(someAccount().address)}=x`);
    const { cookies } = await signInByWallet(app, someAccount(), has);
    expect(Object.keys(cookies)).toHaveLength(3);
    expect(cookies[has[0]?.split('=')[0] ?? '']?.value).toBe('');
    const again = await signInByWallet(app, someAccount(), has.slice(1));
    expect(Object.keys(again.cookies)).toHaveLength(2);
  });
});

describe('[B46] requests that another site makes a browser send', () => {
  const foreign = [
    { Origin: 'https://evil.example' },
    { Origin: 'null' },
    { 'Sec-Fetch-Site': 'cross-site' },
    { 'Sec-Fetch-Site': 'cross-site', Origin: ORIGIN },
  ];

  it.each(foreign)('%j: logging out answers 200 and ends nothing', async (headers) => {
    const session = await signInByWallet(app, someAccount());
    const answer = await app.http
      .post('/auth/logout')
      .set(...jar(session))
      .set(headers)
      .expect(200);
    expect([answer.body, cookiesOf(answer)]).toEqual([{ message: 'Successfully logged out' }, {}]);
    expect(await statusOf(app, session.token)).toBe(200);
  });

  it.each(foreign)('%j: cookies are not renewed', async (headers) => {
    const session = await signInByWallet(app, someAccount());
    app.clock.advance({ seconds: 7 });
    const answer = await app.http
      .get('/auth/user')
      .set(...jar(session))
      .set(headers);
    expect([answer.body.address, cookiesOf(answer)]).toEqual([session.address, {}]);
  });

  it.each([
    [{ 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'image' }, 403],
    [{ 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'cors', Origin: 'https://evil.example' }, 403],
    [{ Origin: 'null' }, 403],
    [{ 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'cors', Origin: ORIGIN }, 200],
    [{ 'Sec-Fetch-Site': 'same-origin' }, 200],
    [{}, 200],
  ])('%j: a nonce is %i, so that no page uses up its visitors’', async (headers, status) => {
    const answer = await app.http.get('/auth/nonce').set(headers);
    expect([answer.status, Object.keys(answer.body)]).toEqual([status, [status === 200 ? 'nonce' : 'error']]);
  });

  it('[A12] once a PIN’s minute is over, nothing is done as the wallet beside it', async () => {
    const session = await signInByWallet(app, someAccount());
    const pin = await registerPin(app);
    const left: [string, string] = ['Cookie', `${jar(session)[1]}; refreshToken=${pin.refreshToken}`];
    const body = { name: someName(), pin: '4321' };
    const set = await app.http
      .post('/auth/pin')
      .set(...left)
      .send(body);
    expect(set.status).toBe(401);
    expect((await app.http.get('/auth/me').set(...left)).status).toBe(401);
    expect((await app.http.get('/auth/user').set(...left)).body.address).toBe(session.address);
  });

  it.each(foreign)('%j: switching and changing wallets is refused', async (headers) => {
    const session = await signInByWallet(app, someAccount());
    const shown = jar(session);
    const { address } = session;
    const answers = [
      await app.http
        .post('/auth/switch-account')
        .set(...shown)
        .set(headers)
        .send({ address }),
      await app.http
        .post('/auth/wallets')
        .set(...shown)
        .set(headers)
        .send(await signedPayload(app, someAccount())),
      await app.http
        .delete('/auth/wallets/7c9e6679-7425-40de-944b-e07fc1f90ae7')
        .set(...shown)
        .set(headers),
    ];
    for (const { status, body } of answers)
      expect([status, body]).toEqual([403, { error: expect.stringContaining('another site') }]);
  });
});

describe('a wallet’s session is one like any other', () => {
  it('[A13][B33] its cookie opens the routes of other contracts, and deleting the session refuses it at once', async () => {
    const session = await signInByWallet(app, someAccount());
    const { body: me } = await app.http
      .get('/auth/me')
      .set(...jar(session))
      .expect(200);
    expect(me.user).toMatchObject({ email: null, name: null });
    const id = me.user._id as string;
    const list = await app.http
      .get(`/auth/${id}/sessions`)
      .set(...jar(session))
      .expect(200);
    expect(list.body.data).toEqual([
      expect.objectContaining({ method: 'wallet', current: true, sessionType: 'user-session' }),
    ]);
    await app.http
      .delete(`/auth/${list.body.data[0].id}/sessions`)
      .set(...jar(session))
      .expect(200);
    expect((await app.http.get('/auth/me').set(...jar(session))).status).toBe(401);
    expect((await app.http.get('/auth/user').set(...jar(session))).text).toBe('null');
  });

  it('[B34] a disabled account is not signed in to', async () => {
    const account = someAccount();
    const { token } = await signInByWallet(app, account);
    await app.database.query('UPDATE users SET disabled_at = now() WHERE id = $1', [decodeJwt(token).sub]);
    const answer = await app.http.post('/auth/login').send(await signedPayload(app, account));
    expect([answer.status, answer.body]).toEqual([401, { error: 'This account can’t be signed in to' }]);
    expect(await statusOf(app, token)).toBe(401);
  });
});

// Passport knows the application that was started last: these come last.
describe('as time goes by', () => {
  const own = useApp();

  it('[B32] whoever comes every day stays signed in until the absolute end, and who does not is out after 24 hours', async () => {
    const account = someAccount();
    let session = await signInByWallet(own, account);
    for (let day = 0; day < 29; day++) {
      own.clock.advance({ hours: 23 });
      const answer = await own.http.get('/auth/user').set(...jar(session));
      expect(answer.body?.address).toBe(account.address);
      session = { ...session, token: cookiesOf(answer)[tokenCookie(account.address)]?.value ?? '' };
      // Last seen is written while the answer is on its way.
      await until(async () => {
        const [row] = await own.database.query('SELECT max(last_seen_at) AS seen FROM sessions');
        return (row.seen as Date).getTime() > own.clock.now().getTime() - MINUTE || undefined;
      });
    }
    own.clock.advance({ days: 3 });
    expect((await own.http.get('/auth/user').set(...jar(session))).text).toBe('null');
    const idle = await signInByWallet(own, account);
    own.clock.advance({ hours: 24, minutes: 1 });
    expect((await own.http.get('/auth/user').set(...jar(idle))).text).toBe('null');
  });
});

describe('over https', () => {
  const own = useApp({ environment: { PUBLIC_URL: 'https://auth.example.com' } });

  it('over https the cookies go along to pages of other sites, and are secure', async () => {
    const session = await signInByWallet(own, someAccount());
    const answer = await own.http.post('/auth/logout').set(...jar(session));
    for (const { attributes } of Object.values({ ...session.cookies, ...cookiesOf(answer) })) {
      expect(attributes).toEqual(expect.arrayContaining(['Secure', 'SameSite=None', 'HttpOnly', 'Path=/']));
    }
  });
});
