import { Inject, Injectable } from '@nestjs/common';
import { ValidationFailed } from '../http/api-error';
import { httpSettings, type HttpSettings } from '../http/http.settings';
import type { Brand } from '../mail/brand';
import { frontEndSettings, type FrontEndSettings } from './front-end.settings';
import type { LinkOptions } from './link-options';

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

  /** @param base as `baseOf` gives it; without one, FRONTEND_URL */
  link(path: string, query: Record<string, string>, base: string = this.standard): string {
    return `${base}${path}?${new URLSearchParams(query).toString()}`;
  }

  /**
   * The base URL that a request asks for: `endpoint`, else that of `clientAlias`, else FRONTEND_URL.
   * @throws ValidationFailed for one that is not listed
   */
  baseOf({ endpoint, clientAlias }: LinkOptions): string {
    const ofAlias = this.ofAlias(clientAlias);
    if (endpoint === undefined || endpoint === null) return ofAlias ?? this.standard;
    const url = sober(endpoint);
    if (!url || /[?#]/.test(endpoint) || !this.settings.redirectOrigins.includes(url.origin)) {
      throw refused('endpoint', 'must be a base URL of an allowed origin (ALLOWED_REDIRECT_ORIGINS)');
    }
    return url.href.replace(/\/+$/, '');
  }

  /** @throws ValidationFailed for a logo that is not on https, or not from a listed origin */
  brandOf({ platformName, brandLogoUrl }: LinkOptions): Brand {
    const name = platformName || undefined;
    if (brandLogoUrl === undefined || brandLogoUrl === null) return { name };
    const url = sober(brandLogoUrl);
    if (url?.protocol !== 'https:' || url.hash || !this.settings.logoOrigins.includes(url.origin)) {
      throw refused('brandLogoUrl', 'must be an https URL of an allowed origin (ALLOWED_LOGO_ORIGINS)');
    }
    return { name, logoUrl: url.href };
  }

  private ofAlias(alias: string | null | undefined): string | undefined {
    if (alias === undefined || alias === null) return undefined;
    const base = this.settings.clients.get(alias);
    if (base === undefined) throw refused('clientAlias', 'is not known (CLIENTS)');
    return base;
  }
}

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

const refused = (field: string, problem: string) =>
  new ValidationFailed([{ field, message: `${field} ${problem}` }]);
