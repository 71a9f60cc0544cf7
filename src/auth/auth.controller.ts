import { Controller, HttpCode, Post, Req, Res, UseGuards } from '@nestjs/common';
import {
  ApiBody,
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Busy, RateLimited, ValidationFailed } from '../platform/http/api-error';
import { parseBody } from '../platform/http/body.pipe';
import { FromClient, type Client } from '../platform/http/client';
import { contractOf, hasField, InContract, type SharedPath } from '../platform/http/contract-name';
import { cookieValues } from '../platform/http/cookies';
import { CrossSite, CrossSiteRequest } from '../platform/http/cross-site';
import { Fails } from '../platform/http/failures.decorator';
import { Caller, MayBeNobody, Public, type Principal } from '../platform/http/principal';
import { NeedsSession, TakesRefreshCookie } from '../platform/http/session-security';
import { SessionEndings } from '../sessions/session-endings';
import { InvalidRefreshToken, InvalidToken } from '../sessions/session.errors';
import { presentedToken } from '../sessions/transport/access-token';
import {
  ACCESS_COOKIE,
  ACTIVE_ACCOUNT_COOKIE,
  activeAccount,
  hasAccountCookies,
  REFRESH_COOKIE,
  refreshCookie,
} from '../sessions/transport/cookies';
import { EmailNotVerified, InvalidCredentials, RegistrationClosed } from './auth.errors';
import { RefreshBody } from './auth.dto';
import { contractFor } from './contracts/contracts';
import { PinRenewed, writeRenewed, writeSignedOut } from './contracts/pin.contract';
import { writeLoggedOut } from './contracts/wallet.contract';
import { WireMessage, WireTokens, writeTokens } from './contracts/wire.contract';
import { RegistrationService } from './registration.service';
import { SignInGuard } from './sign-in.guard';
import { SignInService } from './sign-in.service';

/** Their bodies and answers depend on the methods that are there: the OpenAPI document fills them in. */
export const LOGIN_OPERATION = 'login';
export const REGISTER_OPERATION = 'register';

/** For the OpenAPI document. */
export const SETS_COOKIES = {
  'Set-Cookie': { description: 'In the contracts on cookies: their tokens', schema: { type: 'string' } },
} as const;

/** A body with a refresh token speaks wire; else the refresh cookie is asked for, as pin has it. */
const refreshPath: SharedPath = {
  contracts: ['wire', 'pin'],
  choose: (request) => (hasField(request, 'refreshToken') ? 'wire' : 'pin'),
};

/** No contract sends a body: what the request shows of a session tells. */
const logoutPath: SharedPath = {
  contracts: ['wire', 'pin', 'wallet'],
  choose: (request) => {
    if (request.headers.authorization !== undefined) return 'wire';
    if ([ACCESS_COOKIE, REFRESH_COOKIE].some((name) => cookieValues(request, name).length > 0)) return 'pin';
    return hasAccountCookies(request) ? 'wallet' : 'wire';
  },
};

/** The routes that every method shares. */
@ApiTags('sign-in')
@Controller('auth')
export class AuthController {
  constructor(
    private readonly signIn: SignInService,
    private readonly registration: RegistrationService,
    private readonly endings: SessionEndings,
    private readonly crossSite: CrossSite,
  ) {}

  @Public()
  @Post('register')
  @ApiOperation({
    operationId: REGISTER_OPERATION,
    summary: 'Create an account and sign in',
    description: 'The body tells the method.',
  })
  @Fails(
    new ValidationFailed([{ field: 'password', message: 'password must have at least 8 characters' }]),
    new RegistrationClosed(),
    new RateLimited(600),
    new Busy(3),
  )
  async register(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @FromClient() client: Client,
  ): Promise<object> {
    const { user, method, result } = await this.registration.register(request.body, client);
    const { registered } = contractFor(method.register.contract);
    return registered?.(user, result, reply) ?? {};
  }

  @Public()
  @UseGuards(SignInGuard)
  @Post('login')
  @HttpCode(200)
  @ApiOperation({
    operationId: LOGIN_OPERATION,
    summary: 'Sign in',
    description: 'The body tells the method.',
  })
  @Fails(
    new ValidationFailed([{ field: 'email', message: 'email must be a valid email address' }]),
    new InvalidCredentials(),
    new EmailNotVerified(),
    new RateLimited(60),
    new Busy(3),
  )
  async login(
    @Req() request: Required<Pick<FastifyRequest, 'proof' | 'signInMethod'>> & FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @FromClient() client: Client,
  ): Promise<object> {
    const contract = contractOf(request);
    const result = await this.signIn.open(request.proof, { method: request.signInMethod, contract, client });
    return contractFor(contract).signedIn?.(result, reply) ?? {};
  }

  @Public()
  @Post('refresh')
  @HttpCode(200)
  @InContract(refreshPath)
  @ApiOperation({
    operationId: 'refresh',
    summary: 'Exchange a refresh token for new tokens',
    description:
      'With a refresh token in the body, both tokens are new. Parallel calls with one token get the same new ' +
      'refresh token, and so does a repeated one for 10 seconds; after that a spent token ends its session. ' +
      'Without one, the cookie refreshToken renews the cookie accessToken and stays as it is.',
  })
  @TakesRefreshCookie()
  @ApiBody({ type: RefreshBody, required: false })
  @ApiExtraModels(WireTokens, PinRenewed)
  @ApiOkResponse({
    schema: { anyOf: [WireTokens, PinRenewed].map((type) => ({ $ref: getSchemaPath(type) })) },
    headers: SETS_COOKIES,
  })
  @Fails(
    new ValidationFailed([{ field: 'refreshToken', message: 'refreshToken is missing' }]),
    new InvalidRefreshToken(),
    new CrossSiteRequest(),
  )
  async refresh(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @FromClient() client: Client,
  ): Promise<WireTokens | PinRenewed> {
    if (contractOf(request) === 'wire') {
      const { refreshToken } = await parseBody(RefreshBody, request.body);
      return writeTokens(await this.signIn.refresh(refreshToken, client));
    }
    const refreshToken = refreshCookie(request);
    this.crossSite.refuse(request);
    return writeRenewed(await this.signIn.renew(refreshToken, 'pin'), reply);
  }

  @Post('logout')
  @HttpCode(200)
  @InContract(logoutPath)
  @MayBeNobody((request) => contractOf(request) === 'wallet')
  @NeedsSession()
  @ApiOperation({
    operationId: 'logout',
    summary: 'Sign out',
    description:
      'Ends the session: its access and refresh tokens are refused from now on. Where the wallet cookies show the ' +
      'session, the answer is 200 also without one that is good.',
  })
  @ApiOkResponse({
    type: WireMessage,
    headers: SETS_COOKIES,
    examples: {
      wire: { summary: 'wire', value: { message: 'Logged out successfully' } },
      pin: { summary: 'pin', value: { message: 'Logout successful' } },
      wallet: { summary: 'wallet', value: { message: 'Successfully logged out' } },
    },
  })
  async logout(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Caller() caller: Principal | undefined,
    @FromClient() client: Client,
  ): Promise<WireMessage> {
    const contract = contractOf(request);
    // They have a path of their own, which deletes their cookies too.
    if (contract === 'wire' && presentedToken(request)?.ofIssuer) throw new InvalidToken();
    if (caller) await this.endings.end(caller.session.id, { reason: 'logout', client });
    if (contract === 'pin') return writeSignedOut(reply);
    return contract === 'wallet'
      ? writeLoggedOut(reply, this.accountToForget(request))
      : { message: 'Logged out successfully' };
  }

  /** Another site can't sign anybody out; of an account in use that comes twice the guard has deleted both. */
  private accountToForget(request: FastifyRequest): string | null {
    const ambiguous = cookieValues(request, ACTIVE_ACCOUNT_COOKIE).length > 1;
    return ambiguous || this.crossSite.isForeign(request) ? null : activeAccount(request);
  }
}
