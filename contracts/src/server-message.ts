import type { Catalog } from './catalog.js';
import { parseJson } from './json.js';
import type { SyncNews } from './sync.js';
import { type Milliseconds, milliseconds } from './units.js';

export const SUBPROTOCOL = 'topicast.v1';
/** A viewer's token travels as a second subprotocol: this prefix and the token in base64url. */
export const TOKEN_SUBPROTOCOL_PREFIX = 'topicast.token.';

export const STREAM_STATES = ['offline', 'starting', 'live', 'failed'] as const;
export type StreamState = (typeof STREAM_STATES)[number];

const JUMP_REASONS = ['lag', 'lost', 'session', 'seek'] as const;
/** `lag`: the viewer was too slow; `lost`: chunks are missing in the log or in the ring; `session`: a new encoder; `seek`: asked for. */
export type JumpReason = (typeof JUMP_REASONS)[number];

/** Messages that a viewer may only send to a gateway that has offered to understand them. */
export const OFFERS = ['sync', 'picture'] as const;
export type Offer = (typeof OFFERS)[number];

/** How long the pictures of a rendition take to the gateway: means of the last seconds. */
export interface PathDelays {
  /** From the encoder, when it takes in the picture, to the log. */
  readonly encoder: Milliseconds;
  /** From the log to the gateway. */
  readonly log: Milliseconds;
}

/** JSON control messages, gateway to viewer. */
export type ServerMessage =
  /** Sent first, and again whenever the state changes. `offline` after `live` means that the stream has ended. */
  | { type: 'state'; state: StreamState }
  /** The next chunk does not continue the previous one; `skipped` chunks were left out (0 if unknown). */
  | { type: 'jump'; reason: JumpReason; skipped: number }
  /**
   * Answer to the viewer's `clock`: its own number back, the gateway's wall clock and, if the gateway knows them, the
   * delays of the rendition that it sends.
   */
  | { type: 'clock'; client: number; gateway: Milliseconds; delays?: PathDelays }
  /**
   * What the session offers; sent before its first chunk, and again when it changes. Streams of other people's
   * producers have none.
   */
  | { type: 'catalog'; catalog: Catalog }
  /** The rendition of the chunks that follow; sent when it changes, and in answer to a request that changes nothing. */
  | { type: 'rendition'; rendition: number }
  /** The gateway is going down: connect elsewhere, resume there, and leave this connection when the other one delivers. */
  | { type: 'move' }
  /** Answer to `offers=1` in the address: the messages of later versions that this gateway understands. */
  | { type: 'offers'; messages: readonly Offer[] }
  /**
   * From the next chunk on, chunks have the picture or lack it. `repeats`: so many chunks come once more, with nothing
   * but their picture; then it goes on where it was.
   */
  | { type: 'picture'; sent: boolean; repeats: number }
  /** For members of a group: sent in answer to the first `sync`, and when it changes. */
  | ({ type: 'sync' } & SyncNews);

const isOneOf = <T extends string>(list: readonly T[], value: unknown): value is T =>
  list.includes(value as T);

/**
 * The message in a text, or undefined for a message that this version does not know; ignore those. Written by hand,
 * because the player contains no zod.
 */
export function parseServerMessage(text: string): ServerMessage | undefined {
  const message = parseJson(text) as Record<string, unknown> | null | undefined;
  if (typeof message !== 'object' || message === null) return undefined;
  const { type, state, reason, skipped, client, gateway, rendition } = message;
  if (type === 'state' && isOneOf(STREAM_STATES, state)) return { type, state };
  if (type === 'jump' && isOneOf(JUMP_REASONS, reason) && typeof skipped === 'number')
    return { type, reason, skipped };
  if (type === 'clock' && typeof client === 'number' && typeof gateway === 'number') {
    const { delays } = message;
    return { type, client, gateway: milliseconds(gateway), ...(isDelays(delays) ? { delays } : {}) };
  }
  if (type === 'rendition' && typeof rendition === 'number') return { type, rendition };
  if (type === 'catalog' && isCatalog(message.catalog)) return { type, catalog: message.catalog };
  if (type === 'move') return { type };
  if (type === 'offers' && Array.isArray(message.messages)) {
    return { type, messages: message.messages.filter((each) => isOneOf(OFFERS, each)) };
  }
  if (type === 'sync') return parseSync(message);
  const { sent, repeats } = message;
  if (type === 'picture' && typeof sent === 'boolean' && typeof repeats === 'number') {
    return { type, sent, repeats };
  }
  return undefined;
}

function parseSync({ delay, members, member }: Record<string, unknown>): ServerMessage | undefined {
  if (typeof delay !== 'number' || typeof members !== 'number' || typeof member !== 'boolean')
    return undefined;
  return { type: 'sync', delay: milliseconds(delay), members, member };
}

function isDelays(value: unknown): value is PathDelays {
  const { encoder, log } = (value ?? {}) as Record<string, unknown>;
  return typeof encoder === 'number' && typeof log === 'number';
}

/** Checks what the player relies on: lists are lists, numbers are numbers. */
function isCatalog(value: unknown): value is Catalog {
  const { session, renditions } = (value ?? {}) as Record<string, unknown>;
  return typeof session === 'number' && Array.isArray(renditions) && renditions.every(isRendition);
}

function isRendition(value: unknown): boolean {
  const { rendition, tracks } = (value ?? {}) as Record<string, unknown>;
  const isTrack = (track: unknown) => typeof (track as { kind?: unknown } | null)?.kind === 'string';
  return typeof rendition === 'number' && Array.isArray(tracks) && tracks.every(isTrack);
}
