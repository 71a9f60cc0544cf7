import { SecretHasher } from '../src/platform/hashing/secret-hasher';
import { GuessLocks } from '../src/platform/rate-limit/guess-locks';
import { SecretAttempts } from '../src/auth/secret-attempts';
import { addressKey } from '../src/platform/rate-limit/address-key';
import { LimitSweep } from '../src/platform/rate-limit/limit-sweep';
import { lockLengths } from '../src/platform/rate-limit/rate-limit.settings';
import {
  bearer,
  cookie,
  givePin,
  GOOD_PASSWORD,
  register,
  registerPin,
  someEmail,
  someName,
  statusOf,
  verifyEmail,
} from './support/builders';
import { useApp } from './support/test-app';

const WRONG = 'not-the-password';

describe('limits on guessing', () => {
  const app = useApp();
  const login = (email: string, password: string) => app.http.post('/auth/login').send({ email, password });
  const pinLogin = (name: string, pin: string) => app.http.post('/auth/login').send({ name, pin });
  const guess = async (times: number, once: () => PromiseLike<{ status: number }>): Promise<void> => {
    for (let turn = 0; turn < times; turn++) expect((await once()).status).toBe(401);
  };

  describe('a password', () => {
    it('[A2] [A3] [B14] wrong ones count together on every path, and the lock holds on each in its own form', async () => {
      const { id, email, token } = await register(app);
      await verifyEmail(app, id);
      const next = 'another-good-password';
      const paths = (password: string) => ({
        login: () => login(email.toUpperCase(), password),
        signin: () => app.http.post('/auth/signin').send({ email, password }),
        v1: () => app.http.post('/v1/auth/signin').send({ email, password }),
        reset: () =>
          app.http.post('/auth/reset-password').send({ email, oldPassword: password, newPassword: next }),
        change: () =>
          app.http
            .post('/auth/change-password')
            .set(...bearer(token))
            .send({ currentPassword: password, newPassword: next }),
        pin: () =>
          app.http
            .post('/auth/pin')
            .set(...bearer(token))
            .send({ name: someName(), pin: '1234', currentPassword: password }),
      });
      for (const once of Object.values(paths(WRONG))) await guess(1, once);
      await guess(4, paths(WRONG).login);
      for (const password of [WRONG, GOOD_PASSWORD]) {
        const each = paths(password);
        for (const once of Object.values(each)) {
          const answer = await once();
          expect([answer.status, answer.headers['retry-after']]).toEqual([429, '60']);
        }
        expect((await each.login()).body).toEqual({
          error: { code: 'RATE_LIMITED', message: 'Too many attempts; try again in 60 seconds' },
        });
        expect((await each.signin()).body).toEqual({
          statusCode: 429,
          message: 'Too many attempts; try again in 60 seconds',
          error: 'Too Many Requests',
        });
      }
      expect(await statusOf(app, token)).toBe(200);
      app.clock.advance({ seconds: 61 });
      await login(email, GOOD_PASSWORD).expect(200);
    });

    it('[B13] locks for 1, 2, 3, 5, 8, 13, 15, 15 minutes, one guess between; a success ends it', async () => {
      const { email } = await register(app);
      await guess(9, () => login(email, WRONG));
      for (const minutes of [1, 2, 3, 5, 8, 13, 15, 15]) {
        await guess(1, () => login(email, WRONG));
        const { headers } = await login(email, GOOD_PASSWORD).expect(429);
        expect(headers['retry-after']).toBe(String(minutes * 60));
        app.clock.advance({ minutes, seconds: 1 });
      }
      await login(email, GOOD_PASSWORD).expect(200);
      await guess(10, () => login(email, WRONG));
      expect((await login(email, GOOD_PASSWORD).expect(429)).headers['retry-after']).toBe('60');
    });

    it("wrong ones further apart than the window don't add up", async () => {
      const { email } = await register(app);
      for (let turn = 0; turn < 3; turn++) {
        await guess(9, () => login(email, WRONG));
        app.clock.advance({ minutes: 16 });
      }
      await login(email, GOOD_PASSWORD).expect(200);
    });

    it('[A2] 20 parallel wrong ones after a lock: one is evaluated', async () => {
      const { email } = await register(app);
      await guess(10, () => login(email, WRONG));
      app.clock.advance({ seconds: 61 });
      const answers = await Promise.all(Array.from({ length: 20 }, () => login(email, WRONG)));
      const count = (wanted: number) => answers.filter(({ status }) => status === wanted).length;
      expect([count(401), count(429)]).toEqual([1, 19]);
    });

    it('a row of locks is forgotten after a day without a guess', async () => {
      const { email } = await register(app);
      await guess(9, () => login(email, WRONG));
      for (const minutes of [1, 2]) {
        await guess(1, () => login(email, WRONG));
        app.clock.advance({ minutes, seconds: 1 });
      }
      app.clock.advance({ days: 1 });
      await guess(9, () => login(email, WRONG));
      await login(email, GOOD_PASSWORD).expect(200);
    });

    it('[A19] the right password of a disabled account is answered, and counted, like a wrong one', async () => {
      const { id, email } = await register(app);
      await app.database.query('UPDATE users SET disabled_at = now() WHERE id = $1', [id]);
      const reset = (oldPassword: string) =>
        app.http
          .post('/auth/reset-password')
          .send({ email, oldPassword, newPassword: 'another-good-password' });
      expect((await reset(GOOD_PASSWORD)).body).toEqual((await reset(WRONG)).body);
      await guess(8, () => login(email, GOOD_PASSWORD));
      await login(email, GOOD_PASSWORD).expect(429);
    });

    it('[A19] an address that nobody has is locked just the same', async () => {
      const email = someEmail();
      await guess(10, () => login(email, WRONG));
      expect((await login(email, WRONG).expect(429)).headers['retry-after']).toBe('60');
    });

    it('a lock of one account touches no other', async () => {
      const [one, other] = [await register(app), await register(app)];
      await guess(10, () => login(one.email, WRONG));
      await login(other.email, GOOD_PASSWORD).expect(200);
    });

    it('[A2] 100 parallel wrong ones: ten are evaluated', async () => {
      const { email } = await register(app);
      const answers = await Promise.all(Array.from({ length: 100 }, () => login(email, WRONG)));
      const count = (wanted: number) => answers.filter(({ status }) => status === wanted).length;
      expect([count(401), count(429)]).toEqual([10, 90]);
    });

    it('40 parallel right ones all sign in: the limit is on wrong ones', async () => {
      const { email } = await register(app);
      const answers = await Promise.all(Array.from({ length: 40 }, () => login(email, GOOD_PASSWORD)));
      expect(answers.map(({ status }) => status)).toEqual(Array(40).fill(200));
    });

    it('a guess that could not be checked does not count', async () => {
      const attempts = app.nest.get(SecretAttempts);
      const attempt = {
        secret: 'password',
        name: someEmail(),
        userId: null,
        client: { ip: '192.0.2.1', userAgent: null, language: 'en' },
      } as const;
      const policy = { most: 2, window: 60_000, locks: [60_000] };
      for (let turn = 0; turn < 5; turn++) {
        const broken = attempts.evaluate(attempt, policy, () => Promise.reject(new Error('busy')));
        await expect(broken).rejects.toThrow('busy');
      }
      expect(await attempts.evaluate(attempt, policy, () => Promise.resolve(false))).toBe(false);
      expect(await attempts.evaluate(attempt, policy, () => Promise.resolve(true))).toBe(true);
    });

    it('[A23] guesses whose process died are forgotten after a minute', async () => {
      const { email } = await register(app);
      await login(email, GOOD_PASSWORD).expect(200);
      await app.database.query('UPDATE guess_locks SET in_flight = 10');
      app.clock.advance({ seconds: 61 });
      for (let turn = 0; turn < 2; turn++) await login(email, GOOD_PASSWORD).expect(200);
    });
  });

  describe('places', () => {
    const policy = { most: 2, window: 60_000, locks: [60_000] };
    const client = { ip: '192.0.2.1', userAgent: null, language: 'en' } as const;

    it.each(['forgive', 'withdraw'] as const)('[A2] to %s a guess frees its own place alone', async (end) => {
      const locks = app.nest.get(GuessLocks);
      const subject = locks.subject('password', someEmail());
      for (let turn = 0; turn < 2; turn++) await locks.begin(subject, policy);
      await locks[end](subject);
      const [row] = await app.database.query('SELECT in_flight FROM guess_locks WHERE subject = $1', [
        subject,
      ]);
      expect(row.in_flight).toBe(1);
    });

    it('[A2] one that is taken while a lock is being ended is taken, not refused', async () => {
      const locks = app.nest.get(GuessLocks);
      const subject = locks.subject('pin', someName());
      await locks.begin(subject, { ...policy, most: 1 });
      await app.database.transaction((transaction) =>
        locks.fail(subject, { ...policy, most: 1 }, transaction),
      );
      const begun = await app.database.transaction(async (transaction) => {
        await locks.clear(subject, transaction);
        const waits = locks.begin(subject, policy);
        await new Promise((resolve) => setTimeout(resolve, 200));
        return () => waits;
      });
      await expect(begun()).resolves.toBeUndefined();
    });

    it('a guess that could not be checked gives both its places back', async () => {
      const attempt = { secret: 'password', name: someEmail(), userId: null, client } as const;
      const broken = () => Promise.reject(new Error('busy'));
      await expect(app.nest.get(SecretAttempts).evaluate(attempt, policy, broken)).rejects.toThrow('busy');
      const locks = app.nest.get(GuessLocks);
      const subjects = [locks.subject('password', attempt.name), locks.subject('address', client.ip)];
      const rows = await app.database.query('SELECT in_flight FROM guess_locks WHERE subject = ANY($1)', [
        subjects,
      ]);
      expect(rows).toEqual([{ in_flight: 0 }, { in_flight: 0 }]);
    });

    it('[A23] only so many wait for one, and only so long; nothing of them is left', async () => {
      const locks = app.nest.get(GuessLocks);
      const subject = locks.subject('password', someEmail());
      await locks.begin(subject, { ...policy, most: 1 });
      let refused = 0;
      const all = Promise.all(
        Array.from({ length: 1_010 }, () =>
          locks
            .begin(subject, { ...policy, most: 1 })
            .catch(({ status }: { status: number }) => void (refused += Number(status === 503))),
        ),
      );
      await new Promise((resolve) => setImmediate(resolve));
      expect(refused).toBe(9);
      const real = performance.now.bind(performance);
      const later = jest.spyOn(performance, 'now').mockImplementation(() => real() + 16_000);
      await all;
      later.mockRestore();
      expect(refused).toBe(1_010);
      expect(locks['queues'].size).toBe(0);
    });
  });

  describe('a PIN', () => {
    it("[A2] five wrong ones lock it; the right one waits too, open sessions don't", async () => {
      const { name, pin, accessToken, refreshToken } = await registerPin(app);
      await guess(5, () => pinLogin(name, '0000'));
      for (const given of ['0000', pin]) {
        const answer = await pinLogin(name.toUpperCase(), given).expect(429).expect('retry-after', '60');
        expect(answer.body).toEqual({ retryAfter: 60 });
      }
      await app.http
        .get('/auth/me')
        .set(...cookie({ accessToken }))
        .expect(200);
      await app.http
        .post('/auth/refresh')
        .set(...cookie({ refreshToken }))
        .expect(200);
      app.clock.advance({ seconds: 30 });
      await pinLogin(name, pin).expect(429).expect('retry-after', '30');
      app.clock.advance({ seconds: 31 });
      await pinLogin(name, pin).expect(200);
    });

    it('other ways to sign in stay open', async () => {
      const { email, token } = await register(app);
      const { name } = await givePin(app, token);
      await guess(5, () => pinLogin(name, '0000'));
      await pinLogin(name, '4711').expect(429);
      await login(email, GOOD_PASSWORD).expect(200);
    });

    it('[B12] is off after 100 in a row, until its owner, signed in another way, sets a new one', async () => {
      const { email, token } = await register(app);
      const { name } = await givePin(app, token);
      // Slowly: four a day never lock it, and yet they add up.
      for (let day = 0; day < 25; day++) {
        await guess(4, () => pinLogin(name, '0000'));
        if (day === 24) break;
        app.clock.advance({ days: 1, minutes: 1 });
      }
      const off = await app.database.query(`SELECT details FROM audit_events WHERE action = 'secret_off'`);
      expect(off).toEqual([{ details: { secret: 'pin' } }]);
      const right = await pinLogin(name, '4711').expect(401);
      expect(right.body).toEqual({ message: 'Invalid credentials' });
      app.clock.advance({ days: 2 });
      await pinLogin(name, '4711').expect(401);
      const fresh = await login(email, GOOD_PASSWORD).expect(200);
      await givePin(app, fresh.body.token, { name });
      await pinLogin(name, '4711').expect(200);
    });

    it.each(['ECONNRESET', '40P01', '40001'])(
      '[A23] a wrong one counts although the database broke off with %s',
      async (code) => {
        const { id, name } = await registerPin(app);
        const cut = Object.assign(new Error('cut'), { code });
        const transaction = jest.spyOn(app.database, 'transaction').mockRejectedValueOnce(cut);
        await pinLogin(name, '0000').expect(401);
        transaction.mockRestore();
        const [row] = await app.database.query('SELECT failures_in_a_row FROM pins WHERE user_id = $1', [id]);
        expect(row.failures_in_a_row).toBe(1);
      },
    );

    it('a new one ends the lock of the one before it', async () => {
      const { token } = await register(app);
      const { name } = await givePin(app, token);
      await guess(5, () => pinLogin(name, '0000'));
      await pinLogin(name, '4711').expect(429);
      await givePin(app, token, { name, pin: '9876' });
      await pinLogin(name, '9876').expect(200);
    });

    it('[B12] that is turned off is told of once', async () => {
      const { id, name } = await registerPin(app);
      await app.database.query('UPDATE pins SET failures_in_a_row = 98 WHERE user_id = $1', [id]);
      await guess(4, () => pinLogin(name, '0000'));
      const off = await app.database.query(
        `SELECT details FROM audit_events WHERE action = 'secret_off' AND user_id = $1`,
        [id],
      );
      expect(off).toEqual([{ details: { secret: 'pin' } }]);
    });

    it('[B12] a right one that is checked while the last wrong one fills the row is refused', async () => {
      const { id, name, pin } = await registerPin(app);
      await app.database.query('UPDATE pins SET failures_in_a_row = 99 WHERE user_id = $1', [id]);
      const hasher = app.nest.get(SecretHasher);
      const verify = jest.spyOn(hasher, 'verify').mockImplementationOnce(async () => {
        await app.database.query('UPDATE pins SET failures_in_a_row = 100 WHERE user_id = $1', [id]);
        return true;
      });
      await pinLogin(name, pin).expect(401);
      verify.mockRestore();
    });

    it("a session that was opened by the PIN can't turn it on again", async () => {
      const { id, name, accessToken } = await registerPin(app);
      await app.database.query('UPDATE pins SET failures_in_a_row = 100 WHERE user_id = $1', [id]);
      const { body } = await app.http
        .post('/auth/pin')
        .set(...cookie({ accessToken }))
        .send({ name, pin: '1234' })
        .expect(403);
      expect(body.error.code).toBe('FORBIDDEN');
    });

    it('a right one ends the row', async () => {
      const { id, name, pin } = await registerPin(app);
      await guess(4, () => pinLogin(name, '0000'));
      await pinLogin(name, pin).expect(200);
      const [row] = await app.database.query('SELECT failures_in_a_row FROM pins WHERE user_id = $1', [id]);
      expect(row.failures_in_a_row).toBe(0);
    });
  });

  it('counts that no longer count are swept; locks that hold are not', async () => {
    const [kept, gone] = [await registerPin(app), await registerPin(app)];
    await guess(1, () => pinLogin(gone.name, '0000'));
    app.clock.advance({ days: 2 });
    await guess(5, () => pinLogin(kept.name, '0000'));
    await app.nest.get(LimitSweep).sweep();
    // The account's that is locked, and the address's.
    const [{ count }] = await app.database.query('SELECT count(*)::int FROM guess_locks');
    expect(count).toBe(2);
    await pinLogin(kept.name, kept.pin).expect(429);
  });

  it('no name that was typed stands in the database', async () => {
    const typed = someEmail();
    await login(typed, WRONG);
    const rows = await app.database.query("SELECT encode(subject, 'escape') AS subject FROM guess_locks");
    const events = await app.database.query('SELECT * FROM audit_events');
    expect(JSON.stringify([rows, events])).not.toContain(typed.split('@')[0]);
  });

  it('lengths of locks follow step and longest', () => {
    expect(lockLengths(60, 900)).toEqual([60, 120, 180, 300, 480, 780, 900]);
    expect(lockLengths(10, 10)).toEqual([10]);
  });

  it('[A10] one IPv6 customer is one address, however it is written', () => {
    const same = [
      '2001:db8:1:2::1',
      '2001:DB8:1:2:ffff:ffff:ffff:ffff',
      '2001:0db8:0001:0002::',
      '2001:db8:1:2::1%eth0',
    ];
    expect(new Set(same.map(addressKey)).size).toBe(1);
    expect(addressKey('2001:db8:1:3::1')).not.toBe(addressKey('2001:db8:1:2::1'));
    expect(['::ffff:192.0.2.1', '::ffff:c000:201', '192.0.2.1'].map(addressKey)).toEqual(
      Array(3).fill('192.0.2.1'),
    );
    expect(['192.0.2.1:80', '64:ff9b::c000:201', '[::ffff:192.0.2.1]:443'].map(addressKey)).toEqual(
      Array(3).fill('192.0.2.1'),
    );
    expect(addressKey('[2001:db8:1:2::1]:443')).toBe(addressKey('2001:db8:1:2::1'));
    expect(addressKey('nonsense')).toBe('unknown');
  });
});

describe('limits on addresses', () => {
  const app = useApp({
    environment: { LIMIT_ADDRESS_FAILURES: '10', LIMIT_REGISTRATIONS: '5', TRUST_PROXY: '1' },
  });
  const from = (address: string) => ['X-Forwarded-For', address] as const;
  const login = (address: string, email = someEmail(), password = WRONG) =>
    app.http
      .post('/auth/login')
      .set(...from(address))
      .send({ email, password });
  const registerFrom = (address: string) =>
    app.http
      .post('/auth/register')
      .set(...from(address))
      .send({ email: someEmail(), password: GOOD_PASSWORD });

  it('[A10] failures of all accounts and methods together close an address, a /64 at once, and no other', async () => {
    for (let turn = 0; turn < 5; turn++) await login(`2001:db8:0:1::${turn}`).expect(401);
    for (let turn = 0; turn < 5; turn++) {
      const sent = app.http.post('/auth/login').set(...from(`1.2.3.4, 2001:db8:0:1:ffff::${turn}`));
      await sent.send({ name: someName(), pin: '0000' }).expect(401);
    }
    const { body, headers } = await login('2001:db8:0:1:abcd::1').expect(429);
    expect(body.error.code).toBe('RATE_LIMITED');
    expect(Number(headers['retry-after'])).toBeGreaterThan(800);
    const managed = app.http.post('/auth/signin').set(...from('2001:db8:0:1::7'));
    await managed.send({ email: someEmail(), password: WRONG }).expect(429);
    const events = await app.database.query(`SELECT ip FROM audit_events WHERE action = 'address_closed'`);
    expect(events).toEqual([{ ip: '2001:db8:0:1:ffff::4' }]);
    await login('2001:db8:0:2::1').expect(401);
    await login('1.2.3.4').expect(401);
  });

  it('an address that is none counts as one unknown, and leaves nothing odd in the database', async () => {
    for (const odd of ['nonsense', '999.1.1.1', `<script>${'x'.repeat(2_000)}`]) await login(odd).expect(401);
    const rows = await app.database.query('SELECT DISTINCT ip FROM audit_events WHERE length(ip) > 45');
    expect(rows).toEqual([]);
    const [last] = await app.database.query('SELECT ip FROM audit_events ORDER BY id DESC LIMIT 1');
    expect(last.ip).toBe('unknown');
    await login('::ffff:198.51.100.77').expect(401);
    const [mapped] = await app.database.query('SELECT ip FROM audit_events ORDER BY id DESC LIMIT 1');
    expect(mapped.ip).toBe('198.51.100.77');
  });

  it('[A10] takes the address from the proxy, not from what a client says before it', async () => {
    for (let turn = 0; turn < 10; turn++) await login(`10.0.0.${turn}, 203.0.113.9`).expect(401);
    const names = async () => (await app.database.query('SELECT 1 FROM guess_locks')).length;
    const before = await names();
    await login('10.0.0.99, 203.0.113.9').expect(429);
    expect(await names()).toBe(before);
  });

  it('150 parallel sign-ins of different people behind one address are no failures', async () => {
    const people = await Promise.all(
      Array.from(
        { length: 30 },
        async (_, turn) => (await registerFrom(`198.51.100.${turn}`)).body.user.email,
      ),
    );
    for (let round = 0; round < 2; round++) {
      const answers = await Promise.all(
        people.flatMap((email: string) =>
          Array.from({ length: 5 }, () => login('203.0.113.90', email, GOOD_PASSWORD)),
        ),
      );
      expect(answers.map(({ status }) => status)).toEqual(Array(150).fill(200));
    }
  });

  it('[A2] 60 parallel failures: ten are evaluated', async () => {
    const answers = await Promise.all(Array.from({ length: 60 }, () => login('203.0.113.60')));
    const count = (wanted: number) => answers.filter(({ status }) => status === wanted).length;
    expect([count(401), count(429)]).toEqual([10, 50]);
    expect(await app.database.query('SELECT in_flight FROM guess_locks WHERE in_flight > 0')).toEqual([]);
  });

  it("successes don't count, and the failures before them stay", async () => {
    const { email } = (await registerFrom('203.0.113.70')).body.user;
    for (let turn = 0; turn < 20; turn++) {
      await login('203.0.113.70', email, GOOD_PASSWORD).expect(200);
      if (turn < 9) await login('203.0.113.70').expect(401);
    }
    await login('203.0.113.70').expect(401);
    await login('203.0.113.70', email, GOOD_PASSWORD).expect(429);
    await login('203.0.113.71', email, GOOD_PASSWORD).expect(200);
  });

  it('registrations from one address end at the limit; what was no registration does not count', async () => {
    await app.http
      .post('/auth/register')
      .set(...from('203.0.113.80'))
      .send({ email: 'x' })
      .expect(400);
    for (let turn = 0; turn < 5; turn++) await registerFrom('203.0.113.80').expect(201);
    const { body, headers } = await registerFrom('203.0.113.80').expect(429);
    expect(body.error.code).toBe('RATE_LIMITED');
    expect(Number(headers['retry-after'])).toBeGreaterThan(3_500);
    const other = (await registerFrom('203.0.113.82')).body.token;
    const name = app.http
      .post('/auth/pin')
      .set(...from('203.0.113.80'))
      .set(...bearer(other));
    await name.send({ name: someName(), pin: '1234', currentPassword: GOOD_PASSWORD }).expect(429);
    const pin = app.http.post('/auth/register').set(...from('203.0.113.80'));
    await pin.send({ name: someName(), pin: '1234' }).expect(429);
    await registerFrom('203.0.113.81').expect(201);
  });

  it('[A10] registrations of one IPv6 customer count together, and so do the names it asks for', async () => {
    for (let turn = 0; turn < 5; turn++) await registerFrom(`2001:db8:80:1::${turn}`).expect(201);
    await registerFrom('2001:db8:80:1:ffff::1').expect(429);
    const { token } = (await registerFrom('2001:db8:80:2::1').expect(201)).body;
    const name = app.http
      .post('/auth/pin')
      .set(...from('2001:db8:80:1::9'))
      .set(...bearer(token));
    await name.send({ name: someName(), pin: '1234', currentPassword: GOOD_PASSWORD }).expect(429);
  });

  it('[A2] [B13] who waits for a place of his address holds none of the account that he guesses at', async () => {
    const locks = app.nest.get(GuessLocks);
    const { email } = (await registerFrom('203.0.113.95')).body.user;
    const full = locks.subject('address', '203.0.113.96');
    const policy = { most: 10, window: 60_000, locks: [] };
    for (let turn = 0; turn < 10; turn++) await locks.begin(full, policy);
    const hoarding = Array.from({ length: 12 }, () =>
      login('203.0.113.96', email).then(({ status }) => status),
    );
    await new Promise((resolve) => setTimeout(resolve, 300));
    await login('203.0.113.95', email, GOOD_PASSWORD).expect(200);
    for (let turn = 0; turn < 10; turn++) await locks.withdraw(full);
    expect(new Set(await Promise.all(hoarding))).toEqual(new Set([401, 429]));
  });

  it('a window that is over is swept', async () => {
    app.clock.advance({ hours: 2 });
    await app.nest.get(LimitSweep).sweep();
    expect(await app.database.query('SELECT 1 FROM rate_limits')).toEqual([]);
    await registerFrom('203.0.113.80').expect(201);
  });
});

describe('without TRUST_PROXY', () => {
  const app = useApp({ environment: { LIMIT_ADDRESS_FAILURES: '3' } });

  it('[A10] no header chooses the address', async () => {
    const headers = ['X-Forwarded-For', 'X-Real-IP', 'Forwarded', 'CF-Connecting-IP', 'True-Client-IP'];
    const statuses: number[] = [];
    for (const name of headers) {
      const sent = app.http
        .post('/auth/login')
        .set(name, name === 'Forwarded' ? 'for=192.0.2.7' : '192.0.2.7');
      statuses.push((await sent.send({ email: someEmail(), password: WRONG })).status);
    }
    expect(statuses).toEqual([401, 401, 401, 429, 429]);
  });
});
