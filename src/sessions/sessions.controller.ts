import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiParam, ApiProperty, ApiTags } from '@nestjs/swagger';
import { Forbidden, NotFound, ValidationFailed } from '../platform/http/api-error';
import { FromClient, type Client } from '../platform/http/client';
import { InContract } from '../platform/http/contract-name';
import { Fails } from '../platform/http/failures.decorator';
import { pathId } from '../platform/http/path-id';
import { Caller, type Principal } from '../platform/http/principal';
import { NeedsSession } from '../platform/http/session-security';
import { SessionEndings, type EndingReason } from './session-endings';
import { SessionView, viewSession } from './session.view';
import { SignOutBody } from './sessions.dto';
import { SessionsService } from './sessions.service';

class Ended {
  @ApiProperty({ enum: [200] })
  statusCode: 200;

  @ApiProperty()
  message: string;
}

class SessionList extends Ended {
  @ApiProperty({ type: [SessionView] })
  data: SessionView[];
}

const foreign = new Forbidden('You are not allowed to access sessions of another user');
const unknown = new NotFound('There is no such session, or it has ended already');
const noId = new ValidationFailed([{ field: 'sessionId', message: 'sessionId must be a UUID' }]);

/** A person's sessions, of every method and contract. */
@ApiTags('sessions')
@Controller(['auth', 'v1/auth'])
export class SessionsController {
  constructor(
    private readonly sessions: SessionsService,
    private readonly endings: SessionEndings,
  ) {}

  @Get(':userId/sessions')
  @InContract('managed')
  @NeedsSession()
  @ApiOperation({ operationId: 'listSessions', summary: 'The sessions of the current user' })
  @ApiParam({ name: 'userId', type: String, format: 'uuid' })
  @ApiOkResponse({ type: SessionList })
  @Fails(new ValidationFailed([{ field: 'userId', message: 'userId must be a UUID' }]), foreign)
  async list(
    @Param('userId', pathId('userId')) userId: string,
    @Caller() caller: Principal,
  ): Promise<SessionList> {
    if (userId.toLowerCase() !== caller.user.id) throw foreign;
    const sessions = await this.sessions.list(caller.user.id);
    const data = sessions.map((session) => viewSession(session, caller.session.id));
    return { statusCode: 200, message: 'User Sessions fetched Successfully', data };
  }

  @Delete(':sessionId/sessions')
  @InContract('managed')
  @NeedsSession()
  @ApiOperation({ operationId: 'endSession', summary: 'End one session of the current user' })
  @ApiParam({ name: 'sessionId', type: String, format: 'uuid' })
  @ApiOkResponse({ type: Ended })
  @Fails(noId, foreign, unknown)
  async endOne(
    @Param('sessionId', pathId('sessionId')) sessionId: string,
    @Caller() caller: Principal,
    @FromClient() client: Client,
  ): Promise<Ended> {
    const result = await this.endings.endOwn([sessionId], caller.user.id, asked('revoked', caller, client));
    if (result.foreign) throw foreign;
    if (result.ended === 0) throw unknown;
    return { statusCode: 200, message: 'Session deleted successfully' };
  }

  @Post('signout')
  @HttpCode(200)
  @InContract('managed')
  @NeedsSession()
  @ApiOperation({
    operationId: 'signOut',
    summary: 'End sessions of the current user',
    description: 'The current one, or those that are named. When one is not the caller’s own, none is ended.',
  })
  @ApiBody({ type: SignOutBody, required: false })
  @ApiOkResponse({ type: Ended })
  @Fails(new ValidationFailed([{ field: 'sessions', message: 'sessions must be an array' }]), foreign)
  async signOut(
    @Body() body: SignOutBody,
    @Caller() caller: Principal,
    @FromClient() client: Client,
  ): Promise<Ended> {
    const ids = body.sessions ?? [caller.session.id];
    const { foreign: isForeign } = await this.endings.endOwn(
      ids,
      caller.user.id,
      asked('logout', caller, client),
    );
    if (isForeign) throw foreign;
    return { statusCode: 200, message: 'User logout successfully' };
  }
}

const asked = (reason: EndingReason, caller: Principal, client: Client) => ({
  reason,
  client,
  by: caller.session.id,
});
