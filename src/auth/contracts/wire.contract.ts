import { ApiProperty, PickType } from '@nestjs/swagger';
import type { ApiError } from '../../platform/http/api-error';
import { UserView, viewUser } from '../../users/user.view';
import type { User } from '../../users/user.entity';
import type { Refreshed, SignedIn } from '../signed-in';
import type { Contract } from './contract';

const EXAMPLE_TOKEN = 'eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiI…';
const EXAMPLE_REFRESH_TOKEN = 'ghr_yUNfM0m2k8Q3uQ7bq3V3gkqf0h0C1xg8m7fZr5o2p1A';

export class WireTokens {
  @ApiProperty({ description: 'Access token: a JWT signed with ES256', example: EXAMPLE_TOKEN })
  token: string;

  @ApiProperty({ description: 'Good for one exchange at POST /auth/refresh', example: EXAMPLE_REFRESH_TOKEN })
  refreshToken: string;
}

class WireUser extends PickType(UserView, ['_id', 'email', 'name']) {}

export class WireSignedIn extends WireTokens {
  @ApiProperty()
  user: WireUser;
}

const UNVERIFIED = 'null where REQUIRE_VERIFIED_EMAIL is on: the account signs in once its email is verified';

export class WireRegistered {
  @ApiProperty()
  user: UserView;

  @ApiProperty({ type: String, nullable: true, description: UNVERIFIED, example: EXAMPLE_TOKEN })
  token: string | null;

  @ApiProperty({ type: String, nullable: true, description: UNVERIFIED, example: EXAMPLE_REFRESH_TOKEN })
  refreshToken: string | null;
}

export class WireMessage {
  @ApiProperty()
  message: string;
}

/** Written by hand: a decorated class can't say that `details` comes only with some codes. */
const errorSchema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message'],
      properties: {
        code: { type: 'string', description: 'Stable; switch on it' },
        message: { type: 'string', description: 'For people; may change' },
        details: {
          type: 'array',
          description: 'With VALIDATION_ERROR: every offending field',
          items: {
            type: 'object',
            required: ['field', 'message'],
            properties: { field: { type: 'string' }, message: { type: 'string' } },
          },
        },
      },
    },
  },
};

export const writeTokens = ({ accessToken, session }: Refreshed): WireTokens => ({
  token: accessToken,
  refreshToken: session.refreshToken,
});

export const writeSignedIn = (
  { id, email, name }: Pick<SignedIn['user'], 'id' | 'email' | 'name'>,
  tokens: Refreshed,
): WireSignedIn => ({ user: { _id: id, email, name }, ...writeTokens(tokens) });

export const wire = {
  errorSchema,
  error: ({ code, message, problems }: ApiError) => ({
    error: { code, message, ...(problems?.length && { details: problems }) },
  }),
  signedIn: (result: SignedIn): WireSignedIn => writeSignedIn(result.user, result),
  signedInType: WireSignedIn,
  registered: (user: User, result: SignedIn | null): WireRegistered => ({
    user: viewUser(user),
    ...(result ? writeTokens(result) : { token: null, refreshToken: null }),
  }),
  registeredType: WireRegistered,
} satisfies Contract;
