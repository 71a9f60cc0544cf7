import { Injectable, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { EmailNotVerified, InvalidCredentials, RegistrationClosed } from '../auth/auth.errors';
import { writeTokens } from '../auth/contracts/wire.contract';
import { AccountLinking } from '../auth/linking/account-linking';
import type { ExternalIdentity } from '../auth/linking/external-identity';
import { LinkedIdentities, type Asking } from '../auth/linking/linked-identities';
import { IdentityTaken } from '../auth/linking/linking.errors';
import { SignInService } from '../auth/sign-in.service';
import { AuditTrail } from '../platform/audit/audit-trail';
import { FrontEnd } from '../platform/front-end/front-end';
import { RateLimited } from '../platform/http/api-error';
import { clientOf, type Client } from '../platform/http/client';
import { InvalidToken } from '../sessions/session.errors';
import { AuthorizationFlows } from './authorization-flows';
import type { Flow } from './flow';
import { SignInFailed, type CallbackError } from './oauth.errors';
import type { OAuthName } from './oauth.method';

/** What the page is told where a sign-in ends: tokens, which identity was linked, or what went wrong. */
type Outcome = Readonly<Record<string, string>>;

/** From a provider's answer to a session, or to an identity more for an account. */
@Injectable()
export class OAuthSignIn {
  private readonly logger = new Logger('OAuth');

  constructor(
    private readonly flows: AuthorizationFlows,
    private readonly linking: AccountLinking,
    private readonly linked: LinkedIdentities,
    private readonly gate: SignInService,
    private readonly frontEnd: FrontEnd,
    private readonly audit: AuditTrail,
  ) {}

  /**
   * @param link who wants to link an identity; without it somebody signs in
   * @returns where to send the browser: to the provider, or back with an error when it can't be asked
   * @throws ValidationFailed for a `redirect` that is not listed
   * @throws RateLimited
   */
  async begin(
    provider: OAuthName,
    request: FastifyRequest,
    reply: FastifyReply,
    link?: Asking,
  ): Promise<string> {
    const { redirect } = request.query as { redirect?: unknown };
    const returnTo = redirect === undefined ? undefined : this.frontEnd.returnAddress(redirect);
    return this.flows.begin(provider, { returnTo, link }, request, reply).catch((error: unknown) => {
      if (!(error instanceof SignInFailed)) throw error;
      return this.addressOf({ error: this.explain(provider, error) }, { returnTo });
    });
  }

  /** Where to send a browser that has come back. Never throws: a person waits. */
  async finish(provider: OAuthName, request: FastifyRequest, reply: FastifyReply): Promise<string> {
    const client = clientOf(request);
    const flow = await this.flows
      .take(provider, request, reply)
      .catch((error: unknown) => this.explain(provider, error));
    if (typeof flow === 'string') return this.addressOf({ error: flow });
    const outcome = await this.complete(provider, flow, request.query, client).catch((error: unknown) =>
      this.refuse(provider, flow, error, client),
    );
    return this.addressOf(outcome, flow);
  }

  private async complete(provider: OAuthName, flow: Flow, query: unknown, client: Client): Promise<Outcome> {
    const identity = await this.flows.identify(provider, flow, query);
    if (flow.link) {
      await this.linked.link(flow.link, identity, client);
      return { linked: provider };
    }
    return this.signIn(provider, identity, client);
  }

  private async signIn(provider: OAuthName, identity: ExternalIdentity, client: Client): Promise<Outcome> {
    const proof = await this.linking.proofOf(identity, client);
    const how = { method: provider, contract: 'wire', client } as const;
    return { ...writeTokens(await this.gate.open(proof, how)) };
  }

  private async refuse(
    provider: OAuthName,
    { link }: Flow,
    error: unknown,
    client: Client,
  ): Promise<Outcome> {
    const reason = this.explain(provider, error);
    const action = link ? 'reauthentication_failed' : 'sign_in_failed';
    const details = { method: provider, contract: 'wire', reason };
    await this.audit
      .record({ action, userId: link?.userId ?? null, sessionId: link?.sessionId, client, details })
      .catch((failure: Error) => this.logger.error(`The audit was not told: ${failure.message}`));
    return { error: reason };
  }

  /** The page is told a code, and the log why. */
  private explain(provider: OAuthName, error: unknown): CallbackError {
    const code = codeOf(error);
    const { message, stack } = error as Error;
    if (code === undefined) this.logger.error(`${provider}: ${stack ?? message}`);
    else this.logger.warn(`${provider}: ${code}: ${message}`);
    return code ?? 'provider_error';
  }

  /** In the fragment, which no server and no log sees. */
  private addressOf(outcome: Outcome, { returnTo }: Pick<Flow, 'returnTo'> = {}): string {
    return `${returnTo ?? this.frontEnd.returnAddress()}#${new URLSearchParams(outcome).toString()}`;
  }
}

/** Undefined for what is a fault of ours. */
function codeOf(error: unknown): CallbackError | undefined {
  if (error instanceof SignInFailed) return error.code;
  if (error instanceof IdentityTaken) return 'identity_taken';
  // The session that wanted to link has ended meanwhile.
  if (error instanceof InvalidToken) return 'invalid_state';
  const refusals = [InvalidCredentials, EmailNotVerified, RegistrationClosed, RateLimited];
  return refusals.some((refusal) => error instanceof refusal) ? 'account_unavailable' : undefined;
}
