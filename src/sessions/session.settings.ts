import { bool, str } from 'envalid';
import { duration, wholeNumber } from '../platform/config/setting-types';
import { defineSettings, type SettingsOf } from '../platform/config/settings';

const LEAST_IDLE = 5 * 60_000;

export const sessionSettings = defineSettings('session', {
  variables: {
    ACCESS_TOKEN_TTL: duration({ default: 15 * 60_000 }),
    REFRESH_TOKEN_TTL: duration({ default: 30 * 86_400_000 }),
    SESSION_IDLE_TTL: duration({ default: 14 * 86_400_000 }),
    SESSIONS_PER_USER: wholeNumber(1, 10_000)({ default: 100 }),
    SESSION_CACHE: wholeNumber(0, 1_000_000)({ default: 5_000 }),
    REQUIRE_VERIFIED_EMAIL: bool({ default: false }),
    TOKEN_AUDIENCE: str({ default: undefined }),
  },
  complete(values, { complain }) {
    if (values.ACCESS_TOKEN_TTL > values.REFRESH_TOKEN_TTL) {
      complain('ACCESS_TOKEN_TTL', 'must not be longer than REFRESH_TOKEN_TTL');
    }
    if (values.SESSION_IDLE_TTL < LEAST_IDLE) {
      complain('SESSION_IDLE_TTL', 'must be at least 5m: last seen is written once a minute');
    }
    return {
      accessTokenTtl: values.ACCESS_TOKEN_TTL,
      absoluteTtl: values.REFRESH_TOKEN_TTL,
      idleTtl: values.SESSION_IDLE_TTL,
      mostPerUser: values.SESSIONS_PER_USER,
      mostKept: values.SESSION_CACHE,
      requireVerifiedEmail: values.REQUIRE_VERIFIED_EMAIL,
      audience: values.TOKEN_AUDIENCE,
    };
  },
});

/** Lengths of time in milliseconds. */
export type SessionSettings = SettingsOf<typeof sessionSettings>;
