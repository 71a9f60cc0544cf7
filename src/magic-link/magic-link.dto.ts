import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { Matches } from 'class-validator';
import { OneTimeSecret } from '../platform/one-time/one-time-secret';
import { Email } from '../users/email';

export class MagicLinkBody {
  @Email()
  email: string;
}

export class ByTokenBody {
  @OneTimeSecret('ghm_8tRk2VwY0n5JcQ1xLz7mB4sGdHf9uPaE3oIiXvNqTyU')
  token: string;
}

export class ByCodeBody {
  @Email()
  email: string;

  @ApiProperty({ type: String, pattern: '^\\d{6}$', example: '042137' })
  @Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' ? value.replace(/[\s-]/g, '') : value,
  )
  @Matches(/^[0-9]{6}$/, { message: '$property must be 6 digits, as a string' })
  code: string;
}
