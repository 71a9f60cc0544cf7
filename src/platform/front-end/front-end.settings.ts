import { makeValidator } from 'envalid';
import { baseUrl, origins, readBaseUrl } from '../config/setting-types';
import { defineSettings, type SettingsOf } from '../config/settings';
import { parseJson } from '../json/parse-json';

const ALIAS = /^[\w.-]{1,64}$/;

/** As in {"VERIFIER": "https://verifier.example.com"}. */
const clients = makeValidator<ReadonlyMap<string, string>>((input) => {
  const given = parseJson(input);
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new Error('must be a JSON object, as in {"VERIFIER": "https://verifier.example.com"}');
  }
  return new Map(
    Object.entries(given).map(([alias, url]) => {
      if (!ALIAS.test(alias)) throw new Error(`has an alias that is none: "${alias}"`);
      if (typeof url !== 'string') throw new Error(`must give "${alias}" a URL`);
      return [alias, readUrlOf(alias, url)];
    }),
  );
});

function readUrlOf(alias: string, url: string): string {
  try {
    return readBaseUrl(url);
  } catch (error) {
    throw new Error(`has a wrong URL for "${alias}": it ${(error as Error).message}`, { cause: error });
  }
}

export const frontEndSettings = defineSettings('front end', {
  variables: {
    FRONTEND_URL: baseUrl({ default: undefined }),
    CLIENTS: clients({ default: new Map() }),
    ALLOWED_REDIRECT_ORIGINS: origins({ default: [] }),
    ALLOWED_LOGO_ORIGINS: origins({ default: [] }),
  },
  complete(values, { complain }) {
    if (values.ALLOWED_LOGO_ORIGINS.some((origin) => !origin.startsWith('https:'))) {
      complain('ALLOWED_LOGO_ORIGINS', 'must list origins that begin with https://');
    }
    return {
      frontendUrl: values.FRONTEND_URL,
      clients: values.CLIENTS as ReadonlyMap<string, string>,
      redirectOrigins: values.ALLOWED_REDIRECT_ORIGINS,
      logoOrigins: values.ALLOWED_LOGO_ORIGINS,
    };
  },
});

export type FrontEndSettings = SettingsOf<typeof frontEndSettings>;
