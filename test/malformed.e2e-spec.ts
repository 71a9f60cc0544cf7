import { connect } from 'node:net';
import { bearer, GOOD_PASSWORD, register, someEmail } from './support/builders';
import { useApp } from './support/test-app';

describe('malformed requests', () => {
  const app = useApp();
  const sendText = (path: string, text: string) =>
    app.http.post(path).set('Content-Type', 'application/json').send(text);
  const posts = ['/auth/register', '/auth/login'];

  it.each(posts)('%s: JSON that does not parse is 400', async (path) => {
    for (const text of ['{', '{"email": ', 'nonsense', '"', '{"a":1}}', '\ufeff{', "{'email': 1}"]) {
      const { body } = await sendText(path, text).expect(400);
      expect(body.error).toMatchObject({ code: 'VALIDATION_ERROR', details: [{ field: 'body' }] });
    }
  });

  it.each(posts)('%s: JSON that is no object is 400 and names fields', async (path) => {
    for (const text of ['null', '[]', '[{"email":"a@example.com"}]', '"text"', '1', 'true', '{}', '']) {
      const { body } = await sendText(path, text).expect(400);
      expect(body.error.code).toBe('VALIDATION_ERROR');
      expect(body.error.details.length).toBeGreaterThan(0);
    }
  });

  it('a body of more values than any has is 400 before anybody copies it', async () => {
    const many = (count: number) => ({ payload: { x: Array(count).fill({}) }, signature: '0x00' });
    const refused = await app.http.post('/auth/login').send(many(2_000));
    expect([refused.status, JSON.stringify(refused.body)]).toEqual([
      400,
      expect.stringContaining('too many values'),
    ]);
    const read = await app.http.post('/auth/login').send(many(1_900));
    expect([read.status, read.body]).toEqual([400, { error: 'Invalid login payload' }]);
  });

  it.each(posts)('%s: JSON that nests too deep is 400', async (path) => {
    const arrays = `{"email":${'['.repeat(45_000)}${']'.repeat(45_000)}}`;
    const objects = `${'{"email":'.repeat(9_000)}1${'}'.repeat(9_000)}`;
    const hidden = JSON.stringify({
      email: 'a@example.com',
      other: JSON.parse('['.repeat(40) + ']'.repeat(40)),
    });
    for (const text of [arrays, objects, hidden]) {
      const { body } = await sendText(path, text).expect(400);
      expect(body.error).toMatchObject({ code: 'VALIDATION_ERROR', details: [{ field: 'body' }] });
    }
  });

  it.each(posts)('%s: bytes that are no UTF-8 are 400, not replaced', async (path) => {
    const text = Buffer.from(`{"email":"a@example.com","password":"\xe4\xf6\xdf-long-enough"}`, 'latin1');
    const { body } = await app.http
      .post(path)
      .set('Content-Type', 'application/json')
      .serialize((sent) => sent as never)
      .send(text as never)
      .expect(400);
    expect(body.error).toMatchObject({ code: 'VALIDATION_ERROR', details: [{ field: 'body' }] });
  });

  it.each(posts)('%s: no body at all is 400', async (path) => {
    const { body } = await app.http.post(path).expect(400);
    expect(body.error.code).toBe('VALIDATION_ERROR');
  });

  it.each(posts)('[B49] %s: another content type is 415', async (path) => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'a/b',
    ]) {
      const { body } = await app.http
        .post(path)
        .set('Content-Type', type)
        .send(`email=a@example.com&password=${GOOD_PASSWORD}`)
        .expect(415);
      expect(body.error.code).toBe('UNSUPPORTED_MEDIA_TYPE');
    }
  });

  it.each(posts)('%s: a body of 1 MB is 413', async (path) => {
    const { body } = await app.http
      .post(path)
      .send({ email: 'a'.repeat(1_000_000), password: GOOD_PASSWORD })
      .expect(413);
    expect(body.error.code).toBe('PAYLOAD_TOO_LARGE');
  });

  it.each(posts)('%s: prototype tricks are refused or without effect', async (path) => {
    for (const text of [
      '{"__proto__":{"email":"a@b.c"}}',
      '{"constructor":{"prototype":{"email":"a@b.c"}}}',
    ]) {
      const { status } = await sendText(path, text);
      expect(status).toBe(400);
    }
    expect(({} as { email?: string }).email).toBeUndefined();
  });

  const wrongValues = [
    null,
    1,
    true,
    [],
    ['a@example.com'],
    {},
    { $ne: '' },
    '',
    ' ',
    '\u0000',
    'a\u0000@example.com',
  ];

  it('POST /auth/register: an email that is none is named', async () => {
    const others = [
      'a',
      'a@',
      '@b.c',
      'a b@example.com',
      'a@b',
      '"a@evil.example"@example.com',
      'a@exämple.com',
    ];
    const tricks = [
      'a@example.com\nBcc: x@example.com',
      'a@example.com,b@example.com',
      '<a@example.com>',
      'ä@example.com',
    ];
    const long = `${'a'.repeat(64)}@${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(63)}.com`;
    for (const email of [
      ...wrongValues,
      ...others,
      ...tricks,
      long,
      'a＠example.com',
      '\u212aate@example.com',
    ]) {
      const { body } = await app.http
        .post('/auth/register')
        .send({ email, password: GOOD_PASSWORD })
        .expect(400);
      expect(body.error.details).toContainEqual(expect.objectContaining({ field: 'email' }));
    }
  });

  it('POST /auth/register: a name that is none is named', async () => {
    for (const name of [1, {}, ['x'], 'a\u0000b', 'line\nline', 'x'.repeat(101), '\ud800']) {
      const { body } = await app.http
        .post('/auth/register')
        .send({ email: someEmail(), password: GOOD_PASSWORD, name })
        .expect(400);
      expect(body.error.details).toEqual([expect.objectContaining({ field: 'name' })]);
    }
  });

  it('every offending field is named at once, and nothing is created', async () => {
    const [before] = await app.database.query('SELECT count(*)::int FROM users');
    const { body } = await app.http
      .post('/auth/register')
      .send({ email: 'x', password: 'x', name: 5 })
      .expect(400);
    expect(body.error.details.map(({ field }: { field: string }) => field).sort()).toEqual([
      'email',
      'name',
      'password',
    ]);
    expect(await app.database.query('SELECT count(*)::int FROM users')).toEqual([before]);
  });

  it('POST /auth/login: wrong types are 400, never 5xx', async () => {
    const { email } = await register(app);
    for (const value of wrongValues) {
      await app.http.post('/auth/login').send({ email: value, password: GOOD_PASSWORD }).expect(400);
      const { status } = await app.http.post('/auth/login').send({ email, password: value });
      expect([400, 401]).toContain(status);
    }
  });

  it('POST /auth/refresh and change-password: wrong types are 400, never 5xx', async () => {
    const { token } = await register(app);
    for (const value of [null, 1, true, [], {}, '']) {
      await app.http.post('/auth/refresh').send({ refreshToken: value }).expect(400);
      await app.http
        .post('/auth/change-password')
        .set(...bearer(token))
        .send({ currentPassword: value, newPassword: value })
        .expect(400);
    }
  });

  it.each([
    '/%',
    '/%zz',
    '/auth/%c0%ae',
    '/auth/me%00',
    '/auth//me',
    '/auth/me/',
    '/' + 'a'.repeat(5_000),
    '/auth/../etc',
  ])('a strange URL is 4xx in wire form: %s', async (path) => {
    const { status, body } = await raw(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(body).toMatchObject({ error: { code: expect.any(String), message: expect.any(String) } });
  });

  it.each([
    ['no HTTP', 'nonsense\r\n\r\n'],
    [
      'a huge header',
      `GET /auth/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${'a'.repeat(70_000)}\r\n\r\n`,
    ],
    [
      'two lengths',
      'POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}',
    ],
    ['a wrong length', 'POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n{}'],
  ])('what the parser of HTTP refuses is 4xx in wire form: %s', async (_name, text) => {
    const { status, body } = await raw(text);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(body).toMatchObject({ error: { code: 'VALIDATION_ERROR' } });
  });

  /** Past every client library, which would mend the request. */
  function raw(text: string): Promise<{ status: number; body: unknown }> {
    return new Promise((resolve, reject) => {
      let answer = '';
      const socket = connect(Number(new URL(app.url).port), '127.0.0.1', () => socket.write(text));
      socket.on('data', (chunk) => (answer += String(chunk)));
      socket.on('error', reject);
      socket.on('close', () => {
        const [head = '', body = ''] = answer.split('\r\n\r\n');
        resolve({ status: Number(head.split(' ')[1]), body: JSON.parse(body) });
      });
    });
  }
});
