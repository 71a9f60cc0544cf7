import type { Type } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type OAuth2Strategy from 'passport-oauth2';
import type { StateStore, StrategyOptions } from 'passport-oauth2';
import type { ExternalIdentity } from '../auth/linking/external-identity';
import type { OAuth2Provider } from './oauth.settings';
import type { ProviderCalls } from './provider-calls';
import type { StrategyRequest } from './strategy-run';

/**
 * passport-oauth2 makes the PKCE verifier and would keep it in a server-side session; here it goes into the flow, and
 * comes back from it once the state has been spent.
 */
const flowStore = {
  // Passport tells by the number of parameters what it may ask: five and four of them mean PKCE.
  store({ flow }: StrategyRequest, verifier: string, _state: unknown, _meta: unknown, done: Done): void {
    flow.verifier = verifier;
    done(null, flow.state);
  },
  verify({ flow }: StrategyRequest, _state: unknown, _meta: unknown, done: Done): void {
    done(null, flow.verifier);
  },
};

type Done = (error: Error | null, value: string) => void;

type Identified = (error?: Error | null, identity?: ExternalIdentity) => void;

/**
 * A Passport strategy of OAuth 2.0 that yields who somebody is: a subclass asks the provider in `identify`.
 * @param Base of a passport-* package
 * @param name by which it is run, and a part of its paths
 */
export function identityStrategy(Base: Type<OAuth2Strategy>, name: string) {
  abstract class IdentityStrategy extends PassportStrategy(Base, name) {
    constructor(provider: OAuth2Provider, scope: readonly string[], publicUrl: string, calls: ProviderCalls) {
      super({ ...optionsFor(name, provider, publicUrl), scope });
      useSoberTransport(this._oauth2, calls);
    }

    abstract identify(accessToken: string): Promise<ExternalIdentity>;

    override userProfile(accessToken: string, done: Identified): void {
      this.identify(accessToken)
        .then((identity) => done(null, identity))
        .catch(done);
    }

    /** Passport asks it last, with what `userProfile` has found. */
    validate(_accessToken: string, _refreshToken: string, identity: ExternalIdentity): ExternalIdentity {
      return identity;
    }

    /** What an endpoint of the provider tells the holder of an access token. */
    protected ask(url: string, accessToken: string): Promise<unknown> {
      return askFor(this._oauth2, url, accessToken);
    }
  }
  return IdentityStrategy;
}

const optionsFor = (
  name: string,
  { clientId, clientSecret, authorizationUrl, tokenUrl, userinfoUrl }: OAuth2Provider,
  publicUrl: string,
) => ({
  clientID: clientId,
  clientSecret,
  authorizationURL: authorizationUrl,
  tokenURL: tokenUrl,
  userProfileURL: userinfoUrl,
  callbackURL: `${publicUrl}/auth/${name}/callback`,
  store: flowStore as unknown as StateStore,
  ...({ pkce: 'S256' } as unknown as Pick<StrategyOptions, 'pkce'>),
});

/** The client under passport-oauth2, as far as it is used here. */
interface OAuth2Client {
  useAuthorizationHeaderforGET(use: boolean): void;
  get(url: string, accessToken: string, done: (error: unknown, body?: unknown) => void): void;
}

interface Transport {
  _request(
    method: string,
    url: string,
    headers: Record<string, string> | null,
    body: string,
    accessToken: string | null,
    done: (error: unknown, body?: string) => void,
  ): void;
}

/**
 * Puts a sober transport under the client of passport-oauth2. Its own waits for ever, reads without limit, and puts the
 * access token into the URL; and because it parses in the callback of a socket, an answer that is JSON but no object
 * would end the process.
 */
function useSoberTransport(client: unknown, calls: ProviderCalls): void {
  (client as OAuth2Client).useAuthorizationHeaderforGET(true);
  (client as Transport)._request = (method, url, headers, body, _accessToken, done) => {
    const isToken = method === 'POST';
    // GitHub refuses who does not say what it is.
    const sent = { Accept: 'application/json', 'User-Agent': 'gatehouse', ...headers };
    calls
      .fetch(url, { method, headers: sent, ...(isToken && { body }) })
      .then(async (answer) => readAnswer(answer.status, await answer.text(), isToken))
      .then((text) => done(null, text))
      // Whatever the library throws on the way reaches it once more, as an error.
      .catch((error: unknown) => done(error));
  };
}

/** With the fields by which passport-oauth2 finds out what the provider said. */
class Refused extends Error {
  constructor(
    readonly statusCode: number,
    readonly data: string,
  ) {
    // What a provider answers may be what it was asked with, secrets and all.
    super(`status ${statusCode}: ${saidIn(data)}`);
  }
}

/** @throws Refused also where an error of the token endpoint comes as 200, as GitHub's do */
function readAnswer(status: number, text: string, isToken: boolean): string {
  if (status < 200 || status > 299) throw new Refused(status, text);
  if (!isToken) return text;
  const { access_token: token, error = 'no_access_token', error_description } = fieldsOf(text);
  if (typeof token === 'string' && token !== '') return JSON.stringify({ access_token: token });
  throw new Refused(status, JSON.stringify({ error, error_description }));
}

/** What an answer calls itself an error by (RFC 6749, 5.2; GitHub says `message`). */
function saidIn(data: string): string {
  const { error, error_description, message } = fieldsOf(data);
  const said = [error, error_description, message].filter((one) => typeof one === 'string');
  return said.join(', ') || 'no reason given';
}

/** JSON, or the form that older servers answer with. */
function fieldsOf(text: string): Record<string, unknown> {
  try {
    return objectOf(JSON.parse(text));
  } catch {
    return Object.fromEntries(new URLSearchParams(text));
  }
}

/**
 * What an endpoint of the provider tells the holder of an access token.
 * @throws Error when it is no JSON
 */
function askFor(client: unknown, url: string, accessToken: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    (client as OAuth2Client).get(url, accessToken, (error, body) => {
      if (error) return reject(new Error(`${url} did not tell`, { cause: error }));
      try {
        resolve(JSON.parse(String(body)));
      } catch (cause) {
        reject(new Error(`${url} answered what is no JSON`, { cause }));
      }
    });
  });
}

/** The fields of an answer that is an object, and none of one that is something else. */
export const objectOf = (answer: unknown): Record<string, unknown> =>
  typeof answer === 'object' && answer !== null ? (answer as Record<string, unknown>) : {};
