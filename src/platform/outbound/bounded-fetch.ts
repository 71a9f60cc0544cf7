/** What bounds a request to a server that may be slow, broken or in somebody else's hands. */
export interface Bounds {
  /** Ends it when its time is over. */
  readonly signal: AbortSignal;
  /** Bytes of the answer's body. */
  readonly largest: number;
  /** Another `fetch` than the platform's. */
  readonly by?: typeof fetch;
}

/**
 * As `fetch`, but the whole body is there when it returns, and a redirect is not followed.
 * @throws Error when no whole answer came in time, it is too large, or it leads elsewhere
 */
export async function boundedFetch(
  url: string,
  options: RequestInit,
  { signal, largest, by = fetch }: Bounds,
): Promise<Response> {
  const answer = await by(url, { ...options, redirect: 'error', signal });
  const body = await wholeBody(answer, largest);
  const { status, statusText, headers } = answer;
  return new Response(body.length > 0 ? body : null, { status, statusText, headers: [...headers] });
}

async function wholeBody({ body }: Response, largest: number): Promise<Buffer<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    // Leaving the loop closes the connection.
    if (size > largest) throw new Error(`answered more than ${largest} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
