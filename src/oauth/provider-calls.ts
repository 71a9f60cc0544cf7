import { Inject, Injectable } from '@nestjs/common';
import { boundedFetch } from '../platform/outbound/bounded-fetch';
import { oauthSettings, type OAuthSettings } from './oauth.settings';

/** No answer that is meant for us is longer. */
const LARGEST_ANSWER = 512 * 1024;

/** Asks providers, who may be slow, broken or in somebody else's hands: within a time, a size, and where it was told. */
@Injectable()
export class ProviderCalls {
  readonly timeout: number;

  constructor(@Inject(oauthSettings.token) { timeout }: OAuthSettings) {
    this.timeout = timeout;
  }

  /**
   * As `fetch`, but the whole body is there when it returns.
   * @throws Error when no whole answer came in time, it is too large, or it leads elsewhere
   */
  async fetch(url: string, options: RequestInit = {}): Promise<Response> {
    const signal = AbortSignal.timeout(this.timeout);
    return boundedFetch(url, options, { signal, largest: LARGEST_ANSWER });
  }
}
