import { STATUS_CODES } from 'node:http';
import { ApiProperty } from '@nestjs/swagger';
import type { ApiError } from '../../platform/http/api-error';
import type { Refreshed } from '../signed-in';
import type { Contract } from './contract';

export class ManagedTokenSet {
  @ApiProperty({ description: 'A JWT signed with ES256' })
  access_token: string;

  @ApiProperty({ enum: ['Bearer'] })
  token_type: 'Bearer';

  @ApiProperty({ type: 'integer', description: 'Life of the access token in seconds' })
  expires_in: number;

  @ApiProperty({ description: 'Good for one exchange at POST /auth/refresh-token' })
  refresh_token: string;

  @ApiProperty({ type: 'integer', description: 'Seconds until the session ends' })
  refresh_expires_in: number;

  @ApiProperty({ example: 'email profile' })
  scope: string;

  @ApiProperty({ format: 'uuid' })
  sessionId: string;
}

export class ManagedMessage {
  @ApiProperty({ enum: [200] })
  statusCode: 200;

  @ApiProperty()
  message: string;
}

export class ManagedTokens extends ManagedMessage {
  @ApiProperty()
  data: ManagedTokenSet;
}

/** Where this family of clients was promised another text than the error's own. */
const TEXTS: Readonly<Record<string, string>> = {
  INVALID_TOKEN: 'Unauthorized',
  INVALID_REFRESH_TOKEN: 'Invalid refreshToken provided',
  INVALID_CREDENTIALS: 'Invalid Credentials',
  EMAIL_NOT_VERIFIED: 'Please verify your email',
  INVALID_RESET_TOKEN: 'Invalid or expired reset password link',
};

const errorSchema = {
  type: 'object',
  required: ['statusCode', 'message', 'error'],
  properties: {
    statusCode: { type: 'integer' },
    message: {
      oneOf: [
        { type: 'string' },
        { type: 'array', items: { type: 'string' }, description: 'With 400: one text for each field' },
      ],
    },
    error: { type: 'string' },
  },
};

export const writeTokenSet = (message: string, result: Refreshed): ManagedTokens => ({
  statusCode: 200,
  message,
  data: {
    access_token: result.accessToken,
    token_type: 'Bearer',
    expires_in: result.expiresIn,
    refresh_token: result.session.refreshToken,
    refresh_expires_in: result.sessionExpiresIn,
    scope: 'email profile',
    sessionId: result.session.id,
  },
});

export const managed = {
  errorSchema,
  error: ({ code, status, message, problems }: ApiError) => ({
    statusCode: status,
    message: problems ? textsOf(problems, message) : (TEXTS[code] ?? message),
    error: STATUS_CODES[status] ?? '',
  }),
  signedIn: (result: Refreshed): ManagedTokens => writeTokenSet('User logged in successfully', result),
  signedInType: ManagedTokens,
} satisfies Contract;

const textsOf = (problems: NonNullable<ApiError['problems']>, message: string): string[] =>
  problems.length > 0 ? problems.map((problem) => problem.message) : [message];
