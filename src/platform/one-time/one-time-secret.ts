import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsNotEmpty, IsString, MaxLength } from 'class-validator';

/** A field with what was mailed. Whether it is good is not a matter of its form. */
export const OneTimeSecret = (example: string): PropertyDecorator =>
  applyDecorators(
    ApiProperty({ type: String, maxLength: 512, example }),
    Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.trim() : value)),
    IsNotEmpty({ message: '$property is missing' }),
    IsString({ message: '$property must be a string' }),
    MaxLength(512, { message: '$property is too long' }),
  );
