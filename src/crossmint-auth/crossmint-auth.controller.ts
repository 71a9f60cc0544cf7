import { Body, Controller, Get, HttpCode, Inject, Patch, Post, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SETS_COOKIES } from '../auth/auth.controller';
import {
  EmailNotVerified,
  IssuerUnavailable,
  ProviderNotConfigured,
  RegistrationClosed,
} from '../auth/auth.errors';
import { CrossmintSuccess, setForeignSession, writeForgotten } from '../auth/contracts/crossmint.contract';
import { Clock } from '../platform/clock/clock';
import { RateLimited, ValidationFailed } from '../platform/http/api-error';
import { FromClient, type Client } from '../platform/http/client';
import { InContract } from '../platform/http/contract-name';
import { cookieValues, forgetEverywhere } from '../platform/http/cookies';
import { CrossSite } from '../platform/http/cross-site';
import { Fails } from '../platform/http/failures.decorator';
import { httpSettings, type HttpSettings } from '../platform/http/http.settings';
import { Caller, MayBeNobody, Public, type Principal } from '../platform/http/principal';
import { NeedsSession } from '../platform/http/session-security';
import { InvalidToken } from '../sessions/session.errors';
import { FOREIGN_REFRESH_COOKIE, FOREIGN_TOKEN_COOKIE } from '../sessions/transport/cookies';
import { CrossmintProfiles, NothingToChange } from './crossmint-profiles';
import { CrossmintSignIn } from './crossmint-sign-in';
import { CrossmintSignOut } from './crossmint-sign-out';
import { ExchangeBody, ProfileBody, ProfileView } from './crossmint.dto';
import { StepOutOfOrder, UserNotFound } from './crossmint.errors';
import { crossmintSettings, type CrossmintSettings } from './crossmint.settings';

const notConfigured = () => new ProviderNotConfigured('CROSSMINT_PROJECT_ID');

/** What clients of Crossmint ask for. */
@ApiTags('crossmint')
@Controller('api/auth')
export class CrossmintAuthController {
  constructor(
    private readonly signIn: CrossmintSignIn,
    private readonly signOut: CrossmintSignOut,
    private readonly profiles: CrossmintProfiles,
    private readonly crossSite: CrossSite,
    private readonly clock: Clock,
    @Inject(crossmintSettings.token) private readonly settings: CrossmintSettings,
    @Inject(httpSettings.token) private readonly http: HttpSettings,
  ) {}

  @Public()
  @Post('session')
  @HttpCode(200)
  @InContract('crossmint')
  @ApiOperation({
    operationId: 'exchangeCrossmintJwt',
    summary: 'Exchange a JWT of Crossmint for session cookies',
    description: 'The same JWT joins the session that it has opened. One whose session has ended is refused.',
  })
  @ApiOkResponse({ type: CrossmintSuccess, headers: SETS_COOKIES })
  @Fails(
    new ValidationFailed([{ field: 'jwt', message: 'jwt is missing' }]),
    new InvalidToken(),
    new EmailNotVerified(),
    new RegistrationClosed(),
    notConfigured(),
    new RateLimited(600),
    new IssuerUnavailable(),
  )
  async session(
    @Body() body: ExchangeBody,
    @Res({ passthrough: true }) reply: FastifyReply,
    @FromClient() client: Client,
  ): Promise<CrossmintSuccess> {
    this.demandOn();
    setForeignSession(reply, await this.signIn.signIn(body, client), this.clock.now());
    return { success: true };
  }

  @Get('profile')
  @NeedsSession()
  @MayBeNobody()
  @InContract('crossmint')
  @ApiOperation({ operationId: 'crossmintProfile', summary: 'The profile of the current user' })
  @ApiOkResponse({ type: ProfileView, headers: SETS_COOKIES })
  @Fails(new UserNotFound(), notConfigured(), new IssuerUnavailable())
  async profile(
    @Caller() caller: Principal | undefined,
    @Req() request: FastifyRequest,
  ): Promise<ProfileView> {
    return this.profiles.view(this.demand(caller, request).user);
  }

  @Patch('profile')
  @NeedsSession()
  @MayBeNobody()
  @InContract('crossmint')
  @ApiOperation({
    operationId: 'changeCrossmintProfile',
    summary: 'Go one step on in onboarding, or set the EVM address',
  })
  @ApiOkResponse({ type: ProfileView, headers: SETS_COOKIES })
  @Fails(
    new NothingToChange(),
    new UserNotFound(),
    notConfigured(),
    new StepOutOfOrder(1),
    new IssuerUnavailable(),
  )
  async change(
    @Caller() caller: Principal | undefined,
    @Req() request: FastifyRequest,
    @Body() body: ProfileBody,
  ): Promise<ProfileView> {
    const { user } = this.demand(caller, request);
    await this.profiles.change(user.id, body);
    return this.profiles.view(user);
  }

  @Public()
  @Post('logout')
  @HttpCode(200)
  @InContract('crossmint')
  @ApiOperation({
    operationId: 'crossmintLogout',
    summary: 'Sign out',
    description:
      'Ends the session where one is shown, whatever state its JWT is in. The answer is always the same.',
  })
  @ApiOkResponse({ type: CrossmintSuccess, headers: SETS_COOKIES })
  async logout(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CrossmintSuccess> {
    if (request.headers.authorization === undefined && this.crossSite.isForeign(request)) {
      return { success: true };
    }
    await this.signOut.signOut(request);
    for (const name of [FOREIGN_TOKEN_COOKIE, FOREIGN_REFRESH_COOKIE]) {
      if (cookieValues(request, name).length > 1) forgetEverywhere(reply, name, this.http);
    }
    return writeForgotten(reply);
  }

  /** Said also to who is nobody: there is no way to be somebody then. */
  private demandOn(): void {
    if (!this.settings.isOn) throw notConfigured();
  }

  private demand(caller: Principal | undefined, request: FastifyRequest): Principal {
    this.demandOn();
    if (caller) return caller;
    this.crossSite.refuse(request);
    throw new InvalidToken();
  }
}
