import { createHmac, createPublicKey, generateKeyPairSync, sign as signBytes } from 'node:crypto';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { sign, type JwtHeader } from 'jsonwebtoken';
import { SigningKeys } from '../src/sessions/signing-keys';
import { register, statusOf, type Person } from './support/builders';
import { startApp, useApp } from './support/test-app';

const ISSUER = 'http://localhost:3000';

describe('access tokens', () => {
  const app = useApp();
  let person: Person;
  beforeEach(async () => (person = await register(app)));

  it('[B55] [B67] are ES256 JWTs of type at+jwt with issuer, audience, user and session', async () => {
    const jwks = createRemoteJWKSet(new URL(`${app.url}/.well-known/jwks.json`));
    const { payload, protectedHeader } = await jwtVerify(person.token, jwks, {
      issuer: ISSUER,
      audience: ISSUER,
      typ: 'at+jwt',
      algorithms: ['ES256'],
    });
    expect(Object.keys(payload).sort()).toEqual(['aud', 'exp', 'iat', 'iss', 'jti', 'sid', 'sub']);
    expect(payload.sub).toBe(person.id);
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(15 * 60);
    expect(protectedHeader.kid).toBeDefined();
  });

  it('[B51] the key set holds public parts only', async () => {
    const { body, headers } = await app.http.get('/.well-known/jwks.json').expect(200);
    expect(Object.keys(body.keys[0]).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    expect(headers['cache-control']).toContain('max-age');
  });

  it('private keys are sealed in the database', async () => {
    const [row] = await app.database.query('SELECT private_key FROM signing_keys');
    expect(row.private_key.toString('latin1')).not.toContain('PRIVATE');
    expect(() => createPublicKey({ key: row.private_key, format: 'der', type: 'pkcs1' })).toThrow();
  });

  it('[B54] expire after 15 minutes', async () => {
    app.clock.advance({ minutes: 14 });
    expect(await statusOf(app, person.token)).toBe(200);
    app.clock.advance({ minutes: 1, seconds: 1 });
    expect(await statusOf(app, person.token)).toBe(401);
  });

  describe('[A6] [B50] [B51] [B52] [B53] [B54] [B55] that we did not issue are refused', () => {
    const header = () => decodeProtectedHeader(person.token) as unknown as JwtHeader;
    const claims = () => decodeJwt(person.token) as Record<string, unknown>;
    const ours = () => app.nest.get(SigningKeys).current();
    /** A token by our own key, with one thing changed; signed by hand, because libraries refuse to write some. */
    const changed = (claim: object, head: object = {}) => {
      const unsigned = raw({ ...header(), ...head }, { ...claims(), ...claim }, '').slice(0, -1);
      const key = { key: ours().privateKey, dsaEncoding: 'ieee-p1363' } as const;
      return `${unsigned}.${signBytes('sha256', Buffer.from(unsigned), key).toString('base64url')}`;
    };
    const raw = (head: object, body: object, signature: string) =>
      [head, body]
        .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
        .concat(signature)
        .join('.');
    const publicPem = async () => {
      const { body } = await app.http.get('/.well-known/jwks.json');
      return createPublicKey({ key: body.keys[0], format: 'jwk' }).export({ type: 'spki', format: 'pem' });
    };
    const hs256 = async (head: object) => {
      const unsigned = raw(head, claims(), '').slice(0, -1);
      return `${unsigned}.${createHmac('sha256', await publicPem())
        .update(unsigned)
        .digest('base64url')}`;
    };

    it('but the same token, signed again unchanged, is good: the cases below fail for their own reasons', async () => {
      expect(await statusOf(app, changed({}))).toBe(200);
    });

    const attacker = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const cases: [string, () => string | Promise<string>][] = [
      ['alg none', () => raw({ ...header(), alg: 'none' }, claims(), '')],
      [
        'alg None with our signature',
        () => raw({ ...header(), alg: 'None' }, claims(), person.token.split('.')[2] ?? ''),
      ],
      ['HS256 with our public key as the secret', () => hs256({ ...header(), alg: 'HS256' })],
      [
        "an attacker's key under our kid",
        () => sign(claims(), attacker.privateKey, { algorithm: 'ES256', header: header() }),
      ],
      [
        "an attacker's key in the header (jwk, jku, x5u)",
        () =>
          sign(claims(), attacker.privateKey, {
            algorithm: 'ES256',
            header: {
              ...header(),
              jwk: attacker.publicKey.export({ format: 'jwk' }),
              jku: 'http://127.0.0.1:1/jwks.json',
              x5u: 'http://127.0.0.1:1/cert.pem',
            } as unknown as JwtHeader,
          }),
      ],
      ['an unknown kid', () => changed({}, { kid: '00000000-0000-4000-8000-000000000000' })],
      ['no kid', () => changed({}, { kid: undefined })],
      ['a kid that is a path', () => changed({}, { kid: '../../../../dev/null' })],
      ['type JWT', () => changed({}, { typ: 'JWT' })],
      ['no type', () => changed({}, { typ: undefined })],
      ['the type of another kind of token', () => changed({}, { typ: 'state+jwt' })],
      ['another issuer', () => changed({ iss: 'https://evil.example' })],
      ['no issuer', () => changed({ iss: undefined })],
      ['another audience', () => changed({ aud: 'https://other.example' })],
      ['no audience', () => changed({ aud: undefined })],
      ['no expiry', () => changed({ exp: undefined })],
      ['an expiry that is text', () => changed({ exp: 'tomorrow' })],
      ['expired a second ago', () => changed({ exp: Math.floor(app.clock.now().getTime() / 1_000) - 1 })],
      ['not valid yet', () => changed({ nbf: Math.floor(app.clock.now().getTime() / 1_000) + 86_400 * 365 })],
      ['no session', () => changed({ sid: undefined })],
      ['a session that is no UUID', () => changed({ sid: "x' OR '1'='1" })],
      ['a session that does not exist', () => changed({ sid: '00000000-0000-4000-8000-000000000000' })],
      ['a session that is an object', () => changed({ sid: { id: 1 } })],
      ["another user's session", async () => changed({ sid: decodeJwt((await register(app)).token).sid })],
      ['an empty user', () => changed({ sub: '' })],
      [
        'a changed payload',
        () => person.token.replace(/\.[^.]+\./, `.${Buffer.from('{"sub":"x"}').toString('base64url')}.`),
      ],
      ['a cut signature', () => person.token.slice(0, -4)],
      ['no signature', () => person.token.split('.').slice(0, 2).join('.') + '.'],
      ['a fourth part', () => `${person.token}.AAAA`],
    ];
    it.each(cases)('%s', async (_name, forge) => {
      expect(await statusOf(app, await forge())).toBe(401);
    });
  });

  describe('keys', () => {
    it('rotate: the new one is published before it signs, the old one until its last token has expired', async () => {
      const keys = app.nest.get(SigningKeys);
      const before = keys.current().kid;
      const { kid } = await keys.rotate();
      expect(
        keys
          .jwks()
          .keys.map((key) => key.kid)
          .sort(),
      ).toEqual([before, kid].sort());
      expect(keys.current().kid).toBe(before);

      app.clock.advance({ seconds: 61 });
      expect(keys.current().kid).toBe(kid);
      const late = await register(app);
      expect(decodeProtectedHeader(late.token).kid).toBe(kid);
      expect(await statusOf(app, person.token)).toBe(200);

      app.clock.advance({ minutes: 16 });
      expect(keys.jwks().keys.map((key) => key.kid)).toEqual([kid]);
    });

    it('rotate at once when one has leaked: its tokens are good for nothing', async () => {
      expect(await statusOf(app, person.token)).toBe(200);
      const { kid } = await app.nest.get(SigningKeys).rotate(true);
      expect(await statusOf(app, person.token)).toBe(401);
      const late = await register(app);
      expect(decodeProtectedHeader(late.token).kid).toBe(kid);
      expect(await statusOf(app, late.token)).toBe(200);
    });

    it('rotate at once while an earlier rotation waits for its lead time: the waiting key never signs', async () => {
      const keys = app.nest.get(SigningKeys);
      const { kid: waiting } = await keys.rotate();
      const { kid } = await keys.rotate(true);
      app.clock.advance({ seconds: 70 });
      const late = await register(app);
      expect(decodeProtectedHeader(late.token).kid).toBe(kid);
      expect(kid).not.toBe(waiting);
      expect(await statusOf(app, late.token)).toBe(200);
    });

    it('sign also when the clock is set back behind the first of them', async () => {
      await app.database.query(`DELETE FROM signing_keys`);
      const keys = app.nest.get(SigningKeys);
      await keys.onModuleInit();
      keys.onModuleDestroy();
      app.clock.advance({ days: -30 });
      expect(keys.current().kid).toBeDefined();
      expect(await statusOf(app, (await register(app)).token)).toBe(200);
    });

    it('are not opened by another APP_SECRET, and the start says so', async () => {
      const { host, port, database } = app.database.options as unknown as Record<string, string>;
      const { username, password } = app.database.options as unknown as Record<string, string>;
      const url = `postgresql://${username}:${password}@localhost:${port}/${database}?host=${encodeURIComponent(host ?? '')}`;
      const environment = { DATABASE_URL: url, APP_SECRET: 'quite another secret of the same length' };
      await expect(startApp({ environment })).rejects.toThrow('APP_SECRET does not open the signing keys');
    });
  });
});
