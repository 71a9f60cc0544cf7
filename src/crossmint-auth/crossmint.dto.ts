import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import {
  IsDefined,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
  ValidateBy,
  ValidateIf,
} from 'class-validator';
import { getAddress } from 'viem/utils';
import { Email } from '../users/email';
import { LARGEST_COOKIE_VALUE } from '../auth/contracts/crossmint.contract';
import { LAST_STEP, WALLET_STATUSES, type WalletStatus } from './crossmint-profile.entity';

const EVM_ADDRESS = /^0x[0-9a-fA-F]{40}$/;
/** All in one case there is no checksum to be wrong (EIP-55). */
const IN_ONE_CASE = /^0x([0-9a-f]+|[0-9A-F]+)$/;

const readAddress = (value: string): string => getAddress(value.toLowerCase());

const isEvmAddress = (value: unknown): boolean =>
  typeof value === 'string' &&
  EVM_ADDRESS.test(value) &&
  (IN_ONE_CASE.test(value) || readAddress(value) === value);

export class ExchangeBody {
  @ApiProperty({ description: 'The access token of Crossmint', example: 'eyJhbGciOiJSUzI1NiIsImtpZCI6Ii…' })
  @IsNotEmpty({ message: '$property is missing' })
  @IsString({ message: '$property must be a string' })
  @IsDefined({ message: '$property is missing' })
  jwt: string;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'The refresh token of Crossmint. One that is refused is left out, and nothing else happens',
    example: 'rt_…',
  })
  @MaxLength(LARGEST_COOKIE_VALUE, {
    message: `$property must have at most ${LARGEST_COOKIE_VALUE} characters`,
  })
  @IsString({ message: '$property must be a string' })
  @IsOptional()
  refreshToken?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true, description: 'Nobody has proven it' })
  @Email()
  @IsOptional()
  email?: string | null;
}

export class ProfileBody {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: LAST_STEP,
    description: 'The next one, or again the same',
  })
  @Max(LAST_STEP, { message: `$property must be a whole number from 0 to ${LAST_STEP}` })
  @Min(0, { message: `$property must be a whole number from 0 to ${LAST_STEP}` })
  @IsInt({ message: `$property must be a whole number from 0 to ${LAST_STEP}` })
  @ValidateIf((_, value) => value !== undefined)
  onboardingStep?: number;

  @ApiPropertyOptional({
    pattern: EVM_ADDRESS.source,
    description: 'In one case, or with the checksum of EIP-55',
    example: '0x71C7656EC7ab88b098defB751B7401B5f6d8976F',
  })
  @Transform(({ value }: { value: unknown }) => (isEvmAddress(value) ? readAddress(value as string) : value))
  @ValidateBy(
    { name: 'isEvmAddress', validator: { validate: isEvmAddress } },
    { message: '$property must be 0x and 40 hex digits, in one case or with a right checksum (EIP-55)' },
  )
  @ValidateIf((_, value) => value !== undefined)
  evmAddress?: string;
}

/** Exactly the six keys that its clients know. */
export class ProfileView {
  @ApiProperty({ format: 'uuid', example: 'f0e1d2c3-b4a5-4789-8abc-def123456789' })
  userId: string;

  @ApiProperty({ type: String, nullable: true, example: 'user@example.com' })
  email: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'On Sui; null until it is there',
    example: `0x${'0'.repeat(24)}71c7656ec7ab88b098defb751b7401b5f6d8976f`,
  })
  walletAddress: string | null;

  @ApiProperty({ enum: WALLET_STATUSES, example: 'active' })
  walletStatus: WalletStatus;

  @ApiProperty({ type: 'integer', minimum: 0, maximum: LAST_STEP, example: LAST_STEP })
  onboardingStep: number;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'As the client has set it',
    example: '0x71C7656EC7ab88b098defB751B7401B5f6d8976F',
  })
  evmAddress: string | null;
}
