import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsOptional, IsString, Matches, MaxLength } from 'class-validator';

const LONGEST_URL = 2_048;
const LONGEST_NAME = 60;

const OptionalText = (longest: number, options: object): PropertyDecorator =>
  applyDecorators(
    ApiPropertyOptional({ type: String, nullable: true, maxLength: longest, ...options }),
    Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.trim() : value)),
    IsOptional(),
    IsString({ message: '$property must be a string' }),
    MaxLength(longest, { message: `$property must have at most ${longest} characters` }),
  );

/** The name of an entry of CLIENTS. */
const ClientAlias = () =>
  OptionalText(64, { example: 'VERIFIER', description: 'A front end that the server knows (CLIENTS)' });

const BrandLogoUrl = () =>
  OptionalText(LONGEST_URL, {
    format: 'uri',
    example: 'https://example.com/logo.png',
    description: 'Shown in the mail; https, of an origin in ALLOWED_LOGO_ORIGINS',
  });

/**
 * It stands in a mail to somebody who did not ask for it: no control characters, and nothing that turns the direction of
 * the text. What looks like an address in it is made harmless where it is written.
 */
const PlatformName = () =>
  applyDecorators(
    OptionalText(LONGEST_NAME, { example: 'Example', description: 'Shown in the mail' }),
    Matches(/^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]*$/u, {
      message: '$property must not contain control characters',
    }),
  );

/** How a request may shape the mail that it asks for. */
export class MailOptions {
  @ClientAlias()
  clientAlias?: string | null;

  @BrandLogoUrl()
  brandLogoUrl?: string | null;

  @PlatformName()
  platformName?: string | null;
}

export class LinkOptions extends MailOptions {
  @OptionalText(LONGEST_URL, {
    format: 'uri',
    example: 'https://app.example.com',
    description: 'Base URL of the link; of an origin in ALLOWED_REDIRECT_ORIGINS',
  })
  endpoint?: string | null;
}
