import { lookup } from 'node:dns/promises';
import ipaddr from 'ipaddr.js';

/** All addresses of a host name. @throws if the name cannot be resolved. */
export type Resolve = (host: string) => Promise<readonly string[]>;

export const resolveHost: Resolve = async (host) =>
  (await lookup(host, { all: true })).map(({ address }) => address);

/** Whether anybody on the internet could reach it: not loopback, private, link-local, mapped to one of them... */
export function isPublicAddress(address: string): boolean {
  const bare = address.replace(/%.*$/, '');
  return ipaddr.isValid(bare) && ipaddr.process(bare).range() === 'unicast';
}
