import {
  ApiProperty,
  ApiPropertyOptional,
  IntersectionType,
  OmitType,
  PartialType,
  PickType,
} from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { chainFamilies } from './families/chain-families';
import { NO_ADDRESS } from './wallet.errors';

const TYPES = chainFamilies.map(({ type }) => type);
const TITLES = chainFamilies.map(({ title }) => title).join(', ');
const ADDRESS = '0x71C7656EC7ab88b098defB751B7401B5f6d8976F';
const SIGNATURE = `0x${'3f'.repeat(64)}1b`;
const NONCE = '9f1c3b5e7a2d4f608192a3b4c5d6e7f8';
const LONGEST = 1_000;

export class PayloadBody {
  @ApiProperty({ description: `Of a wallet of ${TITLES}; hexadecimal in any case`, example: ADDRESS })
  @MaxLength(200, { message: NO_ADDRESS })
  @IsString({ message: NO_ADDRESS })
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
  @ApiProperty({ enum: TYPES, example: 'evm' })
  @IsIn(TYPES)
  type: string;

  @ApiProperty({ example: 'app.example.com' })
  @MaxLength(LONGEST)
  @IsString()
  domain: string;

  @ApiProperty({ example: ADDRESS })
  @MaxLength(LONGEST)
  @IsString()
  address: string;

  @ApiProperty({ example: 'Please ensure that the domain above matches the URL of the current website.' })
  @MaxLength(LONGEST)
  @IsString()
  statement: string;

  @ApiProperty({ example: 'https://app.example.com' })
  @MaxLength(LONGEST)
  @IsString()
  uri: string;

  @ApiProperty({ example: '1' })
  @MaxLength(LONGEST)
  @IsString()
  version: string;

  @ApiProperty({ example: '1' })
  @MaxLength(LONGEST)
  @IsString()
  chain_id: string;

  @ApiProperty({ pattern: '^[0-9A-Za-z]{8,}$', example: NONCE })
  @MaxLength(LONGEST)
  @IsString()
  nonce: string;

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

/** Without these there is no payload; what else is missing does not match what was given out. */
const NEEDED = ['domain', 'address', 'issued_at', 'expiration_time', 'invalid_before'] as const;

/** The same as it comes back: version 5 of thirdweb has no type, which means evm. */
export class LoginPayloadBody extends IntersectionType(
  PickType(LoginPayloadView, NEEDED),
  PartialType(OmitType(LoginPayloadView, NEEDED)),
) {}

export class PayloadAnswer {
  @ApiProperty()
  payload: LoginPayloadView;
}

const Signature = (): PropertyDecorator =>
  ApiProperty({
    description: chainFamilies.map(({ title, signatureForm }) => `${title}: ${signatureForm}`).join('; '),
    example: SIGNATURE,
  });

/** As version 5 of thirdweb sends it. */
export class SignedPayloadBody {
  @ApiProperty()
  payload: LoginPayloadBody;

  @Signature()
  signature: string;
}

/** As versions 3 and 4 of thirdweb send it. */
export class NestedPayloadBody {
  @ApiProperty()
  payload: SignedPayloadBody;
}

/** As plain clients of EIP-4361 send it. */
export class SignedMessageBody {
  @ApiProperty({ description: 'A message of EIP-4361', maxLength: 4_096 })
  message: string;

  @Signature()
  signature: string;
}

/** Which of them came is seen when it is read: they are told apart by their fields. */
export const LOGIN_BODIES = [SignedPayloadBody, NestedPayloadBody, SignedMessageBody];

export class NonceAnswer {
  @ApiProperty({ pattern: '^[0-9A-Za-z]{8,}$', example: NONCE })
  nonce: string;
}

export class SwitchAccountBody {
  @ApiProperty({ example: ADDRESS })
  @MaxLength(200, { message: NO_ADDRESS })
  @IsString({ message: NO_ADDRESS })
  address: string;
}
