import { ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsOptional, IsUUID } from 'class-validator';

export class SignOutBody {
  @ApiPropertyOptional({
    type: [String],
    format: 'uuid',
    maxItems: 1_000,
    description: 'Sessions of the caller; left out: the current one',
  })
  @IsOptional()
  @IsUUID(undefined, { each: true, message: 'each of $property must be the id of a session' })
  @ArrayMaxSize(1_000)
  @IsArray({ message: '$property must be an array' })
  sessions?: string[];
}
