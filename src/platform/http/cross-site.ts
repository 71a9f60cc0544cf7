import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ApiError } from './api-error';
import { httpSettings, type HttpSettings } from './http.settings';

/** Methods that change nothing (RFC 9110, 9.2.1). */
export const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

export class CrossSiteRequest extends ApiError {
  readonly code = 'CROSS_SITE_REQUEST';
  readonly status = 403;

  constructor() {
    super(
      'A cookie is no proof for a change that another site asks for; send a Bearer token, or see CORS_ORIGINS',
    );
  }
}

/**
 * Keeps other sites from using a person's cookies (OWASP CSRF Prevention: Fetch Metadata, then Origin). To be asked
 * wherever a cookie is the proof. A request with neither header comes from no browser.
 */
@Injectable()
export class CrossSite {
  private readonly own: string;
  private readonly allowed: ReadonlySet<string>;

  constructor(@Inject(httpSettings.token) { publicUrl, corsOrigins }: HttpSettings) {
    this.own = new URL(publicUrl).origin;
    this.allowed = new Set([this.own, ...corsOrigins]);
  }

  /** @throws CrossSiteRequest */
  refuse(request: Pick<FastifyRequest, 'method' | 'headers'>): void {
    if (!SAFE.has(request.method) && this.isForeign(request)) throw new CrossSiteRequest();
  }

  /** Whether another site made the browser send it. */
  isForeign({ headers }: Pick<FastifyRequest, 'headers'>): boolean {
    const { origin, 'sec-fetch-site': site } = headers;
    return (origin !== undefined && !this.allowed.has(origin)) || site === 'cross-site';
  }

  /**
   * For an address that a person is sent to by a link or a script, and that begins a change. A browser names no origin
   * then, so it must come from here, from the address bar, or from a page of CORS_ORIGINS that says so as the referrer.
   * @throws CrossSiteRequest
   */
  refuseNavigation({ headers }: Pick<FastifyRequest, 'headers'>): void {
    const { referer = '', origin = originOf(referer), 'sec-fetch-site': site } = headers;
    const listed = origin !== undefined && this.allowed.has(origin);
    const ours = site === undefined || site === 'same-origin' || site === 'none';
    if (!(ours ? origin === undefined || listed : site === 'same-site' && listed))
      throw new CrossSiteRequest();
  }

  /**
   * For a GET that costs something: pages of other sites must not make their visitors ask for it, as a picture or by a
   * script that can't read the answer. Scripts of listed origins may.
   * @throws CrossSiteRequest
   */
  refuseUninvited({ headers }: Pick<FastifyRequest, 'headers'>): void {
    const { origin, 'sec-fetch-site': site } = headers;
    if (origin === undefined ? site === 'cross-site' : !this.allowed.has(origin))
      throw new CrossSiteRequest();
  }

  /**
   * For a form of our own pages: nobody must be made to send it by another site, and so be signed in as somebody else.
   * Because the pages send no referrer, browsers call their origin `null` (Fetch, 3.2); where it comes from they say in
   * Sec-Fetch-Site.
   * @throws CrossSiteRequest
   */
  refuseForm({ headers }: Pick<FastifyRequest, 'headers'>): void {
    const { origin = 'null', 'sec-fetch-site': site } = headers;
    const ours =
      site === undefined
        ? origin === 'null' || origin === this.own
        : site === 'same-origin' || site === 'none';
    if (!ours) throw new CrossSiteRequest();
  }
}

/** Of a referrer: one that says nothing has none, and what is no URL is nobody's. */
const originOf = (url: string): string | undefined =>
  url === '' ? undefined : URL.canParse(url) ? new URL(url).origin : 'null';
