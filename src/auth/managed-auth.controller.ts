import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ValidationFailed } from '../platform/http/api-error';
import { FromClient, type Client } from '../platform/http/client';
import { InContract } from '../platform/http/contract-name';
import { Fails } from '../platform/http/failures.decorator';
import { Public } from '../platform/http/principal';
import { InvalidRefreshToken } from '../sessions/session.errors';
import { RefreshBody } from './auth.dto';
import { ManagedTokens, writeTokenSet } from './contracts/managed.contract';
import { SignInService } from './sign-in.service';

/** The refresh of the managed contract. */
@ApiTags('sign-in')
@Controller(['auth', 'v1/auth'])
export class ManagedAuthController {
  constructor(private readonly signIn: SignInService) {}

  @Public()
  @Post('refresh-token')
  @HttpCode(200)
  @InContract('managed')
  @ApiOperation({
    operationId: 'refreshToken',
    summary: 'Exchange a refresh token for new tokens',
    description: 'As POST /auth/refresh with a token in the body.',
  })
  @ApiOkResponse({ type: ManagedTokens })
  @Fails(
    new ValidationFailed([{ field: 'refreshToken', message: 'refreshToken is missing' }]),
    new InvalidRefreshToken(),
  )
  async refresh(@Body() body: RefreshBody, @FromClient() client: Client): Promise<ManagedTokens> {
    return writeTokenSet(
      'Token refreshed successfully',
      await this.signIn.refresh(body.refreshToken, client),
    );
  }
}
