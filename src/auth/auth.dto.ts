import { ApiProperty } from '@nestjs/swagger';
import { IsNotEmpty, IsString, MaxLength } from 'class-validator';

export class RefreshBody {
  @ApiProperty({ example: 'ghr_yUNfM0m2k8Q3uQ7bq3V3gkqf0h0C1xg8m7fZr5o2p1A' })
  @MaxLength(512)
  @IsNotEmpty({ message: '$property is missing' })
  @IsString({ message: '$property must be a string' })
  refreshToken: string;
}
