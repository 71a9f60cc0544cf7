import { makeValidator } from 'envalid';

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const LONGEST = 3_650 * UNITS.d;

/** `60s`, `15m`, `30d` → milliseconds; undefined for what is none. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+)(ms|s|m|h|d)$/.exec(text);
  return match ? Number(match[1]) * UNITS[match[2] as keyof typeof UNITS] : undefined;
}

/** A length of time, written as `parseDuration` reads it. */
export const duration = makeValidator<number>((input) => {
  const length = parseDuration(input) ?? 0;
  if (length > LONGEST) throw new Error('is longer than ten years');
  if (length === 0) throw new Error('is no duration: write 60s, 15m, 12h or 30d');
  return length;
});

/** At most a day: limits forget what is a day old. */
export const upToADay = makeValidator<number>((input) => {
  const length = parseDuration(input) ?? 0;
  if (length === 0 || length > UNITS.d)
    throw new Error('must be a duration of at most 1d: write 60s, 15m or 12h');
  return length;
});

/** How long somebody else may take while a person waits: at most 10 seconds. */
export const upToTenSeconds = makeValidator<number>((input) => {
  const length = parseDuration(input) ?? 0;
  if (length === 0 || length > 10 * UNITS.s) throw new Error('must be a duration of at most 10s, as in 5s');
  return length;
});

export const wholeNumber = (least: number, most: number) =>
  makeValidator<number>((input) => {
    const value = Number(input);
    if (!/^\d+$/.test(input) || value < least || value > most) {
      throw new Error(`must be a whole number from ${least} to ${most}`);
    }
    return value;
  });

/**
 * The URL of an endpoint, or an issuer: kept as it is written, because issuers compare letter by letter.
 * @throws Error saying what is wrong
 */
export function readEndpoint(input: string): string {
  const url = URL.canParse(input) ? new URL(input) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || input.includes('#')) {
    throw new Error('must be a URL that begins with https://, without login or fragment');
  }
  return input;
}

export const endpoint = makeValidator<string>(readEndpoint);

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** Whether a URL leads over the network without encryption. */
export const isInTheClear = (url: string): boolean =>
  url.startsWith('http:') && !LOOPBACK.test(new URL(url).hostname);

/**
 * An http(s) base URL without credentials, query or fragment, written back without a trailing slash.
 * @throws Error saying what is wrong
 */
export function readBaseUrl(input: string): string {
  const url = URL.canParse(input) ? new URL(input) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw new Error('must be a URL that begins with http:// or https://');
  }
  if (url.username || url.password || /[?#]/.test(input)) {
    throw new Error('must be a bare base URL, without login, query or fragment');
  }
  return url.href.replace(/\/+$/, '');
}

export const baseUrl = makeValidator<string>(readBaseUrl);

/** Comma-separated origins, exact: scheme, host and port, without a path (RFC 6454). */
export const origins = makeValidator<readonly string[]>((input) => {
  const list = input.split(',').map((origin) => origin.trim());
  for (const origin of list) {
    // There are no wildcards: one that is taken for a name would match nothing, to somebody's surprise.
    if (!URL.canParse(origin) || new URL(origin).origin !== origin || !/^https?:[^*]+$/.test(origin)) {
      throw new Error(`must list origins such as https://app.example.com; "${origin}" is none`);
    }
  }
  return list;
});
