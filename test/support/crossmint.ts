import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { cookie, cookiesOf } from './builders';
import type { Misbehaviour } from './provider';
import type { TestApp } from './test-app';

export const PROJECT = 'a-project';
export const API_KEY = 'sk_production_of-the-tests';
export const JWKS = '/.well-known/jwks.json';
export const REFRESH = '/api/2024-09-26/session/sdk/auth/refresh';
export const LOGOUT = '/api/2024-09-26/session/sdk/auth/logout';
export const WALLETS = '/api/2025-06-09/wallets';

export interface Key {
  readonly kid?: string;
  readonly alg: 'RS256' | 'ES256';
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export function someKey(kid?: string, alg: Key['alg'] = 'RS256'): Key {
  const pair =
    alg === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { kid, alg, ...pair };
}

const base64url = (value: object | string): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** A JWT with any header and any claims, signed by hand: a library would refuse most of what is tried here. */
export function signJwt(header: object, claims: object | string, { privateKey }: Key): string {
  const signed = `${base64url(header)}.${base64url(claims)}`;
  const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}

export const headerOf = ({ kid, alg }: Key): object => ({ alg, typ: 'JWT', ...(kid && { kid }) });

/** A key as a set of keys has it. */
export const jwkOf = ({ publicKey, kid, alg }: Key): object => ({
  ...publicKey.export({ format: 'jwk' }),
  ...(kid && { kid }),
  use: 'sig',
  alg,
});

interface Asked {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Record<string, string>;
}

/** Crossmint as a server: a set of keys, sessions with refresh tokens that rotate, and wallets. */
export class TestCrossmint {
  keys = [someKey('first'), someKey('second', 'ES256')];
  /** Refresh tokens that are good, and whose they are. */
  readonly secrets = new Map<string, { readonly sub: string; readonly email?: string }>();
  /** Addresses by owner. */
  readonly wallets = new Map<string, string>();
  /** By path: what it does in place of an answer. */
  readonly wrong = new Map<string, Misbehaviour>();
  /** By path: how long it takes, in ms. */
  readonly slow = new Map<string, number>();
  asked: Asked[] = [];
  /** Of its JWTs, in seconds. */
  life = 3_600;
  /** Whether a refresh token is good once. */
  rotates = true;
  /** Where its JWTs take the time from. */
  now = () => new Date();
  url = '';
  private readonly sockets = new Set<Socket>();
  private server: Server;

  /** @param port to come back at after it was closed */
  async open(port = 0): Promise<void> {
    this.server = createServer((request, response) => void this.answer(request, response));
    this.server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
    await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  timesAsked(path: string): number {
    return this.asked.filter((one) => one.path === path).length;
  }

  /** A user's JWT as it issues them; what is given replaces its own claims. */
  jwt(claims: Readonly<Record<string, unknown>> = {}, key = this.keys[0] as Key): string {
    const now = Math.floor(this.now().getTime() / 1_000);
    const own = {
      iss: 'https://www.crossmint.com',
      aud: PROJECT,
      sub: someSubject(),
      iat: now,
      exp: now + this.life,
    };
    return signJwt(headerOf(key), { ...own, ...claims }, key);
  }

  /** A refresh token of a user. */
  secretOf(sub: string, email?: string): string {
    const secret = `rt_${randomBytes(16).toString('hex')}`;
    this.secrets.set(secret, { sub, email });
    return secret;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', this.url).pathname;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const body = text === '' ? {} : (JSON.parse(text) as Record<string, string>);
    this.asked.push({ path, headers: request.headers, body });
    const wait = this.slow.get(path);
    if (wait !== undefined) await new Promise((resolve) => setTimeout(resolve, wait));
    const wrong = this.wrong.get(path);
    if (wrong) return wrong(request, response);
    const [status, told] = this.tell(path, body, request.headers);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(told));
  }

  private tell(
    path: string,
    body: Record<string, string>,
    headers: IncomingMessage['headers'],
  ): [number, unknown] {
    if (path === JWKS) return [200, { keys: this.keys.map(jwkOf) }];
    if (path === REFRESH) return this.refresh(body['refresh'] ?? '');
    if (path === LOGOUT) return [200, { ok: this.secrets.delete(body['refresh'] ?? '') }];
    if (path.startsWith(WALLETS) && headers['x-api-key'] !== API_KEY) return [403, REFUSED];
    if (path === WALLETS) return this.createWallet(body);
    const owner = decodeURIComponent(path.slice(WALLETS.length + 1)).replace(/:sui:mpc$/, '');
    const address = this.wallets.get(owner);
    return address ? [200, { chainType: 'sui', type: 'mpc', address, owner }] : [404, REFUSED];
  }

  private refresh(secret: string): [number, unknown] {
    const whose = this.secrets.get(secret);
    if (!whose) return [401, { error: 'Unauthorized' }];
    const { sub, email } = whose;
    if (this.rotates) this.secrets.delete(secret);
    const next = this.rotates ? this.secretOf(sub, email) : secret;
    const expiresAt = new Date(this.now().getTime() + 7 * 86_400_000).toISOString();
    const user = { id: sub, ...(email && { email }) };
    return [200, { jwt: this.jwt({ sub }), refresh: { secret: next, expiresAt }, user }];
  }

  private createWallet({ owner = '', chainType, type }: Record<string, string>): [number, unknown] {
    if (chainType !== 'sui' || !owner.startsWith('userId:')) return [400, REFUSED];
    const known = this.wallets.get(owner);
    const address = known ?? `0x${createHash('sha256').update(owner).update(randomBytes(8)).digest('hex')}`;
    this.wallets.set(owner, address);
    return [known ? 200 : 201, { chainType, type, address, owner, createdAt: this.now().toISOString() }];
  }
}

const REFUSED = { error: true, message: 'refused' };

export const someSubject = (): string => `crossmint-${randomBytes(6).toString('hex')}`;

/** Crossmint for all tests of a file; where it is stands in the settings before an application is started. */
export function useCrossmint(environment: Record<string, string>): TestCrossmint {
  const crossmint = new TestCrossmint();
  beforeAll(async () => {
    await crossmint.open();
    Object.assign(environment, {
      CROSSMINT_BASE_URL: crossmint.url,
      CROSSMINT_PROJECT_ID: PROJECT,
      ...environment,
    });
  });
  afterEach(() => {
    crossmint.wrong.clear();
    crossmint.slow.clear();
  });
  afterAll(() => crossmint.close());
  return crossmint;
}

export const exchange = (app: Pick<TestApp, 'http'>, jwt: string, more: object = {}) =>
  app.http.post('/api/auth/session').send({ jwt, ...more });

/** What a browser has left when the time of the JWT is over: it forgets the cookie by itself. */
export const withoutJwt = ([name, cookies]: [string, string]): [string, string] => [
  name,
  cookies
    .split('; ')
    .filter((one) => !one.startsWith('crossmint-jwt='))
    .join('; '),
];

/** What a browser sends back of the cookies that an answer has set: a Cookie header. */
export const keptFrom = (answer: { headers: Record<string, unknown> }): [string, string] =>
  cookie(
    Object.fromEntries(
      Object.entries(cookiesOf(answer))
        .filter(([, { value }]) => value !== '')
        .map(([name, { value }]) => [name, value]),
    ),
  );

export const jwtCookie = (jwt: string, secret?: string): [string, string] =>
  cookie({ 'crossmint-jwt': jwt, ...(secret && { 'crossmint-refresh-token': secret }) });

export const profileOf = (app: Pick<TestApp, 'http'>, cookies: [string, string]) =>
  app.http.get('/api/auth/profile').set(...cookies);

/** The sessions that a user has open. */
export async function sessionsOf(app: Pick<TestApp, 'database'>, userId: string): Promise<{ id: string }[]> {
  return app.database.query('SELECT id FROM sessions WHERE user_id = $1 AND revoked_at IS NULL', [userId]);
}
