import { ApiProperty } from '@nestjs/swagger';

/** The whitelist of what leaves the server about a user. */
export class UserView {
  @ApiProperty({ format: 'uuid', example: '0b8f3a52-6c1e-4f0e-9a4d-0f6f3f0c7a11' })
  _id: string;

  @ApiProperty({ type: String, nullable: true, example: 'alice@example.com' })
  email: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'Alice Johnson' })
  name: string | null;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-01-15T10:30:00.000Z' })
  createdAt: Date;
}

interface Viewed {
  readonly id: string;
  readonly email: string | null;
  readonly name: string | null;
  readonly createdAt: Date;
}

export const viewUser = ({ id, email, name, createdAt }: Viewed): UserView => ({
  _id: id,
  email,
  name,
  createdAt,
});
