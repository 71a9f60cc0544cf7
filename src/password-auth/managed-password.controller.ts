import { Body, Controller, HttpCode, Post, Req, UseGuards } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { EmailNotVerified, InvalidCredentials } from '../auth/auth.errors';
import { managed, ManagedMessage, ManagedTokens } from '../auth/contracts/managed.contract';
import { SignInService } from '../auth/sign-in.service';
import { Busy, Forbidden, RateLimited, ValidationFailed } from '../platform/http/api-error';
import { FromClient, type Client } from '../platform/http/client';
import { hasField, InContract, type SharedPath } from '../platform/http/contract-name';
import { Fails } from '../platform/http/failures.decorator';
import { Public, type Principal } from '../platform/http/principal';
import { TakesBearer } from '../platform/http/session-security';
import { OptionalBearerGuard } from '../sessions/session.guard';
import { InvalidToken } from '../sessions/session.errors';
import { ChangeByOldBody, LoginBody } from './password.dto';
import { PasswordService } from './password.service';

class ChangedAccount {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ format: 'email' })
  email: string;
}

class PasswordReset extends ManagedMessage {
  @ApiProperty()
  data: ChangedAccount;
}

const MANAGED_FIELDS = ['email', 'oldPassword', 'newPassword'];

/** A body with a mailed token speaks wire, one with an old password managed. */
const resetPath: SharedPath = {
  contracts: ['managed', 'wire'],
  choose: (request) => {
    if (request.routeOptions.url?.startsWith('/v1/')) return 'managed';
    const has = (field: string) => hasField(request, field);
    return !has('token') && MANAGED_FIELDS.some(has) ? 'managed' : 'wire';
  },
};

const wrongPassword = { field: 'newPassword', message: 'newPassword must have at least 8 characters' };

/** The password in the managed contract. */
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

  @Public()
  @UseGuards(OptionalBearerGuard)
  @Post('reset-password')
  @HttpCode(200)
  @InContract(resetPath)
  @TakesBearer()
  @ApiOperation({
    operationId: 'resetPassword',
    summary: 'Change the password by the old one',
    description:
      'Ends the sessions of the user; the one of a Bearer token stays, where one is sent. It must be a good one, and ' +
      'the same user’s.',
  })
  @ApiOkResponse({ type: PasswordReset })
  @Fails(
    new ValidationFailed([wrongPassword]),
    new InvalidCredentials(),
    new InvalidToken(),
    new Forbidden('This is the email of another account'),
    new RateLimited(60),
    new Busy(3),
  )
  async resetPassword(
    @Body() body: ChangeByOldBody,
    @Req() { user }: FastifyRequest & { user?: Principal },
    @FromClient() client: Client,
  ): Promise<PasswordReset> {
    const id = await this.passwords.changeByOld(body, user, client);
    return { statusCode: 200, message: 'Password reset successfully', data: { id, email: body.email } };
  }
}
