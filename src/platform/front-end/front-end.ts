import { Inject, Injectable } from '@nestjs/common';
import { ValidationFailed, type FieldProblem } from '../http/api-error';
import { httpSettings, type HttpSettings } from '../http/http.settings';
import type { Brand } from '../mail/brand';
import { frontEndSettings, type FrontEndSettings } from './front-end.settings';
import type { LinkOptions } from './link-options';

/** Where a mail's link leads, and whose name and logo it bears. */
export interface Looks {
  readonly base: string;
  readonly brand: Brand;
}

/**
 * Where people open the links that we mail. Built from settings alone: a request may name one of the places that the
 * operator has listed, and its headers count for nothing.
 */
@Injectable()
export class FrontEnd {
  private readonly standard: string;

  constructor(
    @Inject(frontEndSettings.token) private readonly settings: FrontEndSettings,
    @Inject(httpSettings.token) { publicUrl }: HttpSettings,
  ) {
    this.standard = settings.frontendUrl ?? publicUrl;
  }

  /** @param base as `looksOf` gives it; without one, FRONTEND_URL */
  link(path: string, query: Record<string, string>, base: string = this.standard): string {
    return `${base}${path}?${new URLSearchParams(query).toString()}`;
  }

  /**
   * Where a sign-in by browser ends: at the address that the request names, else at the front end's page for it.
   * @param redirect as it stands in a query
   * @throws ValidationFailed naming it when it is not listed
   */
  returnAddress(redirect?: unknown): string {
    if (redirect === undefined) return `${this.standard}/auth/callback`;
    const url =
      typeof redirect === 'string' && redirect.length <= LONGEST_RETURN ? sober(redirect) : undefined;
    if (!url || !this.settings.redirectOrigins.includes(url.origin) || url.href.includes('#')) {
      throw new ValidationFailed([
        refused(
          'redirect',
          'must be a URL of an allowed origin (ALLOWED_REDIRECT_ORIGINS), without a fragment',
        ),
      ]);
    }
    return url.href;
  }

  /**
   * The base URL and the brand that a request asks for: `endpoint`, else that of `clientAlias`, else FRONTEND_URL.
   * @throws ValidationFailed naming each that is not listed
   */
  looksOf(options: LinkOptions): Looks {
    const [endpoint, alias, logo] = [this.endpointOf(options), this.aliasOf(options), this.logoOf(options)];
    const problems = [
      endpoint === null &&
        refused('endpoint', 'must be a base URL of an allowed origin (ALLOWED_REDIRECT_ORIGINS)'),
      alias === null && refused('clientAlias', 'is not known (CLIENTS)'),
      logo === null &&
        refused('brandLogoUrl', 'must be an https URL of an allowed origin (ALLOWED_LOGO_ORIGINS)'),
    ].filter((problem) => problem !== false);
    if (problems.length > 0) throw new ValidationFailed(problems);
    const base = endpoint ?? alias ?? this.standard;
    return { base, brand: { name: options.platformName || undefined, logoUrl: logo ?? undefined } };
  }

  /** Undefined where none is asked for, null for one that is refused; so with the next two. */
  private endpointOf({ endpoint }: LinkOptions): string | null | undefined {
    if (endpoint === undefined || endpoint === null) return undefined;
    const url = sober(endpoint);
    const listed = url !== undefined && this.settings.redirectOrigins.includes(url.origin);
    return listed && !/[?#]/.test(endpoint) ? url.href.replace(/\/+$/, '') : null;
  }

  private aliasOf({ clientAlias }: LinkOptions): string | null | undefined {
    if (clientAlias === undefined || clientAlias === null) return undefined;
    return this.settings.clients.get(clientAlias) ?? null;
  }

  private logoOf({ brandLogoUrl }: LinkOptions): string | null | undefined {
    if (brandLogoUrl === undefined || brandLogoUrl === null) return undefined;
    const url = sober(brandLogoUrl);
    const listed = url?.protocol === 'https:' && this.settings.logoOrigins.includes(url.origin);
    return listed && !url.hash ? url.href : null;
  }
}

/** It travels in a cookie. */
const LONGEST_RETURN = 512;

/** The characters of a URI (RFC 3986, 2), after a scheme and two slashes. */
const PLAIN = /^https?:\/\/[\w\-.~:/?#[\]@!$&'()*+,;=%]+$/i;

/**
 * A URL that everybody reads alike. What the URL parser would mend (backslashes, blanks, missing slashes), others may
 * read as another host; nor may it hold a login, which looks like a host.
 */
function sober(text: string): URL | undefined {
  const url = PLAIN.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  const authority = /^[^/]*\/\/([^/?#]*)/.exec(text)?.[1];
  return authority && !authority.includes('@') ? url : undefined;
}

const refused = (field: string, problem: string): FieldProblem => ({ field, message: `${field} ${problem}` });
