import { decodeJwt } from 'jose';
import { cookie, cookiesOf, registerPin, someName, statusOf } from './support/builders';
import { useApp } from './support/test-app';

describe('cookies and other sites', () => {
  const app = useApp({ environment: { CORS_ORIGINS: 'https://app.example.com, http://localhost:5173' } });
  const change = async (headers: Record<string, string>) => {
    const { accessToken } = await registerPin(app);
    return app.http
      .post('/auth/pin')
      .set(...cookie({ accessToken }))
      .set(headers)
      .send({ name: someName(), pin: '1234' });
  };

  it.each([
    ['from another site', { 'Sec-Fetch-Site': 'cross-site' }],
    [
      'from another site, with an origin that is ours',
      { 'Sec-Fetch-Site': 'cross-site', Origin: 'http://localhost:3000' },
    ],
    ['of another origin', { Origin: 'https://evil.example' }],
    [
      'of a sibling that is not on the list',
      { 'Sec-Fetch-Site': 'same-site', Origin: 'http://localhost:4000' },
    ],
    ['of no origin that a page may have', { Origin: 'null' }],
    ['of an origin that begins like ours', { Origin: 'http://localhost:3000.evil.example' }],
    ['of our origin in another scheme', { Origin: 'https://localhost:3000' }],
    ['of a listed origin on another port', { Origin: 'https://app.example.com:8443' }],
  ])('[B46] a change %s is refused, and changes nothing', async (_, headers) => {
    const answer = await change(headers);
    expect(answer.status).toBe(403);
    expect(answer.body.error.code).toBe('CROSS_SITE_REQUEST');
  });

  it.each([
    ['from our own pages', { 'Sec-Fetch-Site': 'same-origin', Origin: 'http://localhost:3000' }],
    ['from a listed origin', { 'Sec-Fetch-Site': 'same-site', Origin: 'https://app.example.com' }],
    ['from a listed origin on localhost', { Origin: 'http://localhost:5173' }],
    ['typed by a person', { 'Sec-Fetch-Site': 'none' }],
    ['from no browser', {}],
  ])('a change %s passes', async (_, headers: Record<string, string>) => {
    expect((await change(headers)).status).toBe(200);
  });

  it('[B46] holds for refresh and logout, in their own form, and nothing is ended', async () => {
    const { accessToken, refreshToken } = await registerPin(app);
    for (const path of ['/auth/refresh', '/auth/logout']) {
      const sent = app.http.post(path).set(...cookie({ accessToken, refreshToken }));
      const answer = await sent.set('Origin', 'https://evil.example').expect(403);
      expect(answer.body).toEqual({ message: expect.stringContaining('another site') });
      expect(answer.headers['set-cookie']).toBeUndefined();
    }
    await app.http
      .get('/auth/me')
      .set(...cookie({ accessToken }))
      .expect(200);
  });

  it('holds for managed routes that are reached by cookie', async () => {
    const { accessToken } = await registerPin(app);
    const sent = app.http.post('/auth/signout').set(...cookie({ accessToken }));
    const { body } = await sent.set('Sec-Fetch-Site', 'cross-site').expect(403);
    expect(body).toMatchObject({ statusCode: 403, error: 'Forbidden' });
  });

  it('[B46] also a DELETE of another site is refused, and ends nothing', async () => {
    const { accessToken } = await registerPin(app);
    const path = `/auth/${decodeJwt(accessToken).sid as string}/sessions`;
    const sent = app.http.delete(path).set(...cookie({ accessToken }));
    await sent.set('Origin', 'https://evil.example').expect(403);
    expect(await statusOf(app, accessToken)).toBe(200);
  });

  it('a cookie whose name begins like ours is none of ours', async () => {
    const { accessToken } = await registerPin(app);
    await app.http
      .get('/auth/me')
      .set(...cookie({ accessTokenOld: 'x', accessToken, accessToken2: 'y' }))
      .expect(200);
  });

  it('reads are not refused, and who sends a Bearer token is not asked', async () => {
    const { accessToken } = await registerPin(app);
    const evil = { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' };
    await app.http
      .get('/auth/me')
      .set(...cookie({ accessToken }))
      .set(evil)
      .expect(200);
    await app.http.post('/auth/signout').set('Authorization', `Bearer ${accessToken}`).set(evil).expect(200);
  });

  it("[B48] [B49] a form of another site can't sign anybody in", async () => {
    const { name, pin } = await registerPin(app);
    for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
      const body = JSON.stringify({ name, pin });
      const answer = await app.http.post('/auth/login').set('Content-Type', type).send(body).expect(415);
      expect(answer.headers['set-cookie']).toBeUndefined();
    }
  });

  describe('CORS', () => {
    it('[B49] answers listed origins exactly, with credentials', async () => {
      const answer = await app.http
        .options('/auth/me')
        .set({
          Origin: 'https://app.example.com',
          'Access-Control-Request-Method': 'POST',
          'Access-Control-Request-Headers': 'content-type,authorization',
        })
        .expect(204);
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': 'https://app.example.com',
        'access-control-allow-credentials': 'true',
        'access-control-allow-methods': 'GET, HEAD, POST, PATCH, DELETE',
        vary: expect.stringContaining('Origin'),
      });
      const read = await app.http.get('/auth/health').set('Origin', 'http://localhost:5173');
      expect(read.headers['access-control-allow-origin']).toBe('http://localhost:5173');
      expect(read.headers['access-control-expose-headers']).toContain('retry-after');
    });

    it.each([
      'https://evil.example',
      'null',
      'https://app.example.com.evil.example',
      'http://app.example.com',
      '*',
    ])('[B49] tells %s nothing', async (origin) => {
      for (const sent of [
        app.http.options('/auth/login').set({ Origin: origin, 'Access-Control-Request-Method': 'POST' }),
        app.http.get('/auth/health').set('Origin', origin),
      ]) {
        expect((await sent).headers['access-control-allow-origin']).toBeUndefined();
      }
    });
  });

  describe('a cookie that comes twice', () => {
    it('[B45] is refused, not guessed, and deleted wherever it may have come from', async () => {
      const [one, other] = [await registerPin(app), await registerPin(app)];
      const answer = await app.http
        .get('/auth/me')
        .set('Cookie', `accessToken=${one.accessToken}; accessToken=${other.accessToken}`)
        .expect(401);
      expect(answer.body.error.code).toBe('INVALID_TOKEN');
      expect(Object.keys(cookiesOf(answer))).toEqual(['accessToken']);
    });

    it('[B45] in a refresh, a logout and a change, each in its own form', async () => {
      const { accessToken, refreshToken } = await registerPin(app);
      const twice = `refreshToken=${refreshToken}; refreshToken=${refreshToken}`;
      const refreshed = await app.http.post('/auth/refresh').set('Cookie', twice).expect(401);
      expect(refreshed.body).toEqual({ message: 'Invalid token' });
      const out = await app.http
        .post('/auth/logout')
        .set('Cookie', `accessToken=x; accessToken=${accessToken}`)
        .expect(401);
      expect(out.body).toEqual({ message: 'Unauthorized API access' });
      await app.http
        .get('/auth/me')
        .set(...cookie({ accessToken }))
        .expect(200);
    });
  });

  it('[A18] malformed Cookie headers are 401, never more', async () => {
    for (const header of [
      'accessToken',
      'accessToken=',
      '=;=',
      ';;;',
      'accessToken=%',
      'a=b; accessToken="x"',
      'x'.repeat(8_000),
    ]) {
      await app.http.get('/auth/me').set('Cookie', header).expect(401);
    }
  });
});

describe('cookies under https and a domain', () => {
  const app = useApp({
    environment: { PUBLIC_URL: 'https://auth.eu.example.com', COOKIE_DOMAIN: 'Example.com' },
  });

  it('[B43] [B45] are Secure, and are set and deleted for that domain', async () => {
    const { name, pin } = await registerPin(app);
    const answer = await app.http.post('/auth/login').send({ name, pin }).expect(200);
    const wanted = ['Domain=example.com', 'HttpOnly', 'Path=/', 'SameSite=Lax', 'Secure'];
    const kept = (attributes: string[] = []) =>
      attributes.filter((one) => !/^(Max-Age|Expires)/.test(one)).sort();
    const set = cookiesOf(answer);
    for (const { attributes } of Object.values(set)) expect(kept(attributes)).toEqual(wanted);
    const accessToken = set['accessToken']?.value ?? '';
    const out = await app.http
      .post('/auth/logout')
      .set(...cookie({ accessToken }))
      .expect(200);
    for (const { attributes } of Object.values(cookiesOf(out))) expect(kept(attributes)).toEqual(wanted);
  });

  it('one that comes twice is deleted for the host and for each domain above it', async () => {
    const { headers } = await app.http
      .get('/auth/me')
      .set('Cookie', 'accessToken=a; accessToken=b')
      .expect(401);
    const lines = headers['set-cookie'] as unknown as string[];
    expect(lines.map((line) => /Domain=([^;]+)/.exec(line)?.[1])).toEqual([
      undefined,
      'auth.eu.example.com',
      'eu.example.com',
      'example.com',
    ]);
    for (const line of lines) expect(line).toMatch(/^accessToken=; Max-Age=0; .*Secure/);
  });

  it('without CORS_ORIGINS no origin is answered', async () => {
    const { headers } = await app.http.get('/auth/health').set('Origin', 'https://app.example.com');
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });
});
