import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { isEmail, IsEmail, Matches } from 'class-validator';

const message = '$property must be a valid email address';

/** Not `toLowerCase`, which makes ASCII of some letters that are none, such as the Kelvin sign. */
const toAsciiLowerCase = (text: string): string =>
  text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

const PLAIN = /^[!#-~]*$/;
const ASCII_ALONE = { allow_utf8_local_part: false };

/**
 * A field that holds an email address: trimmed, in lower case, at most 254 characters, plain ASCII without
 * quotes. Quoted and non-ASCII forms are refused because mail servers and we could read them differently
 * (`"a@evil"@victim`, look-alike letters); an international domain is given in its xn-- form.
 */
export const Email = (): PropertyDecorator =>
  applyDecorators(
    ApiProperty({ type: String, format: 'email', maxLength: 254, example: 'alice@example.com' }),
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' ? toAsciiLowerCase(value.trim()) : value,
    ),
    Matches(PLAIN, { message }),
    IsEmail(ASCII_ALONE, { message }),
  );

/** The same for an address that somebody else tells us; null for one that we would not take from its owner either. */
export function readEmail(given: unknown): string | null {
  const email = typeof given === 'string' ? toAsciiLowerCase(given.trim()) : '';
  return PLAIN.test(email) && isEmail(email, ASCII_ALONE) ? email : null;
}
