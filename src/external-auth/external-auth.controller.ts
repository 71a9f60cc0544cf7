import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import {
  EmailNotVerified,
  InvalidCredentials,
  IssuerUnavailable,
  ProviderNotConfigured,
  RegistrationClosed,
} from '../auth/auth.errors';
import { WireSignedIn } from '../auth/contracts/wire.contract';
import { RateLimited, ValidationFailed } from '../platform/http/api-error';
import { FromClient, type Client } from '../platform/http/client';
import { Fails } from '../platform/http/failures.decorator';
import { Public } from '../platform/http/principal';
import { InvalidToken } from '../sessions/session.errors';
import { ExternalSignIn } from './external-sign-in';
import { ExternalSessionBody } from './external.dto';

@ApiTags('sign-in')
@Controller('auth/external')
export class ExternalAuthController {
  constructor(private readonly signIn: ExternalSignIn) {}

  @Public()
  @Post(':name/session')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'exchangeExternalJwt',
    summary: 'Exchange a JWT of a listed issuer (EXTERNAL_ISSUERS) for tokens',
    description:
      'The same JWT joins the session that it has opened, with tokens of its own. One whose session has ended is refused.',
  })
  @ApiParam({ name: 'name', type: String, example: 'acme' })
  @ApiOkResponse({ type: WireSignedIn })
  @Fails(
    new ValidationFailed([{ field: 'jwt', message: 'jwt is missing' }]),
    new InvalidToken(),
    new InvalidCredentials(),
    new EmailNotVerified(),
    new RegistrationClosed(),
    new ProviderNotConfigured('EXTERNAL_ISSUERS'),
    new RateLimited(600),
    new IssuerUnavailable(),
  )
  session(
    @Param('name') name: string,
    @Body() { jwt }: ExternalSessionBody,
    @FromClient() client: Client,
  ): Promise<WireSignedIn> {
    return this.signIn.signIn(name, jwt, client);
  }
}
