import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsDefined, IsNotEmpty, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { Name } from '../users/name';

const PinName = (): PropertyDecorator =>
  applyDecorators(
    // Nobody sees these, so two names that differ by them would look the same.
    Matches(/^[^\p{Cf}\p{Default_Ignorable_Code_Point}]*$/u, {
      message: '$property must not contain invisible characters',
    }),
    Name(ApiProperty, { example: 'cooluser1' }),
    IsNotEmpty({ message: '$property is missing' }),
  );

const NewPin = (): PropertyDecorator =>
  applyDecorators(
    ApiProperty({ type: String, format: 'password', pattern: '^[0-9]{4,12}$', example: '0000' }),
    IsDefined({ message: '$property is missing' }),
    IsString({ message: '$property must be 4 to 12 digits, as a string' }),
    Matches(/^[0-9]{4,12}$/, { message: '$property must be 4 to 12 digits, as a string' }),
  );

export class PinLoginBody {
  @PinName()
  name: string;

  @ApiProperty({ type: String, format: 'password', example: '0000' })
  @MaxLength(128)
  @IsNotEmpty({ message: '$property is missing' })
  @IsString({ message: '$property must be a string' })
  @IsDefined({ message: '$property is missing' })
  pin: string;
}

export class PinRegisterBody {
  @PinName()
  name: string;

  @NewPin()
  pin: string;
}

export class SetPinBody extends PinRegisterBody {
  @ApiPropertyOptional({
    type: String,
    format: 'password',
    description: 'Needed when the account has a password',
  })
  @IsOptional()
  @IsString({ message: '$property must be a string' })
  currentPassword?: string;
}
