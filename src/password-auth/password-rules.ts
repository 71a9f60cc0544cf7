import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { dictionary } from '@zxcvbn-ts/language-common';
import { Transform } from 'class-transformer';
import { IsNotEmpty, IsString, registerDecorator } from 'class-validator';

const LEAST = 8;
const MOST = 128;
/** Only what the minimum length lets through is worth keeping in memory. */
const COMMON = new Set(dictionary['passwords-common'].filter((password) => String(password).length >= LEAST));

const FAULTS = {
  missing: 'is missing',
  'no text': 'must be a string',
  short: `must have at least ${LEAST} characters`,
  long: `must have at most ${MOST} characters`,
  'ill-formed': 'must be well-formed Unicode',
  common: 'is on the list of common passwords; choose another',
} as const;

export type PasswordFault = keyof typeof FAULTS;

/**
 * What is wrong with a new password, or undefined. Length counts code points (NIST SP 800-63B-4, 3.1.1.2), no
 * rules of composition, no common password whatever its case.
 */
export function faultOfNewPassword(password: unknown): PasswordFault | undefined {
  if (password === undefined || password === null) return 'missing';
  if (typeof password !== 'string') return 'no text';
  const length = [...password].length;
  if (length < LEAST) return 'short';
  if (length > MOST) return 'long';
  if (!isWellFormed(password)) return 'ill-formed';
  return COMMON.has(password.toLowerCase()) ? 'common' : undefined;
}

/** A lone surrogate would be stored as the same replacement character as any other. */
const isWellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text);

/** One password typed in two ways (é as one code point or as two) is the same password. */
const Normalised = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.normalize('NFC') : value));

/** A field with a password to be set. */
export const NewPassword = (): PropertyDecorator =>
  applyDecorators(
    ApiProperty({
      type: String,
      format: 'password',
      minLength: LEAST,
      maxLength: MOST,
      description: 'Any characters; common passwords are refused',
      example: 'secure-password-123',
    }),
    Normalised(),
    (target: object, propertyName: string | symbol) =>
      registerDecorator({
        name: 'newPassword',
        target: target.constructor,
        propertyName: String(propertyName),
        validator: {
          validate: (value) => faultOfNewPassword(value) === undefined,
          defaultMessage: (given) =>
            `${given?.property} ${FAULTS[faultOfNewPassword(given?.value) ?? 'missing']}`,
        },
      }),
  );

/**
 * A field with a password to be checked against the stored one: no rule but that it is there. It stays as it was typed,
 * because another system may have hashed it so; our own hashes are checked with the composed form.
 */
export const ExistingPassword = (): PropertyDecorator =>
  applyDecorators(
    ApiProperty({ type: String, format: 'password', example: 'secure-password-123' }),
    IsNotEmpty({ message: '$property is missing' }),
    IsString({ message: '$property must be a string' }),
  );
