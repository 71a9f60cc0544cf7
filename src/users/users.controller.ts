import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { Caller, type Principal } from '../platform/http/principal';
import { NeedsSession } from '../platform/http/session-security';
import { UserView, viewUser } from './user.view';

class CurrentUser {
  @ApiProperty()
  user: UserView;
}

@ApiTags('account')
@Controller('auth')
export class UsersController {
  @Get('me')
  @NeedsSession()
  @ApiOperation({ operationId: 'me', summary: 'The current user' })
  @ApiOkResponse({ type: CurrentUser })
  me(@Caller() caller: Principal): CurrentUser {
    return { user: viewUser(caller.user) };
  }
}
