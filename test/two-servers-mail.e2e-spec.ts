import { Client } from 'pg';
import { GOOD_PASSWORD, someEmail } from './support/builders';
import { freshDatabase } from './support/database';
import { codeIn, linkIn, useMailbox } from './support/mailbox';
import { startServer, type ServerProcess } from './support/server-process';

const TIMES = 50;

describe('what is mailed, redeemed at two servers at once', () => {
  const environment: Record<string, string> = {
    APP_SECRET: 'GzR2v0mT9bWqXy4LsJ1KdHn8PfEc7AuO',
    PUBLIC_URL: 'http://one.example',
  };
  const mailbox = useMailbox(environment);
  let servers: ServerProcess[];
  beforeAll(async () => {
    environment['DATABASE_URL'] = await freshDatabase();
    servers = await Promise.all([1, 2].map(() => startServer(environment)));
  }, 60_000);
  afterAll(() => Promise.all(servers.map((server) => server.end())));

  const post = (path: string, body: object, turn = 0) =>
    (servers[turn % 2] as ServerProcess).http.post(path).send(body);
  const parallel = async (path: string, bodies: object[]) => {
    const answers = await Promise.all(bodies.map((body, turn) => post(path, body, turn)));
    return {
      answers,
      count: (status: number) => answers.filter((answer) => answer.status === status).length,
    };
  };
  const times = (body: object, count = TIMES): object[] => Array<object>(count).fill(body);
  const registered = async () => {
    const email = someEmail();
    const { body } = await post('/auth/register', { email, password: GOOD_PASSWORD }).expect(201);
    const { searchParams } = linkIn(await mailbox.next(email, /Confirm/));
    return { email, id: body.user._id as string, verificationCode: searchParams.get('verificationCode') };
  };
  const resetToken = async (email: string) => {
    await post('/auth/forgot-password', { email }).expect(200);
    return linkIn(await mailbox.next(email, /^Reset/)).searchParams.get('token');
  };
  const magic = async (email: string) => {
    await post('/auth/magic-link', { email }).expect(200);
    const mail = await mailbox.next(email, /sign-in link/);
    return { token: linkIn(mail).searchParams.get('token'), code: codeIn(mail) };
  };
  async function ask(statement: string, ...values: unknown[]): Promise<Record<string, unknown>[]> {
    const client = new Client(environment['DATABASE_URL']);
    await client.connect();
    const { rows } = await client.query<Record<string, unknown>>(statement, values);
    await client.end();
    return rows;
  }

  it('[A1] a verification: once', async () => {
    const { email, verificationCode } = await registered();
    const { count } = await parallel('/auth/verify', times({ email, verificationCode }));
    expect([count(200), count(400)]).toEqual([1, TIMES - 1]);
  });

  it('[A1] a reset token, in both completions: once, and the password is the winner’s', async () => {
    const { email } = await registered();
    const token = await resetToken(email);
    const bodies = Array.from({ length: TIMES }, (_, turn) => ({
      token,
      password: `the-password-of-${turn}`,
    }));
    const [wire, managed] = await Promise.all([
      parallel('/auth/reset-password', bodies.slice(0, TIMES / 2)),
      parallel(`/auth/password-reset/${email}`, bodies.slice(TIMES / 2)),
    ]);
    const statuses = [...wire.answers, ...managed.answers].map(({ status }) => status);
    const winner = statuses.indexOf(200);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 400)).toHaveLength(TIMES - 1);
    await post('/auth/login', { email, password: `the-password-of-${winner}` }).expect(200);
  }, 60_000);

  it('[A1] a magic link of somebody new: once, and there is one account', async () => {
    const email = someEmail();
    const { token } = await magic(email);
    const { count } = await parallel('/auth/verify-magic-link', times({ token }));
    expect([count(200), count(401)]).toEqual([1, TIMES - 1]);
    const found = await ask(
      'SELECT count(s.id)::int AS sessions FROM users u JOIN sessions s ON s.user_id = u.id WHERE email = $1 GROUP BY u.id',
      email,
    );
    expect(found).toEqual([{ sessions: 1 }]);
  });

  it('[A1] a code: once, also beside its link', async () => {
    const email = someEmail();
    const { code, token } = await magic(email);
    const bodies = [...times({ email, code }, TIMES), ...times({ token }, 5)];
    const { count } = await parallel('/auth/verify-magic-link', bodies);
    expect(count(200)).toBe(1);
  }, 60_000);

  it('[A2] 100 parallel wrong codes: five are evaluated, and then the right one is refused', async () => {
    const email = someEmail();
    const { code, token } = await magic(email);
    const wrong = Array.from({ length: 100 }, (_, turn) => ({
      email,
      code: String((Number(code) + 1 + turn) % 1_000_000).padStart(6, '0'),
    }));
    const { count } = await parallel('/auth/verify-magic-link', wrong);
    expect(count(200)).toBe(0);
    expect(count(401) + count(429)).toBe(100);
    expect(await ask(`SELECT code_tries FROM one_time_tokens WHERE subject = $1`, email)).toEqual([
      { code_tries: 5 },
    ]);
    expect((await post('/auth/verify-magic-link', { email, code })).status).not.toBe(200);
    await post('/auth/verify-magic-link', { token }).expect(200);
  }, 60_000);

  it('[A1] of 50 mails asked for at once, the links of one are good', async () => {
    const { email } = await registered();
    await parallel('/auth/forgot-password', times({ email }, 50));
    let [good, first] = [0, ''];
    for (let turn = 0; turn < 50; turn++) {
      const token = linkIn(await mailbox.next(email, /^Reset/)).searchParams.get('token') ?? '';
      const { text } = await (servers[0] as ServerProcess).http.get(`/reset-password?token=${token}`);
      if (!text.includes(email)) continue;
      good++;
      first = token;
    }
    expect(good).toBe(1);
    await post('/auth/reset-password', { token: first, password: 'another-good-password' }).expect(200);
  }, 60_000);

  it('[A13] sessions end on the other server with the reset', async () => {
    const { email } = await registered();
    const { body } = await post('/auth/login', { email, password: GOOD_PASSWORD }, 1).expect(200);
    const me = () =>
      (servers[1] as ServerProcess).http.get('/auth/me').set('Authorization', `Bearer ${String(body.token)}`);
    await me().expect(200);
    const token = await resetToken(email);
    await post('/auth/reset-password', { token, password: 'another-good-password' }, 0).expect(200);
    await me().expect(401);
  });

  it('[A23] resets, links and sign-ins of one account at once come to an end, and none is 500', async () => {
    // Verified, so that the magic link changes no credentials, and the resets don't miss for that.
    const { email, verificationCode } = await registered();
    await post('/auth/verify', { email, verificationCode }).expect(200);
    const work = Array.from({ length: 40 }, async (_, turn) => {
      if (turn % 4 === 0) return post('/auth/forgot-password', { email }, turn);
      if (turn % 4 === 1) return post('/auth/magic-link', { email }, turn);
      if (turn % 4 === 2) return post('/auth/verification-mail', { email }, turn);
      return post('/auth/login', { email, password: GOOD_PASSWORD }, turn);
    });
    await Promise.all(work);
    for (let turn = 0; turn < 10; turn++) {
      await mailbox.next(email, /^Reset/);
      await mailbox.next(email, /sign-in link/);
    }
    const [reset, { token }] = [await resetToken(email), await magic(email)];
    const answers = await Promise.all([
      ...Array.from({ length: 10 }, (_, turn) =>
        post('/auth/reset-password', { token: reset, password: 'another-good-password' }, turn),
      ),
      ...Array.from({ length: 10 }, (_, turn) => post('/auth/verify-magic-link', { token }, turn)),
      ...Array.from({ length: 10 }, (_, turn) =>
        post('/auth/login', { email, password: GOOD_PASSWORD }, turn),
      ),
    ]);
    expect(answers.filter(({ status }) => ![200, 400, 401, 503].includes(status))).toEqual([]);
    expect(answers.slice(0, 10).filter(({ status }) => status === 200)).toHaveLength(1);
  }, 60_000);
});
