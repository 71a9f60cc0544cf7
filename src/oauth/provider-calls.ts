import { Inject, Injectable } from '@nestjs/common';
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
    const limits = { redirect: 'error', signal: AbortSignal.timeout(this.timeout) } as const;
    const answer = await fetch(url, { ...options, ...limits });
    const body = await wholeBody(answer);
    const { status, statusText, headers } = answer;
    return new Response(body.length > 0 ? body : null, { status, statusText, headers });
  }
}

async function wholeBody({ body }: Response): Promise<Buffer<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    // Leaving the loop closes the connection.
    if (size > LARGEST_ANSWER) throw new Error(`answered more than ${LARGEST_ANSWER} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
