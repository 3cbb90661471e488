import type { Offer, StreamState } from '@topicast/contracts/server-message';
import { Milliseconds } from '@topicast/contracts/units';
import { judgeSilence } from '../core/reconnect.js';
import type { Handover } from './handover.js';
import type { Socket } from './socket.js';

/** A connection, open or being made. */
export interface Connected {
  readonly status: 'connected';
  readonly socket: Socket;
  readonly resumes: boolean;
  /** It may repeat what another one has delivered. */
  readonly overlaps: boolean;
  /** Its last report about the stream. */
  readonly stream: StreamState | undefined;
  /** The rendition that it gives, as far as is known. */
  readonly rendition: number;
  /** The later messages that it understands, as far as is known. */
  readonly offers: readonly Offer[];
  /** The way to another gateway, while this connection continues to serve. */
  readonly leaving: Leaving | undefined;
}

export interface Leaving {
  readonly handover: Handover;
  /** `told`: this gateway is going down. `starved`: it gives nothing; we keep it if it gives something again. */
  readonly because: 'told' | 'starved';
}

export type Connection =
  | { readonly status: 'closed' }
  /** Waits for the time of the next attempt. */
  | { readonly status: 'waiting'; readonly timer: ReturnType<typeof setTimeout> }
  | Connected;

/**
 * What to do about the silence of this connection.
 * @param silence since the newest chunk, whichever connection brought it; undefined before the first
 * @param patience uniform in [0, 1)
 */
export function remedyFor(
  { socket, stream }: Connected,
  silence: Milliseconds | undefined,
  gateways: number,
  patience: number,
): ReturnType<typeof judgeSilence> {
  if (socket.openedAt === undefined || stream !== 'live' || silence === undefined) return 'wait';
  const message = Milliseconds.sub(Milliseconds.now(), socket.heardAt);
  return judgeSilence({ chunk: silence, message }, gateways, patience);
}
