import { RefreshTokens } from '../src/sessions/refresh-tokens';
import { decodeJwt } from 'jose';
import { bearer, refresh, register, statusOf } from './support/builders';
import { useApp } from './support/test-app';

const DAY = 86_400;

describe('refresh tokens', () => {
  const app = useApp();
  const tokens = async (refreshToken: string): Promise<{ token: string; refreshToken: string }> =>
    (await refresh(app, refreshToken).expect(200)).body;

  it('[A14] [B64] [B66] rotate: both tokens are new, the session is the same', async () => {
    const person = await register(app);
    const { body } = await refresh(app, person.refreshToken).expect(200);
    expect(body).toEqual({
      token: expect.any(String),
      refreshToken: expect.stringMatching(/^ghr_[\w-]{43}$/),
    });
    expect(body.token).not.toBe(person.token);
    expect(body.refreshToken).not.toBe(person.refreshToken);
    const [{ count }] = await app.database.query('SELECT count(*)::int FROM sessions WHERE user_id = $1', [
      person.id,
    ]);
    expect(count).toBe(1);
    expect(await statusOf(app, body.token)).toBe(200);
  });

  it('are stored as hashes, and no successor can be read from the database', async () => {
    const person = await register(app);
    const next = await tokens(person.refreshToken);
    const rows = await app.database.query('SELECT * FROM refresh_tokens');
    const stored = JSON.stringify(rows.map((row: object) => Object.values(row).map(String)));
    for (const secret of [person.refreshToken, next.refreshToken]) {
      expect(stored).not.toContain(secret);
      expect(stored).not.toContain(secret.slice(4));
      expect(stored).not.toContain(Buffer.from(secret.slice(4), 'base64url').toString('hex'));
    }
  });

  it('[A1] [B64] 50 parallel exchanges of one token make one successor', async () => {
    const person = await register(app);
    const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(app, person.refreshToken)));
    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200));
    expect(new Set(answers.map(({ body }) => body.refreshToken)).size).toBe(1);
    const [{ count }] = await app.database.query(
      'SELECT count(*)::int FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id WHERE s.user_id = $1',
      [person.id],
    );
    expect(count).toBe(2);
  });

  it('give the same successor again within 10 seconds', async () => {
    const { refreshToken } = await register(app);
    const first = await tokens(refreshToken);
    app.clock.advance({ seconds: 9 });
    expect((await tokens(refreshToken)).refreshToken).toBe(first.refreshToken);
    expect((await tokens(first.refreshToken)).refreshToken).not.toBe(first.refreshToken);
  });

  it('lead a straggler to the newest token of the family, not to one that is spent already', async () => {
    const { refreshToken } = await register(app);
    const second = await tokens(refreshToken);
    const third = await tokens(second.refreshToken);
    expect((await tokens(refreshToken)).refreshToken).toBe(third.refreshToken);
    app.clock.advance({ minutes: 20 });
    await refresh(app, third.refreshToken).expect(200);
  });

  it.each(['t', 's'])(
    'grant the grace from when the rotation was written: a stall on row %s signs nobody out',
    async (row) => {
      const { id, refreshToken } = await register(app);
      const stall = app.database.createQueryRunner();
      await stall.startTransaction();
      await stall.query(
        `SELECT FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id WHERE s.user_id = $1 FOR UPDATE OF ${row}`,
        [id],
      );
      const first = refresh(app, refreshToken).then((answer) => answer);
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      app.clock.advance({ seconds: 10 });
      const second = refresh(app, refreshToken).then((answer) => answer);
      await new Promise((resolve) => setTimeout(resolve, 200));
      await stall.rollbackTransaction();
      await stall.release();
      const answers = await Promise.all([first, second]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      expect(answers[0]?.body.refreshToken).toBe(answers[1]?.body.refreshToken);
    },
  );

  it('[B64] end the session when a spent one comes back after the grace', async () => {
    const { refreshToken } = await register(app);
    const next = await tokens(refreshToken);
    app.clock.advance({ seconds: 11 });
    const { body } = await refresh(app, refreshToken).expect(401);
    expect(body.error.code).toBe('INVALID_REFRESH_TOKEN');
    await refresh(app, next.refreshToken).expect(401);
    expect(await statusOf(app, next.token)).toBe(401);
    const [session] = await app.database.query(
      'SELECT revoked_reason FROM sessions WHERE revoked_at IS NOT NULL',
    );
    expect(session.revoked_reason).toBe('refresh_token_reused');
  });

  it('[B64] recognise any older token of the family, not only the last', async () => {
    const { refreshToken } = await register(app);
    let newest = await tokens(refreshToken);
    for (let turn = 0; turn < 5; turn++) {
      app.clock.advance({ minutes: 1 });
      newest = await tokens(newest.refreshToken);
    }
    await refresh(app, refreshToken).expect(401);
    await refresh(app, newest.refreshToken).expect(401);
  });

  it("leave other people's sessions alone when one is reused", async () => {
    const [thief, other] = [await register(app), await register(app)];
    await tokens(thief.refreshToken);
    app.clock.advance({ minutes: 1 });
    await refresh(app, thief.refreshToken).expect(401);
    await refresh(app, other.refreshToken).expect(200);
  });

  it('[A13] are refused after logout, also within the grace', async () => {
    const { token, refreshToken } = await register(app);
    const next = await tokens(refreshToken);
    await app.http
      .post('/auth/logout')
      .set(...bearer(token))
      .expect(200);
    await refresh(app, refreshToken).expect(401);
    await refresh(app, next.refreshToken).expect(401);
  });

  it('[A1] never outlive a logout that runs beside them', async () => {
    for (let turn = 0; turn < 10; turn++) {
      const { token, refreshToken } = await register(app);
      const logout = app.http.post('/auth/logout').set(...bearer(token));
      const answers = await Promise.all([refresh(app, refreshToken), logout, refresh(app, refreshToken)]);
      for (const { body } of [answers[0], answers[2]].filter(({ status }) => status === 200)) {
        await refresh(app, body.refreshToken).expect(401);
        expect(await statusOf(app, body.token)).toBe(401);
      }
    }
  });

  it('[B32] [B65] end with the session: 30 days after sign-in, however often they are used', async () => {
    let { refreshToken } = await register(app);
    for (let day = 0; day < 29; day += 7) {
      refreshToken = (await tokens(refreshToken)).refreshToken;
      app.clock.advance({ days: 7 });
    }
    await refresh(app, refreshToken).expect(401);
  });

  it('[B65] near the end of the session, access tokens end with it', async () => {
    let { refreshToken } = await register(app);
    for (let turn = 0; turn < 3; turn++) {
      app.clock.advance({
        days: turn === 2 ? 9 : 10,
        hours: turn === 2 ? 23 : 0,
        minutes: turn === 2 ? 55 : 0,
      });
      const next = await tokens(refreshToken);
      refreshToken = next.refreshToken;
      const { exp = 0, iat = 0 } = decodeJwt(next.token);
      if (turn === 2) expect(exp - iat).toBeLessThanOrEqual(5 * 60);
    }
  });

  it('[B32] [B65] end after 14 idle days', async () => {
    const { refreshToken } = await register(app);
    app.clock.advance({ seconds: 14 * DAY - 60 });
    const next = await tokens(refreshToken);
    app.clock.advance({ seconds: 14 * DAY + 1 });
    await refresh(app, next.refreshToken).expect(401);
  });

  it('[B32] use of the access token counts as activity, written at most once a minute', async () => {
    const { id, token } = await register(app);
    const seen = async () =>
      (
        await app.database.query(
          'SELECT last_seen_at AS at, idle_expires_at AS idle FROM sessions WHERE user_id = $1',
          [id],
        )
      )[0];
    const settled = () => new Promise((resolve) => setTimeout(resolve, 200));
    const first = await seen();

    app.clock.advance({ seconds: 50 });
    expect(await statusOf(app, token)).toBe(200);
    await settled();
    expect((await seen()).at).toEqual(first.at);

    app.clock.advance({ seconds: 20 });
    expect(await statusOf(app, token)).toBe(200);
    await settled();
    const second = await seen();
    expect(second.at - first.at).toBeGreaterThanOrEqual(70_000);
    expect(second.idle - second.at).toBe(14 * DAY * 1_000);
  });

  it.each(['', 'x', `ghr_${'A'.repeat(43)}`, '\u0000', 'ghr_' + '%00'.repeat(20)])(
    'refuse what was never issued: %j',
    async (given) => {
      const { status, body } = await refresh(app, given);
      expect([400, 401]).toContain(status);
      expect(body.error.code).toBe(status === 400 ? 'VALIDATION_ERROR' : 'INVALID_REFRESH_TOKEN');
    },
  );

  it('are no access tokens, and access tokens are no refresh tokens', async () => {
    const { token, refreshToken } = await register(app);
    expect(await statusOf(app, refreshToken)).toBe(401);
    const { status } = await refresh(app, token);
    expect([400, 401]).toContain(status);
    expect(await statusOf(app, token)).toBe(200);
  });
});

describe('the successor of a refresh token', () => {
  const tokens = new RefreshTokens();

  it('is made of the token and the seed: with another of either it is another', () => {
    const [token, seed] = [tokens.make(), tokens.makeSeed()];
    const successor = tokens.successorOf(token, seed);
    expect(successor).toMatch(/^ghr_[\w-]{43}$/);
    expect(tokens.successorOf(token, seed)).toBe(successor);
    expect(tokens.successorOf(tokens.make(), seed)).not.toBe(successor);
    expect(tokens.successorOf(token, tokens.makeSeed())).not.toBe(successor);
  });
});
