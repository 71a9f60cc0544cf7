import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ValidationFailed } from '../platform/http/api-error';
import { FromClient, type Client } from '../platform/http/client';
import { InContract } from '../platform/http/contract-name';
import { Fails } from '../platform/http/failures.decorator';
import { Public } from '../platform/http/principal';
import { EmailVerification } from './email-verification';
import { InvalidVerification } from './user.errors';
import { VerificationAnswer, VerificationMailBody, VerifyBody } from './verification.dto';

const SENT = 'If that email is registered and not verified yet, a verification link has been sent';
const wrongEmail = { field: 'email', message: 'email must be a valid email address' };

@ApiTags('email')
@Controller(['auth', 'v1/auth'])
export class VerificationController {
  constructor(private readonly verification: EmailVerification) {}

  @Public()
  @Post('verification-mail')
  @HttpCode(200)
  @InContract('managed')
  @ApiOperation({
    operationId: 'sendVerificationMail',
    summary: 'Mail the verification link again',
    description:
      'The answer is the same whether or not the email is known. A new link cancels the older one.',
  })
  @ApiOkResponse({ type: VerificationAnswer, example: { statusCode: 200, message: SENT } })
  @Fails(new ValidationFailed([wrongEmail]))
  async send(@Body() body: VerificationMailBody, @FromClient() client: Client): Promise<VerificationAnswer> {
    await this.verification.request(body.email, body, client);
    return { statusCode: 200, message: SENT };
  }

  @Public()
  @Post('verify')
  @HttpCode(200)
  @InContract('managed')
  @ApiOperation({
    operationId: 'verifyEmail',
    summary: 'Verify an email by the mailed code',
    description: 'The mailed link opens a page whose button does this; opening it alone verifies nothing.',
  })
  @ApiOkResponse({
    type: VerificationAnswer,
    example: { statusCode: 200, message: 'Email verified successfully' },
  })
  @Fails(new ValidationFailed([wrongEmail]), new InvalidVerification())
  async verify(@Body() body: VerifyBody, @FromClient() client: Client): Promise<VerificationAnswer> {
    await this.verification.complete(body.email, body.verificationCode, client);
    return { statusCode: 200, message: 'Email verified successfully' };
  }
}
