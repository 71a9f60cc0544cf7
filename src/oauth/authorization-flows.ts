import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DataSource } from 'typeorm';
import type { ExternalIdentity } from '../auth/linking/external-identity';
import { Clock } from '../platform/clock/clock';
import { AppSecret } from '../platform/crypto/app-secret';
import { hashToken, randomToken } from '../platform/crypto/opaque-token';
import { seal, unseal } from '../platform/crypto/sealing';
import type { Client } from '../platform/http/client';
import { clientOf } from '../platform/http/client';
import { cookieNames, cookieValues } from '../platform/http/cookies';
import { httpSettings, type HttpSettings } from '../platform/http/http.settings';
import { OneTimeTokens, type OneTimePurpose } from '../platform/one-time/one-time-tokens';
import { addressKey } from '../platform/rate-limit/address-key';
import { RateLimits, type RateLimit } from '../platform/rate-limit/rate-limits';
import type { Flow } from './flow';
import { SignInFailed } from './oauth.errors';
import { oauthSettings, type OAuthSettings } from './oauth.settings';
import { runStrategy, type StrategyRequest } from './strategy-run';

const LIFE = 10 * 60_000;
/** Sign-ins that one browser may have begun at once, in as many tabs: each is a cookie, and their room is short. */
const MOST_IN_A_BROWSER = 5;

/**
 * Sign-ins on their way through a provider (RFC 6749, 4.1). The state is good for one callback, of the provider that it
 * was made for, in the browser that began it: the database knows that it is unspent, and only that browser's cookie,
 * sealed for this provider and this state, holds what is needed to go on.
 */
@Injectable()
export class AuthorizationFlows {
  private readonly key: Buffer;
  private readonly cookiePrefix: string;
  private readonly starts: RateLimit;
  private readonly timeout: number;

  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
    private readonly tokens: OneTimeTokens,
    appSecret: AppSecret,
    limits: RateLimits,
    @Inject(httpSettings.token) { publicUrl }: HttpSettings,
    @Inject(oauthSettings.token) { timeout, starts }: OAuthSettings,
  ) {
    this.key = appSecret.keyFor('oauth flows');
    // A browser takes such a name from this very host alone: no neighbour can plant a sign-in of its own.
    this.cookiePrefix = `${publicUrl.startsWith('https:') ? '__Host-' : ''}gatehouse-oauth-`;
    this.starts = limits.limit('oauth-starts', starts);
    this.timeout = timeout;
  }

  /**
   * @param provider the name of its strategy
   * @returns where to send the browser
   * @throws RateLimited
   * @throws SignInFailed when the provider can't be asked
   */
  async begin(
    provider: string,
    wish: Pick<Flow, 'returnTo' | 'link'>,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<string> {
    const client = clientOf(request);
    await this.starts.consume(addressKey(client.ip));
    const state = await this.issueState(provider, client);
    const flow: Flow = { state, verifier: '', nonce: randomToken(''), ...wish };
    const url = await this.run(provider, { flow });
    this.keep(provider, flow, request, reply);
    return url as string;
  }

  /**
   * The flow that a callback ends, by what this browser has kept of it.
   * @throws SignInFailed when the state is not one of this browser and this provider
   */
  recall(provider: string, request: FastifyRequest, reply: FastifyReply): Flow {
    const { state } = request.query as Record<string, unknown>;
    if (typeof state !== 'string' || state === '') throw invalid('the request has no state');
    return this.keptFlow(provider, state, request, reply);
  }

  /**
   * To be called before anything else is done with a flow: of any number of callbacks one passes.
   * @throws SignInFailed when it was spent before, or is too old
   */
  async spend(provider: string, { state }: Flow): Promise<void> {
    const handle = this.tokens.handleOf(state);
    const spent = await this.tokens.spend(purposeOf(provider), handle, this.database.manager);
    if (!spent) throw invalid('the state was used before, or is too old');
  }

  /**
   * Who the provider says somebody is.
   * @throws SignInFailed
   */
  async identify(provider: string, flow: Flow, query: unknown): Promise<ExternalIdentity> {
    const given = query as Record<string, unknown>;
    const { error, error_description: description, code } = given;
    if (error === 'access_denied') throw new SignInFailed('access_denied', 'the person cancelled');
    if (error !== undefined) throw failed(`the provider answered ${inShort(error)}: ${inShort(description)}`);
    if (typeof code !== 'string' || code === '') throw failed('the request has no code');
    const single = Object.entries(given).filter(
      (pair): pair is [string, string] => typeof pair[1] === 'string',
    );
    const identity = await this.run(provider, { flow, query: Object.fromEntries(single) });
    return identity as ExternalIdentity;
  }

  private async issueState(provider: string, client: Client): Promise<string> {
    const { token } = await this.tokens.issue(purposeOf(provider), null, {}, client, this.database.manager);
    return token;
  }

  /** In time, whatever the provider does. */
  private async run(provider: string, request: StrategyRequest): Promise<string | ExternalIdentity> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${this.timeout} ms`)), this.timeout);
    });
    try {
      return await Promise.race([runStrategy(provider, request), tooLate]);
    } catch (error) {
      throw error instanceof SignInFailed ? error : failed(reasonOf(error), { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  private keep(provider: string, flow: Flow, request: FastifyRequest, reply: FastifyReply): void {
    const older = this.flowCookies(request);
    const tooOld = older.sort().slice(0, Math.max(0, older.length - MOST_IN_A_BROWSER + 1));
    for (const name of tooOld) void reply.clearCookie(name, HOST_ONLY);
    const { state, ...kept } = flow;
    const sealed = seal(JSON.stringify(kept), this.key, contextOf(provider, state));
    // Names sort by age.
    const name = `${this.cookiePrefix}${this.clock.now().getTime().toString(36)}-${idOf(state)}`;
    void reply.setCookie(name, sealed.toString('base64url'), { ...HOST_ONLY, maxAge: LIFE / 1_000 });
  }

  /** Only names of our own making: others can't be written back, and a client may send any. */
  private flowCookies(request: FastifyRequest): string[] {
    const { length } = this.cookiePrefix;
    return cookieNames(request).filter(
      (name) => name.startsWith(this.cookiePrefix) && /^[0-9a-z]+-[0-9a-f]{12}$/.test(name.slice(length)),
    );
  }

  private keptFlow(provider: string, state: string, request: FastifyRequest, reply: FastifyReply): Flow {
    const ending = `-${idOf(state)}`;
    const name = this.flowCookies(request).find((one) => one.endsWith(ending));
    if (!name) throw invalid('this browser has no cookie of that sign-in (is it at PUBLIC_URL?)');
    void reply.clearCookie(name, HOST_ONLY);
    const [value = '', ...others] = cookieValues(request, name);
    if (others.length > 0) throw invalid('the cookie of the sign-in came more than once');
    try {
      const kept = unseal(Buffer.from(value, 'base64url'), this.key, contextOf(provider, state));
      return { state, ...(JSON.parse(kept.toString()) as Omit<Flow, 'state'>) };
    } catch (error) {
      throw invalid('the cookie belongs to another provider or state, or was changed', { cause: error });
    }
  }
}

/** Not for other hosts of COOKIE_DOMAIN. */
const HOST_ONLY = { path: '/', domain: undefined };

const purposeOf = (provider: string): OneTimePurpose => ({
  name: `${provider} state`,
  prefix: 'gha_',
  life: LIFE,
});
const contextOf = (provider: string, state: string): string => `${provider} ${state}`;
const idOf = (state: string): string => hashToken(state).toString('hex', 0, 6);

const invalid = (message: string, options?: ErrorOptions) =>
  new SignInFailed('invalid_state', message, options);
const failed = (message: string, options?: ErrorOptions) =>
  new SignInFailed('provider_error', message, options);

/** What comes from elsewhere and goes into a log. */
const inShort = (text: unknown): string =>
  typeof text === 'string' ? text.replace(/[^\x20-\x7e]/g, '?').slice(0, 200) : '-';

/** An error and what caused it: the message of the outermost often only says that something went wrong. */
function reasonOf(error: unknown): string {
  const messages: string[] = [];
  for (let one = error; one instanceof Error && messages.length < 4; one = causeOf(one)) {
    const { code } = one as { code?: unknown };
    messages.push(
      [code, one.message]
        .filter((part) => typeof part === 'string' && part)
        .map(inShort)
        .join(' '),
    );
  }
  return messages.join(': ') || 'unknown';
}

/** Passport's OAuth errors keep theirs elsewhere. */
const causeOf = ({ cause, oauthError }: Error & { oauthError?: unknown }): unknown => oauthError ?? cause;
