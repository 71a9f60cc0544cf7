import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsDefined, IsNotEmpty, IsString, MaxLength } from 'class-validator';

export class RefreshBody {
  @ApiProperty({ example: 'ghr_yUNfM0m2k8Q3uQ7bq3V3gkqf0h0C1xg8m7fZr5o2p1A' })
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.trim() : value))
  @MaxLength(512)
  @IsNotEmpty({ message: '$property is missing' })
  @IsString({ message: '$property must be a string' })
  @IsDefined({ message: '$property is missing' })
  refreshToken: string;
}
