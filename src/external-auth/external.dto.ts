import { ApiProperty } from '@nestjs/swagger';
import { IsDefined, IsNotEmpty, IsString } from 'class-validator';

export class ExternalSessionBody {
  @ApiProperty({ description: 'A JWT that the issuer has signed for this server' })
  @IsNotEmpty({ message: '$property is missing' })
  @IsString({ message: '$property must be a string' })
  @IsDefined({ message: '$property is missing' })
  jwt: string;
}
