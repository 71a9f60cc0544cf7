import { generateKeyPairSync } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type Provider from 'oidc-provider';
import type { Configuration } from 'oidc-provider';

/** Somebody with an account at the provider. */
export interface Person {
  /** A number, as GitHub counts its people. */
  readonly id: number;
  readonly email?: string;
  readonly verified?: boolean;
  readonly name?: string;
}

/** How an endpoint may go wrong. */
export type Misbehaviour = (request: IncomingMessage, response: ServerResponse) => void;

const answering =
  (status: number, body: string, type = 'application/json'): Misbehaviour =>
  (_request, response) =>
    void response.writeHead(status, { 'content-type': type }).end(body);

export const misbehaviours = {
  hangs: () => undefined,
  drips: (_request: IncomingMessage, response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const timer = setInterval(() => response.write(' '), 20);
    response.on('close', () => clearInterval(timer));
  },
  'cuts the connection': (request: IncomingMessage) => void request.socket.destroy(),
  'answers half': (_request: IncomingMessage, response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"access_token": "', () => response.socket?.destroy());
  },
  'answers without end': (_request: IncomingMessage, response: ServerResponse) => {
    const more = () => {
      while (response.write('x'.repeat(65_536)));
    };
    response.writeHead(200, { 'content-type': 'application/json' }).on('drain', more);
    more();
  },
  'redirects elsewhere': (_request: IncomingMessage, response: ServerResponse) =>
    void response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end(),
  'answers 500': answering(500, '{"error": "server_error"}'),
  'answers 403': answering(403, '{"message": "Resource not accessible"}'),
  'answers HTML': answering(200, '<html>Welcome to the hotel network</html>', 'text/html'),
  'answers nothing': answering(200, ''),
  'answers null': answering(200, 'null'),
  'answers a number': answering(200, '42'),
  'answers a list': answering(200, '[]'),
  'answers an empty object': answering(200, '{}'),
  'answers deep nesting': answering(200, '['.repeat(100_000)),
} satisfies Record<string, Misbehaviour>;

const CLIENT_SECRET = 'a secret that the provider knows too';
const METHODS = ['google', 'github', 'oidc'] as const;

/** Other names of its endpoints, as Google has them. */
const GOOGLE_PATHS: Readonly<Record<string, string>> = {
  '/o/oauth2/v2/auth': '/auth',
  '/oauth2/token': '/token',
  '/v1/userinfo': '/me',
};

/** A real OpenID provider (oidc-provider) that also speaks as Google and as GitHub do, with people of our own. */
export class TestProvider {
  readonly people = new Map<number, Person>();
  /** By path: what it does in place of an answer. */
  readonly wrong = new Map<string, Misbehaviour>();
  /** What was asked of the token endpoints, decoded. */
  readonly tokenRequests: Record<string, string>[] = [];
  /** Every request: method and path with query, and the headers. */
  readonly requests: { readonly line: string; readonly headers: IncomingMessage['headers'] }[] = [];
  url = '';
  /** Signs its ID tokens. */
  readonly key = {
    ...generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }),
    kid: 'of the tests',
    use: 'sig',
    alg: 'RS256',
  };
  private oidc: Provider;
  private readonly sockets = new Set<Socket>();
  private readonly server: Server = createServer((request, response) => {
    void this.answer(request, response).catch((error: Error) => response.destroy(error));
  });

  /** @param publicUrl of the server that signs people in by it */
  async open(publicUrl = 'http://localhost:3000'): Promise<Record<string, string>> {
    this.server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    // It warns of what only matters outside of tests, and of Node 20, on which it runs.
    const warn = jest.spyOn(console, 'warn').mockImplementation();
    const { default: OidcProvider } = await import('oidc-provider');
    this.oidc = new OidcProvider(this.url, configuration(publicUrl, this));
    warn.mockRestore();
    return this.environment();
  }

  /** Whose subjects its people are, by method. */
  get issuers(): Readonly<Record<(typeof METHODS)[number], string>> {
    const { url } = this;
    return { google: `${url}/v1/userinfo`, github: `${url}/api/v3/user`, oidc: url };
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private environment(): Record<string, string> {
    const { url } = this;
    return {
      GOOGLE_CLIENT_ID: 'google-client',
      GOOGLE_CLIENT_SECRET: CLIENT_SECRET,
      GOOGLE_AUTHORIZATION_URL: `${url}/o/oauth2/v2/auth`,
      GOOGLE_TOKEN_URL: `${url}/oauth2/token`,
      GOOGLE_USERINFO_URL: `${url}/v1/userinfo`,
      GITHUB_CLIENT_ID: 'github-client',
      GITHUB_CLIENT_SECRET: CLIENT_SECRET,
      GITHUB_AUTHORIZATION_URL: `${url}/login/oauth/authorize`,
      GITHUB_TOKEN_URL: `${url}/login/oauth/access_token`,
      GITHUB_USERINFO_URL: `${url}/api/v3/user`,
      OIDC_ISSUER: url,
      OIDC_CLIENT_ID: 'oidc-client',
      OIDC_CLIENT_SECRET: CLIENT_SECRET,
      OIDC_NAME: 'Example ID',
    };
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, search } = new URL(request.url ?? '/', this.url);
    this.requests.push({ line: `${request.method} ${request.url}`, headers: request.headers });
    const wrong = this.wrong.get(pathname);
    if (wrong) return wrong(request, response);
    if (pathname.startsWith('/interaction/')) return this.interact(request, response);
    if (pathname === '/login/oauth/authorize') request.url = githubAuthorization(search);
    if (pathname === '/login/oauth/access_token' || pathname === '/oauth2/token') {
      return this.exchange(pathname, request, response);
    }
    if (pathname.startsWith('/api/v3/user')) return this.tellAsGitHub(pathname, request, response);
    if (GOOGLE_PATHS[pathname]) request.url = `${GOOGLE_PATHS[pathname]}${search}`;
    void this.oidc.callback()(request, response);
  }

  /** A page with a button for each person, and what it does. */
  private async interact(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'GET') {
      const buttons = [...this.people.values()].map(
        ({ id, name = id }) => `<button name="person" value="${id}">Sign in as ${name}</button>`,
      );
      const page = `<!doctype html><form method="post">${buttons.join('')}<button name="person" value="">Cancel</button></form>`;
      return void response.writeHead(200, { 'content-type': 'text/html' }).end(page);
    }
    const person = new URLSearchParams(await textOf(request)).get('person');
    const denied = { error: 'access_denied', error_description: 'End-User aborted interaction' };
    await this.oidc.interactionFinished(
      request,
      response,
      person ? { login: { accountId: person } } : denied,
      { mergeWithLastSubmission: false },
    );
  }

  /** GitHub answers as a form, and calls an error 200. */
  private async exchange(
    pathname: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const body = await textOf(request);
    this.tokenRequests.push(Object.fromEntries(new URLSearchParams(body)));
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await fetch(`${this.url}/token`, { method: 'POST', headers, body });
    const fields = (await answer.json()) as Record<string, string>;
    if (pathname === '/oauth2/token') {
      return void response
        .writeHead(answer.status, { 'content-type': 'application/json' })
        .end(JSON.stringify(fields));
    }
    const { access_token = '', error, error_description = '' } = fields;
    const told: Record<string, string> = error
      ? { error: 'bad_verification_code', error_description }
      : { access_token, scope: 'read:user,user:email', token_type: 'bearer' };
    response.writeHead(200, headers).end(new URLSearchParams(told).toString());
  }

  private async tellAsGitHub(
    pathname: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const [scheme, token = ''] = (request.headers.authorization ?? '').split(' ');
    const found = scheme === 'Bearer' ? await this.oidc.AccessToken.find(token) : undefined;
    const person = this.people.get(Number(found?.accountId));
    const agent = request.headers['user-agent'];
    const json = (status: number, body: unknown) =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (!agent) return json(403, { message: 'Please make sure your request has a User-Agent header' });
    if (!person) return json(401, { message: 'Bad credentials' });
    const { id, email, verified = false, name = null } = person;
    if (pathname === '/api/v3/user') return json(200, { id, login: `login-${id}`, name, email: null });
    const other = { email: `other-${id}@example.com`, primary: false, verified: true, visibility: null };
    const primary = { email, primary: true, verified, visibility: 'private' };
    json(200, email === undefined ? [] : [other, primary]);
  }
}

const githubAuthorization = (search: string): string => {
  const query = new URLSearchParams(search);
  query.set('scope', 'openid email profile');
  return `/auth?${query.toString()}`;
};

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

const configuration = (publicUrl: string, { people, key }: TestProvider): Configuration => ({
  clients: METHODS.map((name) => ({
    client_id: `${name}-client`,
    client_secret: CLIENT_SECRET,
    redirect_uris: [`${publicUrl}/auth/${name}/callback`],
    grant_types: ['authorization_code'],
    response_types: ['code'],
    token_endpoint_auth_method: name === 'oidc' ? 'client_secret_basic' : 'client_secret_post',
  })),
  // As many do: what the scopes ask for stands in the ID token too.
  conformIdTokenClaims: false,
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
  findAccount: (_context, id) => {
    const { email, verified, name } = people.get(Number(id)) ?? {};
    const claims = {
      sub: id,
      name,
      ...(email !== undefined && { email, email_verified: verified ?? false }),
    };
    return { accountId: id, claims: () => claims };
  },
  // Nobody is asked for consent.
  loadExistingGrant: async ({ oidc }) => {
    const { clientId = '' } = oidc.client ?? {};
    const given = oidc.session?.grantIdFor(clientId);
    if (given) return oidc.provider.Grant.find(given);
    const grant = new oidc.provider.Grant({ clientId, accountId: oidc.session?.accountId });
    grant.addOIDCScope('openid email profile');
    await grant.save();
    return grant;
  },
  interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
  features: { devInteractions: { enabled: false } },
  // It must not be this provider that saves us where we forget it.
  pkce: { required: () => false },
  jwks: { keys: [key] },
  ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
  cookies: { keys: ['of the tests'] },
});

let lastId = 1_000;

/** Somebody new at a provider; a test states only what matters to it. */
export function enrol(provider: TestProvider, given: Omit<Person, 'id'> & { id?: number } = {}): Person {
  const person = { id: ++lastId, ...given };
  provider.people.set(person.id, person);
  return person;
}

/** A provider for all tests of a file; its settings are there before an application is started. */
export function useProvider(environment: Record<string, string>): TestProvider {
  const provider = new TestProvider();
  beforeAll(async () => void Object.assign(environment, await provider.open(environment['PUBLIC_URL'])));
  afterEach(() => provider.wrong.clear());
  afterAll(() => provider.close());
  return provider;
}
