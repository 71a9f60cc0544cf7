import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsDefined, IsString, Matches, MaxLength } from 'class-validator';

const MOST = 100;
const PRINTABLE = /^[^\p{Cc}\p{Cs}]*$/u;

/** A field that holds a person's name: trimmed, composed (NFC), without control characters or halves of characters. */
export const Name = (
  property: typeof ApiProperty | typeof ApiPropertyOptional = ApiProperty,
  options: object = {},
): PropertyDecorator =>
  applyDecorators(
    property({ type: String, maxLength: MOST, example: 'Alice Johnson', ...options }),
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' ? value.normalize('NFC').trim() : value,
    ),
    IsDefined({ message: '$property is missing' }),
    IsString({ message: '$property must be a string' }),
    Matches(PRINTABLE, { message: '$property must not contain control characters' }),
    MaxLength(MOST, { message: `$property must have at most ${MOST} characters` }),
  );

/** The same for a name that somebody else tells us: cut where it is too long, null where nothing is left. */
export function readName(given: unknown): string | null {
  if (typeof given !== 'string') return null;
  const characters = Array.from(given.slice(0, 10 * MOST).normalize('NFC')).filter((one) =>
    PRINTABLE.test(one),
  );
  let name = '';
  for (const one of characters) {
    if (name.length + one.length > MOST) break;
    name += one;
  }
  return name.trim() || null;
}
