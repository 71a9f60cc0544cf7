import { isInTheClear, upToADay, upToTenSeconds, wholeNumber } from '../platform/config/setting-types';
import { defineSettings, type SettingsOf } from '../platform/config/settings';

/** What all providers share. */
export const oauthSettings = defineSettings('oauth', {
  variables: {
    OAUTH_TIMEOUT: upToTenSeconds({ default: 8_000 }),
    LIMIT_OAUTH_STARTS: wholeNumber(1, 1_000_000)({ default: 100 }),
    LIMIT_OAUTH_STARTS_WINDOW: upToADay({ default: 10 * 60_000 }),
  },
  complete: (values) => ({
    /** For all that is asked of a provider in one step of a sign-in, in milliseconds. */
    timeout: values.OAUTH_TIMEOUT,
    starts: { most: values.LIMIT_OAUTH_STARTS, window: values.LIMIT_OAUTH_STARTS_WINDOW },
  }),
});

export type OAuthSettings = SettingsOf<typeof oauthSettings>;

/** What a server must know of a provider before it can be asked who somebody is. */
export interface Provider {
  /** What people call it. */
  readonly title: string;
  /** Whose subjects its people are. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** A provider that speaks OAuth 2.0 and has an endpoint that tells who a token belongs to. */
export interface OAuth2Provider extends Provider {
  readonly authorizationUrl: string;
  readonly tokenUrl: string;
  readonly userinfoUrl: string;
}

interface Context {
  readonly production: boolean;
  readonly complain: (variable: string, problem: string) => unknown;
}

/**
 * Whose subjects a provider's people are: its own name while its endpoints are its own, else the endpoint that tells who
 * they are. Another server counts its people from one again, and one server may stand in for two providers.
 */
export const issuerOf = (own: string, ownUserinfo: string, userinfo: string): string =>
  userinfo === ownUserinfo ? own : userinfo;

/** Complains where only some endpoints were moved: codes and secrets of one server would go to another. */
export function together(
  urls: Readonly<Record<string, string>>,
  own: Readonly<Record<string, string>>,
  { production, complain }: Context,
): void {
  const names = Object.keys(urls);
  const kept = names.filter((name) => urls[name] === own[name]);
  if (!production || kept.length === 0 || kept.length === names.length) return;
  for (const name of kept) complain(name, `is missing: set all of ${names.join(', ')}, or none`);
}

/**
 * Null where nothing of a provider is set. Complains of one that is set by halves, and of endpoints that would carry
 * secrets in the clear.
 * @param needed the variables without which it can't work, by name
 * @param urls its endpoints, by the name of their variable
 */
export function whole<N extends string>(
  needed: Readonly<Record<N, string | undefined>>,
  urls: Readonly<Record<string, string | undefined>>,
  { production, complain }: Context,
): Readonly<Record<N, string>> | null {
  const names = Object.keys(needed) as N[];
  const set = names.filter((name) => needed[name] !== undefined);
  if (set.length === 0) return null;
  for (const name of names) {
    if (needed[name] === undefined)
      complain(name, `is missing, but ${set.join(' and ')} ${set.length > 1 ? 'are' : 'is'} set`);
  }
  for (const [name, url] of Object.entries(urls)) {
    if (production && url !== undefined && isInTheClear(url))
      complain(name, 'must begin with https://: codes and secrets are sent there');
  }
  return set.length === names.length ? (needed as Readonly<Record<N, string>>) : null;
}
