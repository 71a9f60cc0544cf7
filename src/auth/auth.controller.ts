import { Body, Controller, HttpCode, Post, Req, Res, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Busy, ValidationFailed } from '../platform/http/api-error';
import { FromClient, type Client } from '../platform/http/client';
import { contractOf } from '../platform/http/contract-name';
import { Fails } from '../platform/http/failures.decorator';
import { Caller, Public, type Principal } from '../platform/http/principal';
import { InvalidRefreshToken } from '../sessions/session.errors';
import { SessionsService } from '../sessions/sessions.service';
import { InvalidCredentials } from './auth.errors';
import { RefreshBody } from './auth.dto';
import { contractFor } from './contracts/contracts';
import { WireMessage, WireTokens, writeTokens } from './contracts/wire.contract';
import { SignInGuard } from './sign-in.guard';
import { SignInService } from './sign-in.service';

/** Its body and answers depend on the methods that are there: the OpenAPI document fills them in. */
export const LOGIN_OPERATION = 'login';

/** The routes that every method shares. */
@ApiTags('sign-in')
@Controller('auth')
export class AuthController {
  constructor(
    private readonly signIn: SignInService,
    private readonly sessions: SessionsService,
  ) {}

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
    new Busy(3),
  )
  async login(
    @Req() request: Required<Pick<FastifyRequest, 'proof' | 'signInMethod'>> & FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @FromClient() client: Client,
  ): Promise<object> {
    const contract = contractOf(request);
    const result = await this.signIn.open(request.proof, { method: request.signInMethod, contract, client });
    return contractFor(contract).signedIn(result, reply);
  }

  @Public()
  @Post('refresh')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'refresh',
    summary: 'Exchange a refresh token for new tokens',
    description:
      'Both tokens are new. Parallel calls with one token get the same new refresh token, and so does a ' +
      'repeated one for 10 seconds; after that a spent token ends its session.',
  })
  @ApiOkResponse({ type: WireTokens })
  @Fails(
    new ValidationFailed([{ field: 'refreshToken', message: 'refreshToken is missing' }]),
    new InvalidRefreshToken(),
  )
  async refresh(@Body() body: RefreshBody): Promise<WireTokens> {
    return writeTokens(await this.signIn.refresh(body.refreshToken));
  }

  @Post('logout')
  @HttpCode(200)
  @ApiBearerAuth()
  @ApiOperation({
    operationId: 'logout',
    summary: 'Sign out',
    description: 'Ends the session: its access and refresh tokens are refused from now on.',
  })
  @ApiOkResponse({ type: WireMessage, example: { message: 'Logged out successfully' } })
  async logout(@Caller() caller: Principal): Promise<WireMessage> {
    await this.sessions.revoke(caller.session.id, 'logout');
    return { message: 'Logged out successfully' };
  }
}
