import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { EmailNotVerified, InvalidCredentials } from '../auth/auth.errors';
import { managed, ManagedTokens } from '../auth/contracts/managed.contract';
import { SignInService } from '../auth/sign-in.service';
import { Busy, RateLimited, ValidationFailed } from '../platform/http/api-error';
import { FromClient, type Client } from '../platform/http/client';
import { InContract } from '../platform/http/contract-name';
import { Fails } from '../platform/http/failures.decorator';
import { Public } from '../platform/http/principal';
import { LoginBody } from './password.dto';
import { PasswordService } from './password.service';

/** Sign-in of the managed contract. */
@ApiTags('sign-in')
@Controller(['auth', 'v1/auth'])
export class ManagedPasswordController {
  constructor(
    private readonly passwords: PasswordService,
    private readonly gate: SignInService,
  ) {}

  @Public()
  @Post('signin')
  @HttpCode(200)
  @InContract('managed')
  @ApiOperation({
    operationId: 'signIn',
    summary: 'Sign in with email and password',
    description: 'The email must be verified.',
  })
  @ApiOkResponse({ type: ManagedTokens })
  @Fails(
    new ValidationFailed([{ field: 'email', message: 'email must be a valid email address' }]),
    new InvalidCredentials(),
    new EmailNotVerified(),
    new RateLimited(60),
    new Busy(3),
  )
  async signIn(@Body() body: LoginBody, @FromClient() client: Client): Promise<ManagedTokens> {
    const proof = await this.passwords.prove(body.email, body.password, client);
    const how = { method: 'password', contract: 'managed', client, verifiedEmail: true } as const;
    return managed.signedIn(await this.gate.open(proof, how));
  }
}
