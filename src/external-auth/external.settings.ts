import { makeValidator } from 'envalid';
import { isInTheClear, readEndpoint } from '../platform/config/setting-types';
import { defineSettings, type SettingsOf } from '../platform/config/settings';
import type { TrustedIssuer } from '../auth/exchange/trusted-issuer';
import { parseJson } from '../platform/json/parse-json';
import { isPrivateHost } from '../platform/outbound/public-network';

export interface ExternalIssuer extends TrustedIssuer {
  /** In the path, and for people. */
  readonly name: string;
  /** Whether its entry says that it may stand in a private network. */
  readonly privately: boolean | undefined;
}

const EXAMPLE =
  '[{"name": "acme", "issuer": "https://id.example.com", "jwksUrl": "https://id.example.com/jwks", "audience": "my-app"}]';
const FIELDS = ['name', 'issuer', 'jwksUrl', 'audience', 'private'];
const NAME = /^[a-z0-9][a-z0-9-]{0,39}$/;

const issuers = makeValidator<readonly ExternalIssuer[]>((input) => {
  const list = parseJson(input);
  if (!Array.isArray(list)) throw new Error(`must be a JSON array, as in ${EXAMPLE}`);
  const read = list.map(readIssuer);
  for (const key of ['name', 'issuer'] as const) {
    const twice = read.find((one, index) => read.findIndex((other) => other[key] === one[key]) !== index);
    if (twice) throw new Error(`has two issuers with the ${key} "${twice[key]}"`);
  }
  return read;
});

/** @throws Error saying what is wrong */
function readIssuer(given: unknown, index: number): ExternalIssuer {
  const entry = (typeof given === 'object' && given !== null ? given : {}) as Record<string, unknown>;
  const wrong = problemOf(entry);
  if (wrong !== null) throw new Error(`${wrong} in its entry ${index + 1}`);
  const { name, issuer, jwksUrl, audience, private: privately } = entry as unknown as Entry;
  return {
    name,
    title: name,
    issuer,
    iss: issuer,
    audiences: [audience].flat(),
    jwksUrl,
    allowPrivate: privately ?? isPrivateHost(new URL(jwksUrl).hostname),
    privately,
  };
}

/** One issuer, as it is written. */
interface Entry {
  readonly name: string;
  readonly issuer: string;
  readonly jwksUrl: string;
  readonly audience: string | readonly string[];
  readonly private?: boolean;
}

const RULES: readonly [(entry: Record<string, unknown>) => boolean, string][] = [
  [
    (entry) => Object.keys(entry).every((field) => FIELDS.includes(field)),
    'may have no other field than ' + FIELDS.join(', '),
  ],
  [
    ({ name }) => typeof name === 'string' && NAME.test(name),
    'needs a name of at most 40 lower-case letters, digits and dashes',
  ],
  [
    ({ issuer }) => isUrl(issuer),
    'needs an issuer, a URL without login or fragment, exactly as its tokens write it,',
  ],
  [
    ({ jwksUrl }) => isUrl(jwksUrl),
    'needs a jwksUrl, a URL without login or fragment, where the keys of the issuer are,',
  ],
  [
    ({ audience }) => [audience].flat().length > 0 && [audience].flat().every(isText),
    'needs an audience, a client id or several in an array,',
  ],
  [
    ({ private: allowed }) => ['undefined', 'boolean'].includes(typeof allowed),
    'must have true or false as "private"',
  ],
];

const problemOf = (entry: Record<string, unknown>): string | null =>
  RULES.find(([holds]) => !holds(entry))?.[1] ?? null;

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
function isUrl(value: unknown): boolean {
  try {
    return isText(value) && readEndpoint(value) === value;
  } catch {
    return false;
  }
}

export const externalSettings = defineSettings('external', {
  variables: { EXTERNAL_ISSUERS: issuers({ default: [] }) },
  complete({ EXTERNAL_ISSUERS }, { production, complain }) {
    for (const { name, jwksUrl, privately } of EXTERNAL_ISSUERS) {
      if (!production) continue;
      if (isInTheClear(jwksUrl)) {
        complain('EXTERNAL_ISSUERS', `must give "${name}" a jwksUrl that begins with https://`);
      } else if (!privately && isPrivateHost(new URL(jwksUrl).hostname)) {
        complain('EXTERNAL_ISSUERS', `has a private address for "${name}": set "private": true for it`);
      }
    }
    return { issuers: EXTERNAL_ISSUERS };
  },
});

export type ExternalSettings = SettingsOf<typeof externalSettings>;
