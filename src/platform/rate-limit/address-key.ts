import ipaddr from 'ipaddr.js';

/**
 * What an address is counted under. One IPv6 customer has a /64 at least and could count from a new address with each
 * try; an IPv4 address that comes as IPv6 (::ffff:192.0.2.1) is the same one.
 */
export function addressKey(ip: string): string {
  if (!ipaddr.isValid(ip)) return 'unknown';
  const address = ipaddr.process(ip);
  if (address.kind() === 'ipv4') return address.toString();
  return `${Buffer.from(address.toByteArray().slice(0, 8)).toString('hex')}/64`;
}
