import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { InvalidCredentials } from '../auth/auth.errors';
import { WireMessage, WireRegistered, writeTokens } from '../auth/contracts/wire.contract';
import { SignInService } from '../auth/sign-in.service';
import { Busy, ValidationFailed } from '../platform/http/api-error';
import { FromClient, type Client } from '../platform/http/client';
import { Fails } from '../platform/http/failures.decorator';
import { Caller, Public, type Principal } from '../platform/http/principal';
import { EmailExists } from '../users/user.errors';
import { viewUser } from '../users/user.view';
import { ChangePasswordBody, RegisterBody } from './password.dto';
import { RegistrationClosed } from './password.errors';
import { PasswordService } from './password.service';

@ApiTags('account')
@Controller('auth')
export class PasswordAuthController {
  constructor(
    private readonly passwords: PasswordService,
    private readonly signIn: SignInService,
  ) {}

  @Public()
  @Post('register')
  @ApiOperation({ operationId: 'register', summary: 'Create an account and sign in' })
  @ApiCreatedResponse({ type: WireRegistered })
  @Fails(
    new ValidationFailed([{ field: 'password', message: 'password must have at least 8 characters' }]),
    new RegistrationClosed(),
    new EmailExists(),
    new Busy(3),
  )
  async register(@Body() body: RegisterBody, @FromClient() client: Client): Promise<WireRegistered> {
    const user = await this.passwords.register(body);
    const result = await this.signIn.open({ user }, { method: 'password', contract: 'wire', client });
    return { user: viewUser(user), ...writeTokens(result) };
  }

  @Post('change-password')
  @HttpCode(200)
  @ApiBearerAuth()
  @ApiOperation({
    operationId: 'changePassword',
    summary: 'Change the password',
    description: 'Ends every other session of the user; this one stays.',
  })
  @ApiOkResponse({ type: WireMessage, example: { message: 'Password changed successfully' } })
  @Fails(
    new ValidationFailed([{ field: 'newPassword', message: 'newPassword must have at least 8 characters' }]),
    new InvalidCredentials('The current password is wrong'),
    new Busy(3),
  )
  async changePassword(@Body() body: ChangePasswordBody, @Caller() caller: Principal): Promise<WireMessage> {
    await this.passwords.change(caller, body.currentPassword, body.newPassword);
    return { message: 'Password changed successfully' };
  }
}
