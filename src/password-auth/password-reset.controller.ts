import { Body, Controller, HttpCode, Injectable, Param, Post, Req, UseGuards } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import {
  ApiBody,
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiProperty,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { InvalidCredentials } from '../auth/auth.errors';
import { ManagedMessage } from '../auth/contracts/managed.contract';
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
import { ChangeByOldBody, EmailInPath, ForgotPasswordBody, ResetByTokenBody } from './password.dto';
import { InvalidResetToken } from './password.errors';
import { PasswordResets } from './password-reset.service';
import { PasswordService } from './password.service';

class ChangedAccount {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ format: 'email' })
  email: string;
}

class ManagedReset extends ManagedMessage {
  @ApiProperty()
  data: ChangedAccount;
}

const SENT = 'If that email exists, a reset link has been sent';
const DONE = 'Password reset successfully';

const speaksManaged = (request: FastifyRequest, fields: readonly string[]): boolean =>
  request.routeOptions.url?.startsWith('/v1/') === true || fields.some((field) => hasField(request, field));

const OF_MANAGED_MAIL = ['brandLogoUrl', 'platformName', 'endpoint', 'clientAlias'];

/** Both contracts send an email alone; what only one knows tells. */
const forgotPath: SharedPath = {
  contracts: ['wire', 'managed'],
  choose: (request) => (speaksManaged(request, OF_MANAGED_MAIL) ? 'managed' : 'wire'),
};

const OF_MANAGED_CHANGE = ['email', 'oldPassword', 'newPassword'];

/** A body with a mailed token speaks wire, one with an old password managed. */
const resetPath: SharedPath = {
  contracts: ['wire', 'managed'],
  choose: (request) => {
    const managed = speaksManaged(request, hasField(request, 'token') ? [] : OF_MANAGED_CHANGE);
    return managed ? 'managed' : 'wire';
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

const missingToken = { field: 'token', message: 'token is missing' };
const weakPassword = (field: string) => ({ field, message: `${field} must have at least 8 characters` });

/** Ways to a new password but for the signed-in user's, in both contracts that have them. */
@ApiTags('password')
@Controller(['auth', 'v1/auth'])
export class PasswordResetController {
  constructor(
    private readonly passwords: PasswordService,
    private readonly resets: PasswordResets,
  ) {}

  @Public()
  @Post('forgot-password')
  @HttpCode(200)
  @InContract(forgotPath)
  @ApiOperation({
    operationId: 'forgotPassword',
    summary: 'Mail a link to reset the password',
    description:
      'The answer is the same whether or not the email is known. Nothing changes before the link is used; a newer ' +
      'link cancels the older one. The token in it is good for one hour, at POST /auth/reset-password and at POST ' +
      '/auth/password-reset/{email}.',
  })
  @ApiOkResponse({ type: ManagedMessage, example: { statusCode: 200, message: SENT } })
  @Fails(new ValidationFailed([{ field: 'email', message: 'email must be a valid email address' }]))
  async forgot(
    @Req() request: FastifyRequest,
    @Body() body: ForgotPasswordBody,
    @FromClient() client: Client,
  ): Promise<ManagedMessage> {
    const form = contractOf(request) === 'managed' ? 'managed' : 'wire';
    await this.resets.request(body.email, body, form, client);
    return { statusCode: 200, message: SENT };
  }

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
    new ValidationFailed([weakPassword('password')]),
    new InvalidResetToken(),
    new InvalidCredentials(),
    new InvalidToken(),
    new Forbidden('This is the email of another account'),
    new RateLimited(60),
    new Busy(3),
  )
  async reset(
    @Req() request: FastifyRequest & { user?: Principal },
    @FromClient() client: Client,
  ): Promise<ManagedReset | WireMessage> {
    if (contractOf(request) === 'wire') {
      await this.resets.complete(await parseBody(ResetByTokenBody, request.body), client);
      return { message: DONE };
    }
    const body = await parseBody(ChangeByOldBody, request.body);
    const id = await this.passwords.changeByOld(body, request.user, client);
    return { statusCode: 200, message: DONE, data: { id, email: body.email } };
  }

  @Public()
  @Post('password-reset/:email')
  @HttpCode(200)
  @InContract('managed')
  @ApiOperation({
    operationId: 'resetPasswordByToken',
    summary: 'Set a new password by a mailed token',
    description: 'Ends all sessions of the user. Nobody is signed in by it.',
  })
  @ApiParam({ name: 'email', type: String, format: 'email' })
  @ApiOkResponse({ type: ManagedReset })
  @Fails(new ValidationFailed([missingToken, weakPassword('password')]), new InvalidResetToken(), new Busy(3))
  async resetByToken(
    @Param('email') inPath: string,
    @Body() body: ResetByTokenBody,
    @FromClient() client: Client,
  ): Promise<ManagedReset> {
    const { email } = await parseBody(EmailInPath, { email: inPath });
    const data = await this.resets.complete({ ...body, email }, client);
    return { statusCode: 200, message: DONE, data };
  }
}

function reference(type: Function): { $ref: string } {
  return { $ref: getSchemaPath(type) };
}
