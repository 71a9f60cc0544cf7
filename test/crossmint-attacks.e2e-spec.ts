import { createHmac, generateKeyPairSync } from 'node:crypto';
import { bearer, cookie, cookiesOf, register } from './support/builders';
import {
  exchange,
  headerOf,
  jwkOf,
  JWKS,
  jwtCookie,
  profileOf,
  PROJECT,
  signJwt,
  someKey,
  someSubject,
  TestCrossmint,
  useCrossmint,
  type Key,
} from './support/crossmint';
import { useApp } from './support/test-app';

const environment: Record<string, string> = {
  CROSSMINT_ISSUER: 'https://www.crossmint.com',
  ISSUER_TIMEOUT: '500ms',
};
const crossmint = useCrossmint(environment);
/** Keys, and a whole issuer, of an attacker. */
const attacker = new TestCrossmint();
/** A key of which the set does not say what it is for. */
const plain = someKey('plain');
const OTHER = 'https://other.example.com';
beforeAll(async () => {
  await attacker.open();
  const { url } = attacker;
  environment['EXTERNAL_ISSUERS'] = JSON.stringify([
    { name: 'other', issuer: OTHER, audience: ['app', 'api'], jwksUrl: `${url}${JWKS}` },
  ]);
  crossmint.keys.push(plain);
});
afterAll(() => attacker.close());
const app = useApp({ environment });

const first = () => crossmint.keys[0] as Key;
const seconds = () => Math.floor(app.clock.now().getTime() / 1_000);
const claims = (more: object = {}) => ({
  iss: 'https://www.crossmint.com',
  aud: PROJECT,
  sub: someSubject(),
  iat: seconds(),
  exp: seconds() + 3_600,
  ...more,
});
const by = (header: object, key: Key = first()) => signJwt({ ...headerOf(key), ...header }, claims(), key);
const secretly = (header: object, secret: string | Buffer): string => {
  const [signed = ''] = [by(header).split('.').slice(0, 2).join('.')];
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
};
const pemOf = ({ publicKey }: Key) => publicKey.export({ type: 'spki', format: 'pem' });
const unsigned = (header: object) => `${by(header).split('.').slice(0, 2).join('.')}.`;

/** What no JWT may look like; each is made when it is tried. */
const HOSTILE: Record<string, () => string> = {
  'of another issuer': () => crossmint.jwt({ iss: 'https://evil.example' }),
  'of an issuer that is almost the same': () => crossmint.jwt({ iss: 'https://www.crossmint.com/' }),
  'of several issuers': () => crossmint.jwt({ iss: ['https://www.crossmint.com'] }),
  'of no issuer': () => crossmint.jwt({ iss: undefined }),
  "signed with an attacker's key under a known kid": () => by({}, someKey('first')),
  "signed with an attacker's key and no kid": () => by({}, someKey()),
  'signed with a key whose jku is given': () => by({ jku: `${attacker.url}${JWKS}` }, attacker.keys[0]),
  'signed with a key whose jku is given, under a known kid': () =>
    by({ jku: `${attacker.url}${JWKS}`, kid: 'first' }, attacker.keys[0]),
  'signed with a key whose x5u is given': () => by({ x5u: `${attacker.url}/x5u` }, attacker.keys[0]),
  'signed with a key that it brings as jwk': () => {
    const key = someKey('first');
    return by({ jwk: jwkOf(key) }, key);
  },
  'signed with a certificate that it brings as x5c': () => by({ x5c: [pemOf(someKey())] }, someKey('first')),
  'HS256 with the public key as the secret': () => secretly({ alg: 'HS256' }, pemOf(first())),
  'HS256 with the modulus as the secret': () =>
    secretly({ alg: 'HS256' }, (jwkOf(first()) as { n: string }).n),
  'HS256 with an empty secret': () => secretly({ alg: 'HS256' }, ''),
  'HS256 in other letters': () => secretly({ alg: 'hs256' }, pemOf(first())),
  'alg none': () => unsigned({ alg: 'none' }),
  'alg None with a signature': () => `${unsigned({ alg: 'None' })}AAAA`,
  'alg none and its signature': () => by({ alg: 'none' }),
  'without alg': () => by({ alg: undefined }),
  'with a list as alg': () => by({ alg: ['RS256'] }),
  'with a list as kid': () => by({ kid: ['first'] }),
  'of a key for another algorithm': () => by({ alg: 'PS256' }),
  'with the algorithm of another kind of key': () => by({ alg: 'ES256' }),
  'that demands more than we understand': () => by({ crit: ['exp'], exp: 1 }),
  'that is a logout token by its type': () => by({ typ: 'logout+jwt' }),
  'that is a logout token by its claims': () => crossmint.jwt({ events: {} }),
  'of another type': () => by({ typ: 'dpop+jwt' }),
  'without exp': () => crossmint.jwt({ exp: undefined }),
  'with exp as a text': () => crossmint.jwt({ exp: '9999999999' }),
  'with exp in milliseconds': () => crossmint.jwt({ exp: Date.now() }),
  'with an endless exp': () => crossmint.jwt({ exp: 1e308 }),
  'with a negative exp': () => crossmint.jwt({ exp: -1 }),
  'with exp as null': () => crossmint.jwt({ exp: null }),
  'that expired': () => crossmint.jwt({ exp: seconds() - 6 }),
  'that is not yet valid': () => crossmint.jwt({ nbf: seconds() + 60 }),
  'with nbf as a text': () => crossmint.jwt({ nbf: '0' }),
  'for nobody': () => crossmint.jwt({ aud: undefined }),
  'for another project': () => crossmint.jwt({ aud: 'another' }),
  'for other projects': () => crossmint.jwt({ aud: ['one', 'two'] }),
  'for a project in an object': () => crossmint.jwt({ aud: { [PROJECT]: PROJECT } }),
  'of an empty subject': () => crossmint.jwt({ sub: '' }),
  'of a blank subject': () => crossmint.jwt({ sub: ' ' }),
  'of no subject': () => crossmint.jwt({ sub: undefined }),
  'of a subject that is a number': () => crossmint.jwt({ sub: 42 }),
  'of a subject that is null': () => crossmint.jwt({ sub: null }),
  'of a subject with a NUL': () => crossmint.jwt({ sub: 'a\0b' }),
  'of a subject of 256 characters': () => crossmint.jwt({ sub: 'x'.repeat(256) }),
  'whose claims are a text': () => signJwt(headerOf(first()), '"text"', first()),
  'whose claims are a list': () => signJwt(headerOf(first()), '[]', first()),
  'whose claims are null': () => signJwt(headerOf(first()), 'null', first()),
  'whose claims are no JSON': () => signJwt(headerOf(first()), '{"sub":', first()),
  'with a bit of the signature turned': () => {
    const jwt = crossmint.jwt();
    return jwt.slice(0, -8) + (jwt.at(-8) === 'A' ? 'B' : 'A') + jwt.slice(-7);
  },
  'with other claims under a signature': () => {
    const [header, , signature] = crossmint.jwt().split('.');
    const changed = Buffer.from(JSON.stringify(claims())).toString('base64url');
    return `${header}.${changed}.${signature}`;
  },
  'of 8 KB of rubbish': () => 'x'.repeat(8_192),
  'of 8 KB of rubbish in three parts': () => `${'x'.repeat(2_700)}.${'y'.repeat(2_700)}.${'z'.repeat(2_700)}`,
  'in two parts': () => crossmint.jwt().split('.').slice(0, 2).join('.'),
  'in four parts': () => `${crossmint.jwt()}.x`,
  'in five parts, encrypted': () => 'eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.a.b.c.d',
  'of dots': () => '..',
  'with blanks around': () => ` ${crossmint.jwt()} `,
  'with padding': () => crossmint.jwt().split('.').join('=.'),
};

describe('[A6][B50][B51][B53][B54] a JWT that is not good', () => {
  it.each(Object.keys(HOSTILE))('%s is refused, and opens nothing', async (name) => {
    const jwt = HOSTILE[name]?.() ?? '';
    const { body, headers } = await exchange(app, jwt).expect(401);
    expect(body).toEqual({ error: 'Token is expired or invalid', code: 'UNAUTHORIZED' });
    expect(headers['set-cookie']).toBeUndefined();
    const asked = await app.http.get('/api/auth/profile').set(...cookie({ 'crossmint-jwt': jwt.trim() }));
    // What only lacks blanks is good.
    if (jwt.trim() === jwt) expect([asked.status, asked.body]).toEqual([401, body]);
  });

  it('made nobody, and asked nobody for keys but the issuer', async () => {
    expect(attacker.asked).toEqual([]);
    const [row] = await app.database.query('SELECT count(*)::int FROM sessions');
    expect(row.count).toBe(0);
    const [{ count }] = await app.database.query('SELECT count(*)::int FROM users');
    expect(count).toBe(0);
  });

  it.each([
    ['iat', { iat: 'yesterday' }],
    ['iat', { iat: 1e300 }],
    ['iat', { iat: -1e300 }],
    ['aud', { aud: ['other', PROJECT] }],
    ['a subject of 255 characters', { sub: 'x'.repeat(255) }],
  ])('an odd but good %s is taken', async (_, odd) => {
    const jwt = crossmint.jwt(odd);
    await exchange(app, jwt).expect(200);
    await profileOf(app, jwtCookie(jwt)).expect(200);
  });

  it('is good for five seconds more than it says, and no longer', async () => {
    const jwt = crossmint.jwt({ exp: seconds() - 3 });
    await exchange(app, jwt).expect(200);
    app.clock.advance({ seconds: 3 });
    await profileOf(app, jwtCookie(jwt)).expect(401);
  });

  it('a key of which nothing is said serves each algorithm of its kind; one without a kid is found alone', async () => {
    await exchange(app, crossmint.jwt({}, plain)).expect(200);
    for (const typ of ['jwt', 'at+jwt', 'application/at+JWT', undefined])
      await exchange(app, by({ typ })).expect(200);
  });
});

describe('[A13] a JWT of a session that was revoked', () => {
  /** To each signature of ES256 there is another that is as good: s and n − s. */
  const otherSignature = (jwt: string): string => {
    const n = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
    const [header, body, signature = ''] = jwt.split('.');
    const bytes = Buffer.from(signature, 'base64url');
    const s = BigInt(`0x${bytes.subarray(32).toString('hex')}`);
    const other = Buffer.from((n - s).toString(16).padStart(64, '0'), 'hex');
    return `${header}.${body}.${Buffer.concat([bytes.subarray(0, 32), other]).toString('base64url')}`;
  };

  it('opens no other under another signature that is as good', async () => {
    const jwt = crossmint.jwt({}, crossmint.keys[1]);
    const twin = otherSignature(jwt);
    expect(twin).not.toBe(jwt);
    await exchange(app, jwt).expect(200);
    await profileOf(app, jwtCookie(twin)).expect(200);
    await app.http
      .post('/api/auth/logout')
      .set(...jwtCookie(jwt))
      .expect(200);
    await exchange(app, twin).expect(401);
    await profileOf(app, jwtCookie(twin)).expect(401);
  });
});

describe('[A6][B52][B62] one issuer and another', () => {
  const external = (jwt: string) => app.http.post('/auth/external/other/session').send({ jwt });
  const ofOther = (more: object = {}) => attacker.jwt({ iss: OTHER, aud: 'app', ...more });

  it('the same subject of both is two people', async () => {
    const sub = someSubject();
    const { body } = await external(ofOther({ sub })).expect(200);
    const jwt = crossmint.jwt({ sub });
    await exchange(app, jwt).expect(200);
    expect((await profileOf(app, jwtCookie(jwt))).body.userId).not.toBe(body.user._id);
  });

  it("one's JWT is refused at the other, whatever it says", async () => {
    await external(crossmint.jwt()).expect(401);
    await external(crossmint.jwt({ iss: OTHER, aud: 'app' })).expect(401);
    await exchange(app, ofOther()).expect(401);
    const asCrossmint = claims();
    await exchange(app, attacker.jwt(asCrossmint)).expect(401);
    await profileOf(app, jwtCookie(ofOther())).expect(401);
  });

  it('a JWT of our own is refused at both, and theirs as our Bearer token', async () => {
    const { token } = await register(app);
    await exchange(app, token).expect(401);
    await external(token).expect(401);
    await profileOf(app, jwtCookie(token)).expect(401);
    for (const jwt of [crossmint.jwt(), ofOther()]) {
      await app.http
        .get('/auth/me')
        .set(...bearer(jwt))
        .expect(401);
      await app.http
        .get('/auth/me')
        .set(...cookie({ accessToken: jwt }))
        .expect(401);
    }
  });

  it('[A18] what an issuer never wrote is no 500', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const deep = '{"a":'.repeat(1_000) + '1' + '}'.repeat(1_000);
    const key = { ...first(), privateKey };
    for (const jwt of [
      signJwt(headerOf(first()), deep, key),
      signJwt({ alg: 'RS256', kid: '__proto__' }, deep, first()),
    ]) {
      for (const status of [(await exchange(app, jwt)).status, (await external(jwt)).status])
        expect(status).toBe(401);
    }
    for (const name of ['nobody', '__proto__', '%00', '..%2f', 'x'.repeat(90)]) {
      const { status } = await app.http.post(`/auth/external/${name}/session`).send({ jwt: ofOther() });
      expect([400, 404]).toContain(status);
    }
  });
});

describe('[A11] cookies of somebody before', () => {
  it('a sign-in goes by its own JWT, whatever the browser had', async () => {
    const before = crossmint.jwt();
    await exchange(app, before).expect(200);
    const jwt = crossmint.jwt();
    const answer = await exchange(app, jwt)
      .set(...jwtCookie(before, 'rt_before'))
      .expect(200);
    expect(cookiesOf(answer)['crossmint-jwt']?.value).toBe(jwt);
    await profileOf(app, jwtCookie(jwt)).expect(200);
    await profileOf(app, jwtCookie(before)).expect(401);
  });
});
