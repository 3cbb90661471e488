import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** All IPv6 addresses in use on the internet begin like this (RFC 4291 2.4, IANA's assignments). */
const GLOBAL_UNICAST = ipaddr.IPv6.parse('2000::');
/** Addresses of IPv4 hosts in networks that have only IPv6 (RFC 6052 2.1). */
const NAT64 = ipaddr.IPv6.parse('64:ff9b::');

/**
 * Whether anybody on the internet could reach this address: it does not belong to this machine, a private network, a
 * link or a multicast group, is not reserved, and is not a disguise of one of these. Anything but an address in its
 * usual spelling is not public: octal, hexadecimal and integer spellings of IPv4, zones, trailing dots.
 */
export function isPublicAddress(text: string): boolean {
  // Node's check accepts none of the old spellings, and a zone makes an address local to a link.
  if (isIP(text) === 0 || text.includes('%')) return false;
  const address = ipaddr.parse(inHexadecimal(text));
  if (address instanceof ipaddr.IPv4) return address.range() === 'unicast';
  if (address.isIPv4MappedAddress()) return address.toIPv4Address().range() === 'unicast';
  if (address.match(NAT64, 96)) return lastIPv4(address).range() === 'unicast';
  // A check of the listed special ranges is not enough: ::/96 (RFC 4291 2.5.5.1) and others are in no list.
  return address.range() === 'unicast' && address.match(GLOBAL_UNICAST, 3);
}

/** ipaddr.js treats "::1.2.3.4" as an IPv4-mapped address, although that is "::ffff:1.2.3.4". */
const inHexadecimal = (address: string): string =>
  isIP(address) === 6 ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;

const lastIPv4 = (address: ipaddr.IPv6): ipaddr.IPv4 => new ipaddr.IPv4(address.toByteArray().slice(12));

/** What we can say about a host without asking for its addresses; undefined for a name that must be resolved. */
export function isPublicHost(host: string, isPublic = isPublicAddress): boolean | undefined {
  if (isIP(host) !== 0) return isPublic(host);
  const name = withoutDots(host);
  return name === 'localhost' || name.endsWith('.localhost') ? false : undefined;
}

/** "localhost." is "localhost". A regular expression would look at each dot of a long row again and again. */
function withoutDots(host: string): string {
  let end = host.length;
  while (host[end - 1] === '.') end -= 1;
  return host.slice(0, end);
}
