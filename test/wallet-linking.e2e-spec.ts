import { decodeJwt } from 'jose';
import { bearer, cookie, register, registerPin, statusOf, verifyEmail } from './support/builders';
import { linkIn, useMailbox } from './support/mailbox';
import { useApp } from './support/test-app';
import { jar, signedPayload, signInByWallet, someAccount } from './support/wallets';

const environment: Record<string, string> = {};
const mailbox = useMailbox(environment);

describe('[C18] the wallets of an account', () => {
  const app = useApp({ environment });
  type Account = ReturnType<typeof someAccount>;
  const add = async (token: string, account: Account, more: object = {}) =>
    app.http
      .post('/auth/wallets')
      .set(...bearer(token))
      .send({ ...(await signedPayload(app, account)), ...more });
  const list = async (token: string) =>
    (
      await app.http
        .get('/auth/wallets')
        .set(...bearer(token))
        .expect(200)
    ).body.wallets as { id: string; type: string; address: string; chainId: string | null }[];
  const remove = (token: string, id: string) => app.http.delete(`/auth/wallets/${id}`).set(...bearer(token));
  const idOf = (token: string) => decodeJwt(token).sub;

  it('one that is added is a way in to the account', async () => {
    const person = await register(app, { name: 'Ada' });
    const account = someAccount();
    const answer = await add(person.token, account);
    expect([answer.status, answer.body]).toEqual([
      201,
      {
        wallet: {
          id: expect.any(String),
          type: 'evm',
          address: account.address,
          chainId: null,
          createdAt: expect.any(String),
        },
      },
    ]);
    expect(await list(person.token)).toEqual([answer.body.wallet]);
    const { token } = await signInByWallet(app, account);
    expect(idOf(token)).toBe(person.id);
    const { body } = await app.http.get('/auth/user').set(...bearer(token));
    expect(body).toMatchObject({ address: account.address, data: { email: person.email, name: 'Ada' } });
  });

  it('it takes the three bodies of a sign-in, and is spent as there', async () => {
    const { token } = await register(app);
    const account = someAccount();
    const signed = await signedPayload(app, account);
    const send = (body: object) =>
      app.http
        .post('/auth/wallets')
        .set(...bearer(token))
        .send(body);
    await send({ payload: signed }).expect(201);
    for (const again of [await send(signed), await app.http.post('/auth/login').send(signed)]) {
      expect([again.status, again.body]).toEqual([400, { error: 'Login request nonce is invalid' }]);
    }
    expect((await send({})).body).toEqual({ error: 'Invalid login payload' });
  });

  it('one that it has already stays as it is', async () => {
    const { token } = await register(app);
    const account = someAccount();
    const first = await add(token, account);
    const again = await add(token, account);
    expect([again.status, again.body]).toEqual([201, first.body]);
    expect(await list(token)).toHaveLength(1);
  });

  it('one that belongs to another is refused, and stays theirs', async () => {
    const account = someAccount();
    const owner = await signInByWallet(app, account);
    const { token } = await register(app);
    const answer = await add(token, account);
    expect([answer.status, answer.body]).toEqual([409, { error: 'This wallet belongs to another account' }]);
    expect(await list(token)).toEqual([]);
    expect(idOf((await signInByWallet(app, account)).token)).toBe(idOf(owner.token));
  });

  it('of many who add one wallet at once, one has it', async () => {
    const account = someAccount();
    const people = await Promise.all(Array.from({ length: 10 }, () => register(app)));
    const answers = await Promise.all(people.map(({ token }) => add(token, account)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(9).fill(409)]);
  });

  it('of many first sign-ins of one wallet at once, all are one user', async () => {
    const account = someAccount();
    const sessions = await Promise.all(Array.from({ length: 20 }, () => signInByWallet(app, account)));
    expect(new Set(sessions.map(({ token }) => idOf(token))).size).toBe(1);
  });

  it('[B38] adding and removing ask for a sign-in of the last ten minutes, and spend no nonce', async () => {
    const { token } = await register(app);
    const account = someAccount();
    const { body } = await add(token, someAccount());
    app.clock.advance({ minutes: 11 });
    const signed = await signedPayload(app, account);
    const answer = await app.http
      .post('/auth/wallets')
      .set(...bearer(token))
      .send(signed);
    expect([answer.status, answer.body.error]).toEqual([403, expect.stringContaining('Sign in again')]);
    expect((await remove(token, body.wallet.id)).status).toBe(403);
    await app.http.post('/auth/login').send(signed).expect(200);
  });

  it('who has a wallet alone adds another, and may then remove the first', async () => {
    const [first, second] = [someAccount(), someAccount()];
    const session = await signInByWallet(app, first);
    const [own] = await list(session.token);
    const last = await remove(session.token, own?.id ?? '');
    expect([last.status, last.body.error]).toEqual([403, expect.stringContaining('only way to sign in')]);
    await add(session.token, second);
    const other = await signInByWallet(app, second);
    const removed = await remove(session.token, own?.id ?? '');
    expect([removed.status, removed.body]).toEqual([200, { message: 'Wallet removed' }]);
    expect([await statusOf(app, session.token), await statusOf(app, other.token)]).toEqual([200, 401]);
    expect((await list(session.token)).map(({ address }) => address)).toEqual([second.address]);
    // Its own wallet is gone: the account's first stands in.
    const { body } = await app.http.get('/auth/user').set(...bearer(session.token));
    expect(body.address).toBe(second.address);
    expect(idOf((await signInByWallet(app, first)).token)).not.toBe(idOf(session.token));
  });

  it('of two that are removed at once one stays', async () => {
    const session = await signInByWallet(app, someAccount());
    await add(session.token, someAccount());
    const wallets = await list(session.token);
    const answers = await Promise.all(wallets.map(({ id }) => remove(session.token, id)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 403]);
  });

  it('tells nobody of another’s, and removes nothing that is no wallet', async () => {
    const [mine, theirs] = [
      await signInByWallet(app, someAccount()),
      await signInByWallet(app, someAccount()),
    ];
    await add(mine.token, someAccount());
    const [other] = await list(theirs.token);
    for (const id of [other?.id ?? '', '7c9e6679-7425-40de-944b-e07fc1f90ae7']) {
      const answer = await remove(mine.token, id);
      expect([answer.status, answer.body]).toEqual([404, { error: 'Your account has no such identity' }]);
    }
    const malformed = await remove(mine.token, 'x');
    expect([malformed.status, malformed.body]).toEqual([400, { error: 'id must be a UUID' }]);
    expect(await list(theirs.token)).toHaveLength(1);
  });

  it('a hundred and no more', async () => {
    const person = await register(app);
    await app.database.query(
      `INSERT INTO identities (user_id, method, issuer, subject, created_at)
       SELECT $1, 'wallet', 'eip155', 'made up ' || n, now() FROM generate_series(1, 99) n`,
      [person.id],
    );
    expect((await add(person.token, someAccount())).status).toBe(201);
    const answer = await add(person.token, someAccount());
    expect([answer.status, answer.body.error]).toEqual([403, expect.stringContaining('100 identities')]);
    expect(await list(person.token)).toHaveLength(100);
  });

  it('by cookies too: of the wallet, or of a PIN', async () => {
    const session = await signInByWallet(app, someAccount());
    const pin = await registerPin(app);
    for (const [shown, before] of [
      [jar(session), 1],
      [cookie({ accessToken: pin.accessToken }), 0],
    ] as const) {
      await app.http
        .post('/auth/wallets')
        .set(...shown)
        .send(await signedPayload(app, someAccount()))
        .expect(201);
      const { body } = await app.http.get('/auth/wallets').set(...shown);
      expect(body.wallets).toHaveLength(before + 1);
    }
  });

  it('[B24] the owner is told by mail of each that is added or removed, with its address', async () => {
    const person = await register(app);
    await verifyEmail(app, person.id);
    const account = someAccount();
    const { body } = await add(person.token, account);
    const added = await mailbox.next(person.email, /^Ethereum was linked/);
    expect(added.text).toContain(account.address);
    await remove(person.token, body.wallet.id).expect(200);
    const removed = await mailbox.next(person.email, /^Ethereum was unlinked/);
    expect(removed.text).toContain(account.address);
    const events = await app.database.query(
      `SELECT details FROM audit_events WHERE user_id = $1 AND action = 'credential_changed' ORDER BY id`,
      [person.id],
    );
    expect(events.map(({ details }: { details: object }) => details)).toEqual([
      { credential: 'wallet', issuer: 'eip155', change: 'added', told: true },
      { credential: 'wallet', issuer: 'eip155', change: 'removed', told: true },
    ]);
  });

  it('[B38] a reset by mail removes them: somebody who knew the password may have added one', async () => {
    const person = await register(app);
    await verifyEmail(app, person.id);
    const account = someAccount();
    await add(person.token, account);
    const before = await signedPayload(app, account);
    await app.http.post('/auth/forgot-password').send({ email: person.email }).expect(200);
    const url = linkIn(await mailbox.next(person.email, /reset/i));
    const body = { token: url.searchParams.get('token'), password: 'of-the-owner-alone' };
    await app.http.post('/auth/reset-password').send(body).expect(200);
    const { body: session } = await app.http.post('/auth/login').send(before).expect(200);
    expect(idOf(session.token)).not.toBe(person.id);
  });

  it('a session says by which wallet it was opened, and each of several is revoked alone', async () => {
    const person = await register(app);
    const accounts = [someAccount(), someAccount()];
    for (const account of accounts) await add(person.token, account);
    const sessions = await Promise.all(accounts.map((account) => signInByWallet(app, account)));
    for (const session of sessions) {
      const { body } = await app.http
        .get('/auth/user')
        .set(...jar(session, ...sessions.filter((one) => one !== session)));
      expect(body).toMatchObject({ address: session.address, data: { id: person.id } });
    }
    const [first, second] = sessions;
    if (!first || !second) throw new Error();
    await app.http
      .post('/auth/logout')
      .set(...jar(first, second))
      .expect(200);
    expect([await statusOf(app, first.token), await statusOf(app, second.token)]).toEqual([401, 200]);
  });
});

describe('where registration is closed', () => {
  const closed = useApp({ environment: { REGISTRATION: 'closed' } });

  it('a wallet that is nobody’s signs in to nothing', async () => {
    const answer = await closed.http.post('/auth/login').send(await signedPayload(closed, someAccount()));
    expect([answer.status, answer.body]).toEqual([403, { error: 'Registration is closed on this server' }]);
  });
});

describe('limits', () => {
  const limited = useApp({ environment: { LIMIT_WALLET_NONCES: '3', LIMIT_REGISTRATIONS: '2' } });

  it('one address gets so many nonces within the window, by both routes together', async () => {
    const accounts = [someAccount(), someAccount(), someAccount()];
    const signed = await Promise.all(accounts.map((account) => signedPayload(limited, account)));
    for (const path of ['payload', 'nonce']) {
      const sent =
        path === 'nonce'
          ? limited.http.get('/auth/nonce')
          : limited.http.post('/auth/payload').send({ address: someAccount().address });
      const { status, body, headers } = await sent;
      expect([status, body]).toEqual([429, { error: expect.stringContaining('Too many') }]);
      expect(Number(headers['retry-after'])).toBeGreaterThan(500);
    }
    const answers = [];
    for (const body of signed) answers.push((await limited.http.post('/auth/login').send(body)).status);
    expect(answers).toEqual([200, 200, 429]);
  });
});
