import { Body, Controller, Get, HttpCode, Inject, Patch, Post, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  EmailNotVerified,
  IssuerUnavailable,
  ProviderNotConfigured,
  RegistrationClosed,
} from '../auth/auth.errors';
import { CrossmintSuccess, setIssuerSession, writeForgotten } from '../auth/contracts/crossmint.contract';
import { Clock } from '../platform/clock/clock';
import { RateLimited, ValidationFailed } from '../platform/http/api-error';
import { InContract } from '../platform/http/contract-name';
import { CrossSite } from '../platform/http/cross-site';
import { Fails } from '../platform/http/failures.decorator';
import { httpSettings, type HttpSettings } from '../platform/http/http.settings';
import { Caller, MayBeNobody, Public, type Principal } from '../platform/http/principal';
import { NeedsIssuerSession } from '../platform/http/session-security';
import { InvalidToken } from '../sessions/session.errors';
import { CrossmintProfiles } from './crossmint-profiles';
import { CrossmintSignIn } from './crossmint-sign-in';
import { CrossmintSignOut } from './crossmint-sign-out';
import { ExchangeBody, ProfileBody, ProfileView } from './crossmint.dto';
import { NothingToChange, StepOutOfOrder, TooLarge, UserNotFound } from './crossmint.errors';
import { crossmintSettings, type CrossmintSettings } from './crossmint.settings';

/** For the OpenAPI document. */
const SETS = {
  'Set-Cookie': {
    description: 'crossmint-jwt, crossmint-refresh-token and user-email, where they change',
    schema: { type: 'string' },
  },
} as const;

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
  @ApiOkResponse({ type: CrossmintSuccess, headers: SETS })
  @Fails(
    new ValidationFailed([{ field: 'jwt', message: 'jwt is missing' }]),
    new TooLarge(),
    new InvalidToken(),
    new EmailNotVerified(),
    new RegistrationClosed(),
    notConfigured(),
    new RateLimited(600),
    new IssuerUnavailable(),
  )
  async session(
    @Body() body: ExchangeBody,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CrossmintSuccess> {
    this.demandOn();
    setIssuerSession(reply, await this.signIn.signIn(body, request), this.clock.now());
    return { success: true };
  }

  @Get('profile')
  @NeedsIssuerSession()
  @MayBeNobody()
  @InContract('crossmint')
  @ApiOperation({ operationId: 'crossmintProfile', summary: 'The profile of the current user' })
  @ApiOkResponse({ type: ProfileView, headers: SETS })
  @Fails(new UserNotFound(), notConfigured(), new RateLimited(600), new IssuerUnavailable())
  profile(@Caller() caller: Principal | undefined, @Req() request: FastifyRequest): ProfileView {
    return this.profiles.view(this.demand(caller, request));
  }

  @Patch('profile')
  @NeedsIssuerSession()
  @MayBeNobody()
  @InContract('crossmint')
  @ApiOperation({
    operationId: 'changeCrossmintProfile',
    summary: 'Go one step on in onboarding, or set the EVM address',
  })
  @ApiOkResponse({ type: ProfileView, headers: SETS })
  @Fails(
    new NothingToChange(),
    new UserNotFound(),
    notConfigured(),
    new StepOutOfOrder(1),
    new RateLimited(600),
    new IssuerUnavailable(),
  )
  async change(
    @Caller() caller: Principal | undefined,
    @Req() request: FastifyRequest,
    @Body() body: ProfileBody,
  ): Promise<ProfileView> {
    return this.profiles.change(this.demand(caller, request), body);
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
  @ApiOkResponse({ type: CrossmintSuccess, headers: SETS })
  async logout(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CrossmintSuccess> {
    // Another site ends nothing by cookies, nor has it any deleted.
    if (this.crossSite.isForeign(request)) {
      await this.signOut.endByBearer(request);
      return { success: true };
    }
    await this.signOut.signOut(request);
    return writeForgotten(reply, this.http);
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
