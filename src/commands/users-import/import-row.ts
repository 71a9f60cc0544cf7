import { Transform } from 'class-transformer';
import {
  IsBoolean,
  IsDate,
  IsOptional,
  IsString,
  IsUUID,
  Matches,
  MaxLength,
  MinDate,
} from 'class-validator';
import { Email } from '../../users/email';
import { Name } from '../../users/name';
import { ApiPropertyOptional } from '@nestjs/swagger';

const LONGEST_TEXT = 1_024;
/** PostgreSQL takes neither zero bytes nor halves of characters. */
const PRINTABLE = /^[^\p{Cc}\p{Cs}]*$/u;
/** What is older is a mistake of whoever wrote the file. */
const EARLIEST = new Date(Date.UTC(1970, 0, 1));

/** As JSON, PostgreSQL, MySQL and people write it. */
const FLAGS: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  ...[true, 1, 'true', 't', '1', 'yes'].map((value) => [value, true] as const),
  ...[false, 0, 'false', 'f', '0', 'no'].map((value) => [value, false] as const),
]);

const TIME = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?) ?(Z|[+-]\d\d(?::?\d\d)?)?)?$/;
const MILLISECONDS = /^\d{12,13}$/;

const readFlag = (value: unknown): unknown =>
  FLAGS.get(typeof value === 'string' ? value.toLowerCase() : value) ?? value;

/** @returns what is no time as it is, for the validator to refuse */
function readTime(value: unknown): unknown {
  if (typeof value !== 'string' && typeof value !== 'number') return value;
  if (MILLISECONDS.test(String(value))) return new Date(Number(value));
  const [, day, time = '00:00', zone = 'Z'] = TIME.exec(String(value)) ?? [];
  if (day === undefined || !isInCalendar(day)) return value;
  // PostgreSQL writes +00, which Date does not read.
  return new Date(`${day}T${time}${zone.length === 3 ? `${zone}:00` : zone}`);
}

/** Date makes the 3rd of March of the 31st of February. */
function isInCalendar(day: string): boolean {
  const date = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
}

const Read = (read: (value: unknown) => unknown): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => read(value));

const Text = (): PropertyDecorator => (target, property) => {
  Matches(PRINTABLE, { message: '$property must have printable characters only' })(target, property);
  IsString({ message: '$property must be a string' })(target, property);
  MaxLength(LONGEST_TEXT, { message: `$property must have at most ${LONGEST_TEXT} characters` })(
    target,
    property,
  );
};

/** A row of an import, by the rules of a registration where that has the field too. */
export class ImportRow {
  @Email()
  email: string;

  @IsOptional()
  @Name(ApiPropertyOptional)
  name?: string;

  @IsOptional()
  @Read(readFlag)
  @IsBoolean({ message: '$property must be true or false' })
  emailVerified?: boolean;

  @IsOptional()
  @Text()
  passwordHash?: string;

  @IsOptional()
  @Text()
  salt?: string;

  @IsOptional()
  @Read((value) => (typeof value === 'string' ? value.toLowerCase() : value))
  @IsUUID('all', { message: '$property must be a UUID' })
  id?: string;

  @IsOptional()
  @Read(readTime)
  @MinDate(EARLIEST, { message: '$property must not lie before 1970' })
  @IsDate({ message: '$property must be a time, as in 2026-01-31T12:00:00Z' })
  createdAt?: Date;

  @IsOptional()
  @Read(readFlag)
  @IsBoolean({ message: '$property must be true or false' })
  disabled?: boolean;
}
