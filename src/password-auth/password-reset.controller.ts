import { Body, Controller, HttpCode, Param, Post, Req } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { ManagedMessage } from '../auth/contracts/managed.contract';
import { Busy, ValidationFailed } from '../platform/http/api-error';
import { parseBody } from '../platform/http/body.pipe';
import { FromClient, type Client } from '../platform/http/client';
import { contractOf, hasField, InContract, type SharedPath } from '../platform/http/contract-name';
import { Fails } from '../platform/http/failures.decorator';
import { Public } from '../platform/http/principal';
import { ManagedReset, RESET_DONE } from './password.answers';
import { EmailInPath, ForgotPasswordBody, ResetByTokenBody } from './password.dto';
import { InvalidResetToken } from './password.errors';
import { PasswordResets } from './password-reset.service';

const SENT = 'If that email exists, a reset link has been sent';

const OF_MANAGED_MAIL = ['brandLogoUrl', 'platformName', 'endpoint', 'clientAlias'];

/** Both contracts send an email alone; what only one knows tells. */
const forgotPath: SharedPath = {
  contracts: ['wire', 'managed'],
  choose: (request) => {
    const underV1 = request.routeOptions.url?.startsWith('/v1/') === true;
    return underV1 || OF_MANAGED_MAIL.some((field) => hasField(request, field)) ? 'managed' : 'wire';
  },
};

const missingToken = { field: 'token', message: 'token is missing' };
const weakPassword = (field: string) => ({ field, message: `${field} must have at least 8 characters` });

/** Ways to a new password by mail, in both contracts that have them. */
@ApiTags('password')
@Controller(['auth', 'v1/auth'])
export class PasswordResetController {
  constructor(private readonly resets: PasswordResets) {}

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
    return { statusCode: 200, message: RESET_DONE, data };
  }
}
