import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { Email } from '../users/email';
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

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 100, example: 'Alice Johnson' })
  @Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' ? value.normalize('NFC').trim() : value,
  )
  @IsOptional()
  @Matches(/^[^\p{Cc}\p{Cs}]*$/u, { message: '$property must not contain control characters' })
  @MaxLength(100, { message: '$property must have at most 100 characters' })
  @IsString({ message: '$property must be a string' })
  name?: string | null;
}

export class ChangePasswordBody {
  @ExistingPassword()
  currentPassword: string;

  @NewPassword()
  newPassword: string;
}
