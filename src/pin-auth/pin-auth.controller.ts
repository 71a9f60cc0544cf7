import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { InvalidCredentials } from '../auth/auth.errors';
import { WireMessage } from '../auth/contracts/wire.contract';
import { Busy, RateLimited, ValidationFailed } from '../platform/http/api-error';
import { FromClient, type Client } from '../platform/http/client';
import { Fails } from '../platform/http/failures.decorator';
import { Caller, type Principal } from '../platform/http/principal';
import { NeedsSession } from '../platform/http/session-security';
import { ReauthenticationNeeded } from '../sessions/session.errors';
import { SetPinBody } from './pin.dto';
import { NameExists, PinIsOff } from './pin.errors';
import { PinService } from './pin.service';

@ApiTags('account')
@Controller('auth')
export class PinAuthController {
  constructor(private readonly pins: PinService) {}

  @Post('pin')
  @HttpCode(200)
  @NeedsSession()
  @ApiOperation({
    operationId: 'setPin',
    summary: 'Set a name and a PIN to sign in with',
    description:
      'Replacing a PIN ends every other session of the user. An account without a password needs a sign-in of the last 10 ' +
      'minutes.',
  })
  @ApiOkResponse({ type: WireMessage, example: { message: 'PIN set' } })
  @Fails(
    new ValidationFailed([{ field: 'pin', message: 'pin must be 4 to 12 digits, as a string' }]),
    new InvalidCredentials('The current password is wrong'),
    new PinIsOff(),
    new ReauthenticationNeeded(),
    new NameExists(),
    new RateLimited(60),
    new Busy(3),
  )
  async set(
    @Body() body: SetPinBody,
    @Caller() caller: Principal,
    @FromClient() client: Client,
  ): Promise<WireMessage> {
    await this.pins.set(caller, body, client);
    return { message: 'PIN set' };
  }
}
