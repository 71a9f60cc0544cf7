import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
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
