import { bearer, refresh, register, someEmail, statusOf, verifyEmail } from './support/builders';
import { someKey, signJwt, headerOf } from './support/crossmint';
import { enrol, useProvider, type Person } from './support/provider';
import { useApp } from './support/test-app';
import { PUBLIC_URL, WebAgent } from './support/web-agent';

const environment: Record<string, string> = {};
const provider = useProvider(environment);
beforeAll(() => {
  const { url } = provider;
  environment['EXTERNAL_ISSUERS'] = JSON.stringify([
    { name: 'example-id', issuer: url, audience: 'oidc-client', jwksUrl: `${url}/jwks` },
  ]);
});
const app = useApp({ environment });

/** An ID token as the provider gives it to its client, by a sign-in in a browser of the client's own. */
async function idTokenOf(person: Person): Promise<string> {
  const redirect = `${PUBLIC_URL}/auth/oidc/callback`;
  const query = new URLSearchParams({
    client_id: 'oidc-client',
    redirect_uri: redirect,
    response_type: 'code',
    scope: 'openid email profile',
  });
  const agent = new WebAgent(app, provider);
  const callback = await agent.answerAt(`${provider.url}/auth?${query.toString()}`, person);
  const client = `oidc-client:${encodeURIComponent(environment['OIDC_CLIENT_SECRET'] ?? '')}`;
  const answer = await fetch(`${provider.url}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(client).toString('base64')}` },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: new URL(callback).searchParams.get('code') ?? '',
      redirect_uri: redirect,
    }),
  });
  return ((await answer.json()) as { id_token: string }).id_token;
}

const exchange = (jwt: unknown, name = 'example-id') =>
  app.http.post(`/auth/external/${name}/session`).send({ jwt });

describe('POST /auth/external/:name/session', () => {
  it('exchanges the ID token of an OpenID provider for tokens of ours', async () => {
    const jwt = await idTokenOf(enrol(provider, { name: 'Ada' }));
    const { body } = await exchange(jwt).expect(200);
    expect(body).toEqual({
      user: { _id: expect.any(String), email: null, name: expect.any(String) },
      token: expect.any(String),
      refreshToken: expect.stringMatching(/^ghr_/),
    });
    const { body: list } = await app.http
      .get(`/auth/${body.user._id}/sessions`)
      .set(...bearer(body.token))
      .expect(200);
    expect(list.data).toEqual([expect.objectContaining({ method: 'oidc', current: true })]);
    await refresh(app, body.refreshToken).expect(200);
  });

  it('is one person with who signs in by the provider in a browser', async () => {
    const person = enrol(provider, { email: someEmail(), verified: true });
    const first = (await exchange(await idTokenOf(person)).expect(200)).body;
    const { token = '' } = await new WebAgent(app, provider).signIn('/auth/oidc', person);
    const me = await app.http
      .get('/auth/me')
      .set(...bearer(token))
      .expect(200);
    expect(me.body.user._id).toBe(first.user._id);
    const { body } = await app.http
      .get('/auth/identities')
      .set(...bearer(first.token))
      .expect(200);
    expect(body.identities).toEqual([expect.objectContaining({ provider: 'oidc' })]);
    const [row] = await app.database.query('SELECT issuer, subject FROM identities WHERE user_id = $1', [
      first.user._id,
    ]);
    expect(row).toEqual({ issuer: provider.url, subject: String(person.id) });
  });

  it('[A5] joins the account of an address that the issuer calls verified, and no other', async () => {
    const owner = await register(app);
    await verifyEmail(app, owner.id);
    const { email } = owner;
    const doubtful = await exchange(await idTokenOf(enrol(provider, { email, verified: false }))).expect(200);
    expect(doubtful.body.user._id).not.toBe(owner.id);
    const vouched = await exchange(await idTokenOf(enrol(provider, { email, verified: true }))).expect(200);
    expect(vouched.body.user._id).toBe(owner.id);
  });

  it('[A6] the same JWT joins the session that it opened, with tokens of its own, until that ends', async () => {
    const jwt = await idTokenOf(enrol(provider));
    const answers = await Promise.all(Array.from({ length: 10 }, () => exchange(jwt).expect(200)));
    const [first] = answers.map(({ body }) => body as { user: { _id: string } });
    const user = { _id: first?.user._id };
    const open = await app.database.query('SELECT FROM sessions WHERE user_id = $1', [user._id]);
    expect(open).toHaveLength(1);
    const tokens = answers.map(({ body }) => body.refreshToken);
    expect(new Set(tokens).size).toBe(10);
    for (const token of tokens.slice(0, 3)) await refresh(app, token).expect(200);
    await app.http
      .post('/auth/logout')
      .set(...bearer(answers[5]?.body.token))
      .expect(200);
    expect(await statusOf(app, answers[0]?.body.token)).toBe(401);
    await refresh(app, tokens[9]).expect(401);
    const { body } = await exchange(jwt).expect(401);
    expect(body).toEqual({ error: { code: 'INVALID_TOKEN', message: 'Token is expired or invalid' } });
  });

  it('names the field that is wrong, and the issuer that is not there', async () => {
    for (const jwt of [undefined, null, '', 42]) {
      const { body } = await exchange(jwt).expect(400);
      expect(body.error).toMatchObject({ code: 'VALIDATION_ERROR', details: [{ field: 'jwt' }] });
    }
    const { body } = await exchange('x.y.z', 'nobody').expect(404);
    expect(body.error.code).toBe('PROVIDER_NOT_CONFIGURED');
  });

  it('refuses what was signed by somebody else', async () => {
    const key = { ...someKey('of the tests') };
    const now = Math.floor(Date.now() / 1_000);
    const jwt = signJwt(
      headerOf(key),
      { iss: provider.url, aud: 'oidc-client', sub: '1', exp: now + 60 },
      key,
    );
    await exchange(jwt).expect(401);
  });

  it('no health check names it: there is nothing to send a browser to', async () => {
    const { body } = await app.http.get('/auth/health').expect(200);
    expect(body.providers.filter((name: string) => /external|example-id/.test(name))).toEqual([]);
  });

  it('its identity is a way in, and the last one stays', async () => {
    const person = enrol(provider);
    await exchange(await idTokenOf(person)).expect(200);
    const { token = '' } = await new WebAgent(app, provider).signIn('/auth/oidc', person);
    const { body: list } = await app.http.get('/auth/identities').set(...bearer(token));
    const refused = await app.http
      .delete(`/auth/identities/${list.identities[0].id}`)
      .set(...bearer(token))
      .expect(403);
    expect(refused.body.error.message).toMatch(/the only way to sign in/);
  });

  it('a JWT that may come from a refresh is no sign-in of the last ten minutes', async () => {
    const { body } = await exchange(await idTokenOf(enrol(provider))).expect(200);
    const { body: list } = await app.http.get('/auth/identities').set(...bearer(body.token));
    const refused = await app.http
      .delete(`/auth/identities/${list.identities[0].id}`)
      .set(...bearer(body.token))
      .expect(403);
    expect(refused.body.error.message).toMatch(/^Sign in again first/);
  });
});
