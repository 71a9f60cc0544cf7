import ipaddr from 'ipaddr.js';

/**
 * An address as it is usually written, or null for what is none. Some proxies add the port; IPv4 may come mapped into
 * IPv6 (::ffff:192.0.2.1) or translated (64:ff9b::/96, RFC 6052): it is the same address.
 */
export function plainAddress(text: string): string | null {
  const bare = /^\[(.+)\](?::\d+)?$/.exec(text)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text)?.[1] ?? text;
  if (!ipaddr.isValid(bare)) return null;
  const address = ipaddr.process(bare);
  if (address.range() !== 'rfc6052') return address.toString();
  return ipaddr.fromByteArray(address.toByteArray().slice(-4)).toString();
}
