import { Controller, Get, Inject, Req, Res, type Type } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SettingsDefinition } from '../platform/config/settings';
import { NotFound } from '../platform/http/api-error';
import { CrossSite } from '../platform/http/cross-site';
import { Caller, type Principal } from '../platform/http/principal';
import { RecentSignIn } from '../sessions/recent-sign-in';
import { presentedToken } from '../sessions/transport/access-token';
import { OAuthSignIn } from './oauth-sign-in';
import { DescribesCallback, DescribesLink, DescribesStart } from './oauth.descriptions';
import type { MethodName } from '../sessions/method-name';
import { ProviderNotConfigured } from '../auth/auth.errors';
import type { Provider } from './oauth.settings';

/**
 * The routes of a provider: to it, back from it, and to it for who is signed in and wants to link an identity.
 * @param settings where its settings stand; null in them means that it is off
 */
export function oauthRoutes(name: MethodName, settings: SettingsDefinition<Provider | null>): Type {
  @ApiTags('sign-in')
  @Controller('auth')
  class ProviderController {
    constructor(
      private readonly signIn: OAuthSignIn,
      private readonly recent: RecentSignIn,
      private readonly crossSite: CrossSite,
      @Inject(settings.token) private readonly provider: Provider | null,
    ) {}

    @Get(name)
    @DescribesStart(name)
    async start(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
      this.demandProvider(request);
      void reply.redirect(await this.signIn.begin(name, request, reply), 302);
    }

    @Get(`${name}/callback`)
    @DescribesCallback(name)
    async callback(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
      this.demandProvider(request);
      // 303: no browser sends anything on to there but the address.
      void reply.redirect(await this.signIn.finish(name, request, reply), 303);
    }

    @Get(`link/${name}`)
    @DescribesLink(name)
    async link(
      @Req() request: FastifyRequest,
      @Res() reply: FastifyReply,
      @Caller() { user, session }: Principal,
    ): Promise<void> {
      this.demandProvider(request);
      // Another site must not link its own identity to the account of a person whom it sends here.
      if (presentedToken(request)?.byCookie) this.crossSite.refuseNavigation(request);
      this.recent.demand(session);
      const link = { userId: user.id, sessionId: session.id };
      if (wantsJson(request)) {
        void reply.send({ url: await this.signIn.addressOfProvider(name, request, reply, link) });
      } else {
        void reply.redirect(await this.signIn.begin(name, request, reply, link), 302);
      }
    }

    private demandProvider({ method }: FastifyRequest): void {
      // Fastify lets HEAD in by the same door; who only looks must not begin anything, nor spend it.
      if (method === 'HEAD') throw new NotFound();
      if (!this.provider) throw new ProviderNotConfigured(`${name.toUpperCase()}_CLIENT_ID`);
    }
  }
  return ProviderController;
}

/** A script that calls with a Bearer token can't follow a redirect to another site; it asks for the address. */
const wantsJson = ({ headers }: FastifyRequest): boolean =>
  /\bapplication\/json\b/.test(headers.accept ?? '');
