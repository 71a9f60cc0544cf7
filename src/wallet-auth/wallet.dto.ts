import { ApiExtraModels, ApiProperty, ApiPropertyOptional, getSchemaPath } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { chainFamilies } from './families/chain-families';

const TYPES = chainFamilies.map(({ type }) => type);
const ADDRESS = '0x71C7656EC7ab88b098defB751B7401B5f6d8976F';
const SIGNATURE = `0x${'3f'.repeat(64)}1b`;
const LONGEST = 1_000;

export class PayloadBody {
  @ApiProperty({ description: 'Of a wallet of Ethereum, Solana or Sui, in any case', example: ADDRESS })
  @MaxLength(200, { message: 'Please provide an address' })
  @IsString({ message: 'Please provide an address' })
  address: string;

  @ApiPropertyOptional({
    oneOf: [{ type: 'string' }, { type: 'integer' }],
    description: 'The chain that the wallet is on',
    example: '1',
  })
  @Transform(({ value }: { value: unknown }) => (Number.isSafeInteger(value) ? String(value) : value))
  @IsOptional()
  @MaxLength(100, { message: '$property is too long' })
  @IsString({ message: "$property must be a string, as in '1'" })
  chainId?: string;

  @ApiPropertyOptional({ enum: TYPES, description: 'Told by the address where it is missing' })
  @IsOptional()
  @IsIn(TYPES, { message: `$property must be one of ${TYPES.join(', ')}` })
  type?: string;
}

/** What a wallet signs, as this contract writes it. */
export class LoginPayloadView {
  @ApiPropertyOptional({ enum: TYPES, description: 'evm where it is missing' })
  @IsOptional()
  @IsIn(TYPES)
  type?: string;

  @ApiProperty({ example: 'app.example.com' })
  @MaxLength(LONGEST)
  @IsString()
  domain: string;

  @ApiProperty({ example: ADDRESS })
  @MaxLength(200)
  @IsString()
  address: string;

  @ApiPropertyOptional({
    example: 'Please ensure that the domain above matches the URL of the current website.',
  })
  @IsOptional()
  @MaxLength(LONGEST)
  @IsString()
  statement?: string;

  @ApiPropertyOptional({ example: 'https://app.example.com' })
  @IsOptional()
  @MaxLength(LONGEST)
  @IsString()
  uri?: string;

  @ApiPropertyOptional({ example: '1' })
  @IsOptional()
  @MaxLength(LONGEST)
  @IsString()
  version?: string;

  @ApiPropertyOptional({ example: '1' })
  @IsOptional()
  @MaxLength(LONGEST)
  @IsString()
  chain_id?: string;

  @ApiPropertyOptional({ pattern: '^[0-9A-Za-z]{8,}$', example: '9f1c3b5e7a2d4f608192a3b4c5d6e7f8' })
  @IsOptional()
  @MaxLength(LONGEST)
  @IsString()
  nonce?: string;

  @ApiProperty({ format: 'date-time', example: '2026-01-15T10:30:00.000Z' })
  @MaxLength(LONGEST)
  @IsString()
  issued_at: string;

  @ApiProperty({ format: 'date-time', example: '2026-01-15T10:40:00.000Z' })
  @MaxLength(LONGEST)
  @IsString()
  expiration_time: string;

  @ApiProperty({ format: 'date-time', example: '2026-01-15T10:20:00.000Z' })
  @MaxLength(LONGEST)
  @IsString()
  invalid_before: string;

  @ApiPropertyOptional({ type: [String] })
  @IsOptional()
  @MaxLength(LONGEST, { each: true })
  @IsString({ each: true })
  @ArrayMaxSize(50)
  @IsArray()
  resources?: string[];
}

export class PayloadAnswer {
  @ApiProperty()
  payload: LoginPayloadView;
}

/** As version 5 of thirdweb sends it. */
export class SignedPayloadBody {
  @ApiProperty()
  payload: LoginPayloadView;

  @ApiProperty({
    example: SIGNATURE,
    description: 'Hexadecimal; of Solana in base58 or base64, of Sui in base64',
  })
  @IsString()
  signature: string;
}

@ApiExtraModels(LoginPayloadView, SignedPayloadBody)
export class WalletLoginBody {
  @ApiPropertyOptional({
    description: 'With the signature beside it, or, as versions 3 and 4 of thirdweb send it, in it',
    oneOf: [LoginPayloadView, SignedPayloadBody].map((type) => ({ $ref: getSchemaPath(type) })),
  })
  payload?: unknown;

  @ApiPropertyOptional({ description: 'A message of EIP-4361, in place of a payload' })
  message?: string;

  @ApiPropertyOptional({
    example: SIGNATURE,
    description: 'Hexadecimal; of Solana in base58 or base64, of Sui in base64',
  })
  signature?: string;
}

export class NonceAnswer {
  @ApiProperty({ pattern: '^[0-9A-Za-z]{8,}$', example: '9f1c3b5e7a2d4f608192a3b4c5d6e7f8' })
  nonce: string;
}

export class SwitchAccountBody {
  @ApiProperty({ example: ADDRESS })
  @MaxLength(200, { message: 'Please provide an address' })
  @IsString({ message: 'Please provide an address' })
  address: string;
}
