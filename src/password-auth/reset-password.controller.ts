import { Body, Controller, HttpCode, Injectable, Post, Req, UseGuards } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import {
  ApiBody,
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { InvalidCredentials } from '../auth/auth.errors';
import { WireMessage } from '../auth/contracts/wire.contract';
import { Busy, Forbidden, RateLimited, ValidationFailed } from '../platform/http/api-error';
import { parseBody } from '../platform/http/body.pipe';
import { FromClient, type Client } from '../platform/http/client';
import { contractOf, hasField, InContract, type SharedPath } from '../platform/http/contract-name';
import { Fails } from '../platform/http/failures.decorator';
import { Public, type Principal } from '../platform/http/principal';
import { TakesBearer } from '../platform/http/session-security';
import { OptionalBearerGuard } from '../sessions/session.guard';
import { InvalidToken } from '../sessions/session.errors';
import { ManagedReset, RESET_DONE } from './password.answers';
import { ChangeByOldBody, ResetByTokenBody } from './password.dto';
import { InvalidResetToken } from './password.errors';
import { PasswordResets } from './password-reset.service';
import { PasswordService } from './password.service';

const OF_MANAGED_CHANGE = ['email', 'oldPassword', 'newPassword'];

/** A body with a mailed token speaks wire, one with an old password managed. */
const resetPath: SharedPath = {
  contracts: ['wire', 'managed'],
  choose: (request) => {
    const managed = OF_MANAGED_CHANGE.some((field) => hasField(request, field));
    return managed && !hasField(request, 'token') ? 'managed' : 'wire';
  },
};

/** Who comes by a mailed token need not be signed in, nor sign out first. */
@Injectable()
class ManagedBearerGuard extends OptionalBearerGuard {
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    return contractOf(request) !== 'managed' || super.canActivate(context);
  }
}

type MaybeSignedIn = FastifyRequest & { user?: Principal };

async function changeByOld(
  passwords: PasswordService,
  body: ChangeByOldBody,
  caller: Principal | undefined,
  client: Client,
): Promise<ManagedReset> {
  const id = await passwords.changeByOld(body, caller, client);
  return { statusCode: 200, message: RESET_DONE, data: { id, email: body.email } };
}

/** One path of two contracts, with two proofs: a mailed token, or the old password. */
@ApiTags('password')
@Controller('auth')
export class ResetPasswordController {
  constructor(
    private readonly passwords: PasswordService,
    private readonly resets: PasswordResets,
  ) {}

  @Public()
  @UseGuards(ManagedBearerGuard)
  @Post('reset-password')
  @HttpCode(200)
  @InContract(resetPath)
  @TakesBearer()
  @ApiOperation({
    operationId: 'resetPassword',
    summary: 'Set a new password, by a mailed token or by the old password',
    description:
      'With a mailed token, all sessions of the user end. With the old password the session of a Bearer token stays, ' +
      'where one is sent: it must be a good one, and the same user’s. Nobody is signed in by it.',
  })
  @ApiExtraModels(ResetByTokenBody, ChangeByOldBody, ManagedReset, WireMessage)
  @ApiBody({ schema: { anyOf: [ResetByTokenBody, ChangeByOldBody].map(reference) } })
  @ApiOkResponse({ schema: { anyOf: [WireMessage, ManagedReset].map(reference) } })
  @Fails(
    new ValidationFailed([{ field: 'password', message: 'password must have at least 8 characters' }]),
    new InvalidResetToken(),
    new InvalidCredentials(),
    new InvalidToken(),
    new Forbidden('This is the email of another account'),
    new RateLimited(60),
    new Busy(3),
  )
  async reset(
    @Req() request: MaybeSignedIn,
    @FromClient() client: Client,
  ): Promise<ManagedReset | WireMessage> {
    if (contractOf(request) === 'wire') {
      await this.resets.complete(await parseBody(ResetByTokenBody, request.body), client);
      return { message: RESET_DONE };
    }
    return changeByOld(this.passwords, await parseBody(ChangeByOldBody, request.body), request.user, client);
  }
}

/** The same path of the managed contract alone. */
@ApiTags('password')
@Controller('v1/auth')
export class ManagedResetPasswordController {
  constructor(private readonly passwords: PasswordService) {}

  @Public()
  @UseGuards(OptionalBearerGuard)
  @Post('reset-password')
  @HttpCode(200)
  @InContract('managed')
  @TakesBearer()
  @ApiOperation({
    operationId: 'resetPassword',
    summary: 'Set a new password by the old one',
    description: 'As POST /auth/reset-password with the old password.',
  })
  @ApiOkResponse({ type: ManagedReset })
  @Fails(
    new ValidationFailed([{ field: 'newPassword', message: 'newPassword must have at least 8 characters' }]),
    new InvalidCredentials(),
    new InvalidToken(),
    new Forbidden('This is the email of another account'),
    new RateLimited(60),
    new Busy(3),
  )
  reset(
    @Body() body: ChangeByOldBody,
    @Req() { user }: MaybeSignedIn,
    @FromClient() client: Client,
  ): Promise<ManagedReset> {
    return changeByOld(this.passwords, body, user, client);
  }
}

function reference(type: Function): { $ref: string } {
  return { $ref: getSchemaPath(type) };
}
