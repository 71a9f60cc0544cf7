import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { LinkOptions } from '../platform/front-end/link-options';
import { OneTimeSecret } from '../platform/one-time/one-time-secret';
import { Email } from '../users/email';
import { Name } from '../users/name';
import { ExistingPassword, NewPassword } from './password-rules';

export class LoginBody {
  @Email()
  email: string;

  @ExistingPassword()
  password: string;
}

export class RegisterBody {
  @Email()
  email: string;

  @NewPassword()
  password: string;

  @IsOptional()
  @Name(ApiPropertyOptional, { nullable: true })
  name?: string | null;
}

export class ChangePasswordBody {
  @ExistingPassword()
  currentPassword: string;

  @NewPassword()
  newPassword: string;
}

export class ChangeByOldBody {
  @Email()
  email: string;

  @ExistingPassword()
  oldPassword: string;

  @NewPassword()
  newPassword: string;
}

export class ForgotPasswordBody extends LinkOptions {
  @Email()
  email: string;
}

const EXAMPLE = 'ghw_4nV0s8Zk1pQ7yRm3cX9bT2uJ6dLfHaEoWgI5KqPzNtY';

export class ResetByTokenBody {
  @OneTimeSecret(EXAMPLE)
  token: string;

  @NewPassword()
  password: string;
}

/** The address in a path. */
export class EmailInPath {
  @Email()
  email: string;
}
