import { lookup } from 'node:dns/promises';
import { isPublicAddress } from '../address.js';

/** The network as fenced sources see it; tests bring their own. */
export interface Network {
  /** All addresses of a host name. @throws if the name cannot be resolved. */
  readonly resolve: (host: string) => Promise<readonly string[]>;
  readonly isPublic: (address: string) => boolean;
  /** PEM; if absent, the authorities that Node.js trusts. */
  readonly certificateAuthorities?: string;
}

export const INTERNET: Network = {
  resolve: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
  isPublic: isPublicAddress,
};
