import { bool, makeValidator, str } from 'envalid';
import { baseUrl, isInTheClear } from '../platform/config/setting-types';
import { defineSettings, type SettingsOf } from '../platform/config/settings';

const PRODUCTION = 'https://www.crossmint.com';
const STAGING = 'https://staging.crossmint.com';
/** A key of Crossmint says what it is for: sk_ for servers, ck_ for clients, then the environment. */
const OF_CLIENTS = /^ck_/;
const OF_ENVIRONMENT: Readonly<Record<string, RegExp>> = {
  [PRODUCTION]: /^sk_(staging|development)_/,
  [STAGING]: /^sk_(production|development)_/,
};

const apiKey = makeValidator<string>((input) => {
  if (!/^[\x21-\x7e]+$/.test(input)) throw new Error('must be one line of ASCII without blanks');
  return input;
});

export const crossmintSettings = defineSettings('crossmint', {
  variables: {
    CROSSMINT_BASE_URL: baseUrl({ default: PRODUCTION }),
    CROSSMINT_PROJECT_ID: str({ default: undefined }),
    CROSSMINT_ISSUER: str({ default: undefined }),
    CROSSMINT_SERVER_API_KEY: apiKey({ default: undefined }),
    CROSSMINT_JIT_USERS: bool({ default: true }),
  },
  secrets: ['CROSSMINT_SERVER_API_KEY'],
  complete(values, { production, complain }) {
    const { CROSSMINT_BASE_URL: base, CROSSMINT_SERVER_API_KEY: key = '' } = values;
    if (production && isInTheClear(base)) {
      complain('CROSSMINT_BASE_URL', 'must begin with https://: keys and tokens come from there');
    }
    if (OF_CLIENTS.test(key))
      complain('CROSSMINT_SERVER_API_KEY', 'is a key for clients: set one that begins with sk_');
    if (OF_ENVIRONMENT[base]?.test(key)) {
      complain('CROSSMINT_SERVER_API_KEY', `is of another environment than CROSSMINT_BASE_URL, ${base}`);
    }
    return {
      /** Without a project anybody's would do: good for a trial. */
      isOn: !production || values.CROSSMINT_PROJECT_ID !== undefined,
      baseUrl: base,
      projectId: values.CROSSMINT_PROJECT_ID,
      issuer: values.CROSSMINT_ISSUER,
      serverApiKey: values.CROSSMINT_SERVER_API_KEY,
      signUp: values.CROSSMINT_JIT_USERS,
    };
  },
});

export type CrossmintSettings = SettingsOf<typeof crossmintSettings>;
