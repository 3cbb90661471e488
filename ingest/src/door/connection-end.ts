import type { PublisherEnd } from '../doorkeeper.js';

/**
 * How a connection ended: as the publisher's seat was told, `refused` at the door, `broken` because what it sent there
 * was not its protocol or too much, or before it asked for anything.
 */
export type ConnectionEnd =
  | PublisherEnd
  | { readonly why: 'refused' }
  | { readonly why: 'broken'; readonly problem: string }
  | { readonly why: 'nothing' };
