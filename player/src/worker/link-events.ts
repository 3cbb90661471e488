import type { ChunkMessage } from '@topicast/contracts/chunk-message';
import type { ClientMessage } from '@topicast/contracts/client-message';
import type { Offer, ServerMessage } from '@topicast/contracts/server-message';
import type { ClockEstimate } from '../core/clock.js';
import type { LinkState } from '../core/player-state.js';

export type StreamMessage = Exclude<ServerMessage, { type: 'clock' | 'move' | 'rendition' | 'offers' }>;

/** A message that not every gateway understands. */
export type Wish = Extract<ClientMessage, { type: Offer }>;

export interface LinkEvents {
  onState(state: LinkState): void;
  /** A connection is open; `resumed`: its chunks continue the previous ones. */
  onConnected(resumed: boolean): void;
  /** @param again it came before, and brings its picture now */
  onChunk(chunk: ChunkMessage, again?: boolean): void;
  onMessage(message: StreamMessage): void;
  onClock(estimate: ClockEstimate): void;
}
