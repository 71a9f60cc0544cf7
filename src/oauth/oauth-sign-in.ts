import { Injectable, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  EmailNotVerified,
  InvalidCredentials,
  IssuerUnavailable,
  RegistrationClosed,
} from '../auth/auth.errors';
import { writeTokens } from '../auth/contracts/wire.contract';
import { AccountLinking } from '../auth/linking/account-linking';
import { LinkedIdentities, type Asking } from '../auth/linking/linked-identities';
import { IdentityTaken, TooManyIdentities } from '../auth/linking/linking.errors';
import { SignInService } from '../auth/sign-in.service';
import { AuditTrail } from '../platform/audit/audit-trail';
import { FrontEnd } from '../platform/front-end/front-end';
import { RateLimited } from '../platform/http/api-error';
import { clientOf, type Client } from '../platform/http/client';
import type { MethodName } from '../sessions/method-name';
import { InvalidToken } from '../sessions/session.errors';
import { AuthorizationFlows } from './authorization-flows';
import type { Flow } from './flow';
import { SignInFailed, type CallbackError } from './oauth.errors';

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
   * @returns where to send the browser
   * @throws ValidationFailed for a `redirect` that is not listed
   * @throws RateLimited
   * @throws IssuerUnavailable
   */
  async addressOfProvider(
    provider: MethodName,
    request: FastifyRequest,
    reply: FastifyReply,
    link?: Asking,
  ): Promise<string> {
    const returnTo = this.returnAddressIn(request);
    return this.flows.begin(provider, { returnTo, link }, request, reply).catch((error: unknown) => {
      if (!(error instanceof SignInFailed)) throw error;
      this.explain(provider, error, clientOf(request));
      throw new IssuerUnavailable({ cause: error });
    });
  }

  /** The same for a person: where the provider can't be asked, back with an error for a page to tell. */
  async begin(...asked: Parameters<OAuthSignIn['addressOfProvider']>): Promise<string> {
    const [, request] = asked;
    return this.addressOfProvider(...asked).catch((error: unknown) => {
      if (!(error instanceof IssuerUnavailable)) throw error;
      return this.addressOf({ error: 'provider_error' }, { returnTo: this.returnAddressIn(request) });
    });
  }

  /** Where to send a browser that has come back. Never throws: a person waits. */
  async finish(provider: MethodName, request: FastifyRequest, reply: FastifyReply): Promise<string> {
    const client = clientOf(request);
    let flow: Flow | undefined;
    try {
      flow = this.flows.recall(provider, request, reply);
      await this.flows.spend(provider, flow);
    } catch (error) {
      // Anybody can come with a state that is none: the log is told, and not the audit, which is kept.
      return this.addressOf({ error: this.explain(provider, error, client) }, flow);
    }
    const outcome = await this.complete(provider, flow, request.query, client).catch((error: unknown) =>
      this.refuse(provider, flow, error, client),
    );
    return this.addressOf(outcome, flow);
  }

  private async complete(provider: MethodName, flow: Flow, query: unknown, client: Client): Promise<Outcome> {
    const identity = await this.flows.identify(provider, flow, query);
    if (flow.link) {
      await this.linked.link(flow.link, identity, client);
      return { linked: provider };
    }
    const proof = await this.linking.proofOf(identity, client);
    const how = { method: provider, contract: 'wire', client } as const;
    const signedIn = this.gate.open(proof, how).catch((error: unknown) => {
      throw codeOf(error) === 'account_unavailable' ? new RefusedByGate((error as Error).message) : error;
    });
    return { ...writeTokens(await signedIn) };
  }

  private async refuse(
    provider: MethodName,
    { link }: Flow,
    error: unknown,
    client: Client,
  ): Promise<Outcome> {
    const reason = this.explain(provider, error, client);
    const action = link ? 'identity_refused' : 'sign_in_failed';
    const details = { method: provider, contract: 'wire', reason };
    const happening = {
      action,
      userId: link?.userId ?? null,
      sessionId: link?.sessionId,
      client,
      details,
    } as const;
    if (!(error instanceof RefusedByGate)) {
      await this.audit
        .record(happening)
        .catch((failure: Error) => this.logger.error(`The audit was not told: ${failure.message}`));
    }
    return { error: reason };
  }

  /** The page is told a code, and the log why. */
  private explain(provider: MethodName, error: unknown, { ip }: Client): CallbackError {
    const code = codeOf(error);
    const { message, stack } = error as Error;
    if (code === undefined) this.logger.error(`${provider}: ${stack ?? message}`);
    else this.logger.warn(`${provider}: ${code}: ${message} (${ip})`);
    return code ?? 'provider_error';
  }

  private returnAddressIn({ query }: FastifyRequest): string | undefined {
    const { redirect } = query as { redirect?: unknown };
    return redirect === undefined ? undefined : this.frontEnd.returnAddress(redirect);
  }

  /** In the fragment, which no server and no log sees. */
  private addressOf(outcome: Outcome, { returnTo }: Pick<Flow, 'returnTo'> = {}): string {
    return `${returnTo ?? this.frontEnd.returnAddress()}#${new URLSearchParams(outcome).toString()}`;
  }
}

/** The gate tells the audit itself. */
class RefusedByGate extends SignInFailed {
  constructor(message: string) {
    super('account_unavailable', message);
  }
}

/** Undefined for what is a fault of ours. */
function codeOf(error: unknown): CallbackError | undefined {
  if (error instanceof SignInFailed) return error.code;
  if (error instanceof IdentityTaken) return 'identity_taken';
  // The session that wanted to link has ended meanwhile.
  if (error instanceof InvalidToken) return 'invalid_state';
  const refusals = [InvalidCredentials, EmailNotVerified, RegistrationClosed, RateLimited, TooManyIdentities];
  return refusals.some((refusal) => error instanceof refusal) ? 'account_unavailable' : undefined;
}
