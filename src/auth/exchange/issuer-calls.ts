import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { boundedFetch } from '../../platform/outbound/bounded-fetch';
import { fetcher } from '../../platform/outbound/public-network';
import { exchangeSettings, type ExchangeSettings } from './exchange.settings';

/** No answer that is meant for us is longer. */
const LARGEST_ANSWER = 256 * 1024;

/** Asks issuers, who may be slow, broken or in somebody else's hands: within a time, a size, and where it was told. */
@Injectable()
export class IssuerCalls implements OnModuleDestroy {
  readonly timeout: number;
  private readonly anywhere = fetcher(true);
  private readonly inPublic = fetcher(false);

  constructor(@Inject(exchangeSettings.token) { timeout }: ExchangeSettings) {
    this.timeout = timeout;
  }

  /**
   * As `fetch`, but the whole body is there when it returns.
   * @param allowPrivate whether a name may lead into a private network
   * @throws Error when no whole answer came in time, it is too large, or it leads elsewhere
   */
  async fetch(url: string, options: RequestInit, allowPrivate: boolean): Promise<Response> {
    const { fetch } = allowPrivate ? this.anywhere : this.inPublic;
    const signal = AbortSignal.timeout(this.timeout);
    return boundedFetch(url, options, { signal, largest: LARGEST_ANSWER, by: fetch });
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all([this.anywhere.close(), this.inPublic.close()]);
  }
}

/** What kept a call from an answer, without the URL or what was sent. */
export function reasonOf(error: unknown): string {
  const { name, message, code, cause } = error as Error & {
    code?: string;
    cause?: Error & { code?: string };
  };
  return [name, code ?? cause?.code, cause?.message ?? message].filter(Boolean).join(' ');
}
