import { PassportStrategy } from '@nestjs/passport';
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  ClientSecretBasic,
  ClientSecretPost,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
  randomPKCECodeVerifier,
  type ClientAuth,
  type Configuration,
} from 'openid-client';
import { Strategy } from 'passport';
import { readIdentity, type ExternalIdentity } from '../../auth/linking/external-identity';
import type { Clock } from '../../platform/clock/clock';
import type { Flow } from '../flow';
import type { Provider } from '../oauth.settings';
import type { ProviderCalls } from '../provider-calls';
import type { StrategyRequest } from '../strategy-run';

/** After this a provider is asked afresh what it offers, in ms. */
const METADATA_LIFE = 60 * 60_000;

/** Of an ID token, or of userinfo (OpenID Connect Core, 5.1). */
type Claims = Readonly<Partial<Record<'email' | 'email_verified' | 'name', unknown>>>;

type Done = (error: Error | null, result?: string | ExternalIdentity) => void;

/** Passport's shape around a function that yields where to go, or who somebody is. */
class RedirectOrIdentity extends Strategy {
  constructor(private readonly verify: (request: StrategyRequest, done: Done) => void) {
    super();
  }

  override authenticate(request: unknown): void {
    this.verify(request as StrategyRequest, (error, result) => {
      if (error) this.error(error);
      else if (typeof result === 'string') this.redirect(result);
      else if (result) this.success(result);
      else this.fail(401);
    });
  }
}

/** Any provider of OpenID Connect, by openid-client, which is certified for it. */
export class OidcStrategy extends PassportStrategy(RedirectOrIdentity, 'oidc') {
  private readonly callbackUrl: string;
  private discovered?: { readonly at: number; readonly configuration: Promise<Configuration> };

  constructor(
    private readonly provider: Provider,
    publicUrl: string,
    private readonly calls: ProviderCalls,
    private readonly clock: Clock,
  ) {
    super();
    this.callbackUrl = `${publicUrl}/auth/oidc/callback`;
  }

  async validate({ flow, query }: StrategyRequest): Promise<string | ExternalIdentity> {
    const configuration = await this.configuration();
    return query ? this.identify(configuration, flow, query) : this.authorizationUrl(configuration, flow);
  }

  private async authorizationUrl(configuration: Configuration, flow: Flow): Promise<string> {
    flow.verifier = randomPKCECodeVerifier();
    const url = buildAuthorizationUrl(configuration, {
      redirect_uri: this.callbackUrl,
      scope: 'openid email profile',
      state: flow.state,
      nonce: flow.nonce,
      code_challenge: await calculatePKCECodeChallenge(flow.verifier),
      code_challenge_method: 'S256',
    });
    return url.href;
  }

  /** The library checks state, `iss` (RFC 9207), and the ID token's signature, issuer, audience, times and nonce. */
  private async identify(
    configuration: Configuration,
    { state, nonce, verifier }: Flow,
    query: Readonly<Record<string, string>>,
  ): Promise<ExternalIdentity> {
    const url = new URL(`${this.callbackUrl}?${new URLSearchParams(query).toString()}`);
    const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier };
    const tokens = await authorizationCodeGrant(configuration, url, { ...checks, idTokenExpected: true });
    const idToken = tokens.claims();
    const subject = idToken?.sub ?? '';
    const asks = configuration.serverMetadata().userinfo_endpoint !== undefined;
    const told: Claims = asks ? await fetchUserInfo(configuration, tokens.access_token, subject) : {};
    // An address and the word for it belong together: one of each document would be nobody's word.
    const source = told.email === undefined ? (idToken as Claims) : told;
    const { email, email_verified: emailVerified } = source;
    const name = told.name ?? (idToken as Claims).name;
    return readIdentity(
      { method: 'oidc', issuer: this.provider.issuer },
      { subject, email, emailVerified, name },
    );
  }

  /** Asked for at the first sign-in, by one for all who wait, and again where it failed. */
  private configuration(): Promise<Configuration> {
    const now = this.clock.now().getTime();
    if (this.discovered && now - this.discovered.at < METADATA_LIFE) return this.discovered.configuration;
    const configuration = this.discover();
    this.discovered = { at: now, configuration };
    configuration.catch(() => (this.discovered = undefined));
    return configuration;
  }

  private async discover(): Promise<Configuration> {
    const { issuer, clientId, clientSecret } = this.provider;
    const url = new URL(issuer);
    const configuration = await discovery(url, clientId, clientSecret, authenticateBy(clientSecret), {
      execute: [enableNonRepudiationChecks, ...(url.protocol === 'http:' ? [allowInsecureRequests] : [])],
      [customFetch]: (asked, options) => this.calls.fetch(asked, options as RequestInit),
      timeout: this.calls.timeout / 1_000,
    });
    const itself = configuration.serverMetadata().issuer;
    if (itself !== issuer)
      throw new Error(`OIDC_ISSUER is ${issuer}, but that server calls itself ${itself}`);
    return configuration;
  }
}

/** Basic is what clients use that agreed on nothing else (OpenID Connect Core, 9). */
const authenticateBy =
  (secret: string): ClientAuth =>
  (server, ...request) => {
    const known = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    const method = known.includes('client_secret_basic') ? ClientSecretBasic : ClientSecretPost;
    return method(secret)(server, ...request);
  };
