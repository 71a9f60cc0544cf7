import { Controller, Delete, Get, HttpCode, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiProperty, ApiTags } from '@nestjs/swagger';
import { ValidationFailed } from '../../platform/http/api-error';
import { FromClient, type Client } from '../../platform/http/client';
import { Fails } from '../../platform/http/failures.decorator';
import { pathId } from '../../platform/http/path-id';
import { Caller, type Principal } from '../../platform/http/principal';
import { NeedsSession } from '../../platform/http/session-security';
import { METHOD_NAMES, type MethodName } from '../../sessions/method-name';
import { ReauthenticationNeeded } from '../../sessions/session.errors';
import { WireMessage } from '../contracts/wire.contract';
import { Identities } from './identities';
import { LinkedIdentities } from './linked-identities';
import { IdentityUnknown, LastWayIn } from './linking.errors';

class IdentityView {
  @ApiProperty({ format: 'uuid', example: '5d0c6a5e-2b7c-4c0e-8f53-0d7f1b8a9c21' })
  id: string;

  @ApiProperty({ enum: METHOD_NAMES, example: 'google' })
  provider: MethodName;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'The address there, where the provider vouches for one',
    example: 'alice@example.com',
  })
  email: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'The login, or the name, there',
    example: 'alice',
  })
  name: string | null;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-01-15T10:30:00.000Z' })
  createdAt: Date;
}

class IdentityList {
  @ApiProperty({ type: [IdentityView] })
  identities: IdentityView[];
}

/** A person's identities elsewhere, of every provider. */
@ApiTags('account')
@Controller('auth/identities')
export class IdentitiesController {
  constructor(
    private readonly identities: Identities,
    private readonly linked: LinkedIdentities,
  ) {}

  @Get()
  @NeedsSession()
  @ApiOperation({ operationId: 'listIdentities', summary: 'The linked identities of the current user' })
  @ApiOkResponse({ type: IdentityList })
  async list(@Caller() caller: Principal): Promise<IdentityList> {
    const identities = await this.identities.list(caller.user.id);
    return {
      identities: identities.map(({ id, method, email, knownAs, createdAt }) => ({
        id,
        provider: method,
        email,
        name: knownAs,
        createdAt,
      })),
    };
  }

  @Delete(':id')
  @HttpCode(200)
  @NeedsSession()
  @ApiOperation({
    operationId: 'unlinkIdentity',
    summary: 'Unlink an identity from the current user',
    description:
      'Ends every other session of the user. Needs a sign-in of the last 10 minutes, and another way to sign in.',
  })
  @ApiParam({ name: 'id', type: String, format: 'uuid' })
  @ApiOkResponse({ type: WireMessage, example: { message: 'Identity unlinked' } })
  @Fails(
    new ValidationFailed([{ field: 'id', message: 'id must be a UUID' }]),
    new LastWayIn(),
    new ReauthenticationNeeded(),
    new IdentityUnknown(),
  )
  async unlink(
    @Param('id', pathId('id')) id: string,
    @Caller() caller: Principal,
    @FromClient() client: Client,
  ): Promise<WireMessage> {
    await this.linked.unlink(id, caller, client);
    return { message: 'Identity unlinked' };
  }
}
