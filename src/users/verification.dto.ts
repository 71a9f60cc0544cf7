import { ApiProperty } from '@nestjs/swagger';
import { MailOptions } from '../platform/front-end/link-options';
import { OneTimeSecret } from '../platform/one-time/one-time-secret';
import { Email } from './email';

export class VerificationMailBody extends MailOptions {
  @Email()
  email: string;
}

export class VerifyBody {
  @Email()
  email: string;

  @OneTimeSecret('ghv_6bGv3c2Jw0m3l8sYd1t2b9T4QfXn5kR7uZ0aHcEoPiA')
  verificationCode: string;
}

export class VerificationAnswer {
  @ApiProperty({ enum: [200] })
  statusCode: 200;

  @ApiProperty()
  message: string;
}
