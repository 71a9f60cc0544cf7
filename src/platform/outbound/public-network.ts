import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { Agent, fetch as undiciFetch } from 'undici';

/** To one server; who waits for one is bounded by its own time. */
const MOST_CONNECTIONS = 16;

const LOCAL_NAME = /(^|\.)localhost\.?$/i;

/** Whether an address is one of the public network, and not of this machine, a private one or a special range (RFC 6890). */
const isPublic = (address: string): boolean => ipaddr.process(address).range() === 'unicast';

/** Whether a URL's host is, by itself, in a private range: where it is a name, a `fetcher` looks when it connects. */
export function isPrivateHost(hostname: string): boolean {
  const address = hostname.replace(/^\[|\]$/g, '');
  return ipaddr.isValid(address) ? !isPublic(address) : LOCAL_NAME.test(hostname);
}

/** Looked at when the connection is made: a name may lead elsewhere than when it was written down (DNS rebinding). */
const publicLookup: LookupFunction = (hostname, options, done) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    const [first] = addresses ?? [];
    if (error || !first) return done(error ?? new Error(`${hostname} has no address`), '');
    if (!addresses.every(({ address }) => isPublic(address))) {
      return done(new Error(`${hostname} leads to a private address`), '');
    }
    return options.all ? done(null, addresses) : done(null, first.address, first.family);
  });
};

/** A `fetch` of its own connections, which are closed by `close`. */
export interface Fetcher {
  readonly fetch: typeof fetch;
  close(): Promise<void>;
}

/** @param allowPrivate whether it may also reach private ranges */
export function fetcher(allowPrivate: boolean): Fetcher {
  const connect = allowPrivate ? {} : { lookup: publicLookup };
  const agent = new Agent({ connections: MOST_CONNECTIONS, connect });
  return {
    fetch: (async (url: string, options: object) => {
      // Of an address no name is looked up.
      if (!allowPrivate && isPrivateHost(new URL(url).hostname))
        throw new Error('leads to a private address');
      return undiciFetch(url, { ...options, dispatcher: agent });
    }) as unknown as typeof fetch,
    close: () => agent.destroy(),
  };
}
