import ipaddr from 'ipaddr.js';
import { plainAddress } from '../http/address';

/** What an address is counted under. One IPv6 customer has a /64 at least, and could come from a new address each time. */
export function addressKey(ip: string): string {
  const plain = plainAddress(ip);
  if (plain === null) return 'unknown';
  const address = ipaddr.parse(plain);
  if (address.kind() === 'ipv4') return plain;
  return `${Buffer.from(address.toByteArray().slice(0, 8)).toString('hex')}/64`;
}
