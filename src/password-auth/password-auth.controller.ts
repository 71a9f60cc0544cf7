import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { InvalidCredentials } from '../auth/auth.errors';
import { WireMessage } from '../auth/contracts/wire.contract';
import { Busy, RateLimited, ValidationFailed } from '../platform/http/api-error';
import { FromClient, type Client } from '../platform/http/client';
import { Fails } from '../platform/http/failures.decorator';
import { Caller, type Principal } from '../platform/http/principal';
import { NeedsSession } from '../platform/http/session-security';
import { ChangePasswordBody } from './password.dto';
import { PasswordService } from './password.service';

@ApiTags('account')
@Controller('auth')
export class PasswordAuthController {
  constructor(private readonly passwords: PasswordService) {}

  @Post('change-password')
  @HttpCode(200)
  @NeedsSession()
  @ApiOperation({
    operationId: 'changePassword',
    summary: 'Change the password',
    description: 'Ends every other session of the user; this one stays.',
  })
  @ApiOkResponse({ type: WireMessage, example: { message: 'Password changed successfully' } })
  @Fails(
    new ValidationFailed([{ field: 'newPassword', message: 'newPassword must have at least 8 characters' }]),
    new InvalidCredentials('The current password is wrong'),
    new RateLimited(60),
    new Busy(3),
  )
  async changePassword(
    @Body() body: ChangePasswordBody,
    @Caller() caller: Principal,
    @FromClient() client: Client,
  ): Promise<WireMessage> {
    await this.passwords.change(caller, body, client);
    return { message: 'Password changed successfully' };
  }
}
