import { Inject, Injectable, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ChangeFeed } from '../platform/changes/change-feed';
import { forgetEverywhere } from '../platform/http/cookies';
import { CrossSite, CrossSiteRequest, SAFE } from '../platform/http/cross-site';
import { httpSettings, type HttpSettings } from '../platform/http/http.settings';
import { MAY_BE_NOBODY, PUBLIC, type Principal } from '../platform/http/principal';
import { InvalidToken } from './session.errors';
import { presentedToken } from './transport/access-token';
import { IssuerCookies } from './transport/issuer-cookies';

class AccessTokenGuard extends AuthGuard('access-token') {
  override handleRequest<Principal>(
    error: Error | null,
    principal: Principal | false,
    info: unknown,
  ): Principal {
    // An error is ours (the database is away, say); what is wrong with the token comes as `info`.
    if (error) throw error;
    if (!principal) throw new InvalidToken({ cause: info });
    return principal;
  }
}

type MayBe = (request: FastifyRequest) => boolean;

/** Global: a route without `@Public()` answers only to a live session, but for what `@MayBeNobody()` lets in. */
@Injectable()
export class SessionGuard extends AccessTokenGuard {
  constructor(
    private readonly reflector: Reflector,
    private readonly crossSite: CrossSite,
    private readonly issuerCookies: IssuerCookies,
    private readonly feed: ChangeFeed,
    @Inject(httpSettings.token) private readonly http: HttpSettings,
  ) {
    super();
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const handlers = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean>(PUBLIC, handlers)) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest & { user: Principal }>();
    const mayBeNobody = this.reflector.getAllAndOverride<MayBe | undefined>(MAY_BE_NOBODY, handlers);
    try {
      const presented = presentedToken(request);
      if (!presented) throw new InvalidToken();
      if (presented.byCookie) this.crossSite.refuse(request);
      if (!presented.ofIssuer) await super.canActivate(context);
      else request.user = await this.issuerCookies.callerOf(request, context.switchToHttp().getResponse());
      // Whoever changes something of themselves, whatever it is, sees it with their next request.
      if (!SAFE.has(request.method)) this.feed.changing();
      return true;
    } catch (error) {
      if (!mayBeNobody?.(request)) throw error;
      return this.letIn(error, request, context.switchToHttp().getResponse());
    }
  }

  /** Without a caller, where that is all that is wrong. */
  private letIn(error: unknown, request: FastifyRequest, reply: FastifyReply): boolean {
    if (!(error instanceof InvalidToken || error instanceof CrossSiteRequest)) throw error;
    if (error.ambiguousCookie && !this.crossSite.isForeign(request)) {
      forgetEverywhere(reply, error.ambiguousCookie, this.http);
    }
    return true;
  }
}

/** For a public route: a caller who shows an `Authorization` header must show a good one, and is then known. */
@Injectable()
export class OptionalBearerGuard extends AccessTokenGuard {
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const { headers } = context.switchToHttp().getRequest<FastifyRequest>();
    return headers.authorization === undefined || ((await super.canActivate(context)) as boolean);
  }
}
