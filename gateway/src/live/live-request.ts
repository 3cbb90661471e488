import { MAX_RENDITION, parsePosition } from '@topicast/contracts/position';
import { SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX } from '@topicast/contracts/server-message';
import { isStreamId, type StreamId } from '@topicast/contracts/stream-id';
import type { Destination } from '../stream/cursor.js';
import type { Protocol } from '../stream/protocol.js';

/** What an upgrade request asks for. */
export type LiveRequest =
  /** Refused before the 101: none of our viewers sends this. */
  | { readonly kind: 'refuse'; readonly status: 400 | 404; readonly detail: string }
  /** Accepted and then closed as a bad message, so that a page in a browser learns why. */
  | { readonly kind: 'reject'; readonly problem: string }
  | {
      readonly kind: 'watch';
      readonly stream: StreamId;
      readonly rendition: number;
      readonly destination: Destination;
      readonly protocol: Protocol;
      /** Asks for several chunks at a time, which arrive later but cost less. */
      readonly economy: boolean;
      /** Asks which later messages we understand. */
      readonly offers: boolean;
      readonly token: string | undefined;
    };

const PATH = /^\/live\/([^/]+)$/;
const RENDITION = /^(0|[1-9]\d?)$/;

/** `/live/<stream>?rendition=0&after=<position>&economy=1&offers=1&token=<token>`, with or without the subprotocol. */
export function parseLiveRequest(target: string, subprotocols: string | undefined): LiveRequest {
  const [path = '', query = ''] = target.split('?', 2);
  const id = PATH.exec(path)?.[1];
  if (id === undefined) return { kind: 'refuse', status: 404, detail: 'streams are at /live/<stream>' };
  if (!isStreamId(id)) return { kind: 'refuse', status: 400, detail: 'this is not a stream id' };

  const parameters = new URLSearchParams(query);
  const rendition = parameters.get('rendition') ?? '0';
  if (!RENDITION.test(rendition) || Number(rendition) > MAX_RENDITION)
    return { kind: 'reject', problem: `rendition: must be a number from 0 to ${MAX_RENDITION}` };
  const after = parameters.get('after');
  const position = after === null ? 'live' : parsePosition(after);
  if (position === undefined)
    return { kind: 'reject', problem: 'after: <rendition>.<session>.<offset>.<part>' };

  const economy = parameters.get('economy') ?? '0';
  if (economy !== '0' && economy !== '1') return { kind: 'reject', problem: 'economy: 0 or 1' };
  const offers = parameters.get('offers') ?? '0';
  if (offers !== '0' && offers !== '1') return { kind: 'reject', problem: 'offers: 0 or 1' };

  const offered = subprotocols?.split(',').map((name) => name.trim()) ?? [];
  return {
    kind: 'watch',
    stream: id,
    rendition: position === 'live' ? Number(rendition) : position.rendition,
    destination: position,
    protocol: offered.includes(SUBPROTOCOL) ? 'v1' : 'raw',
    economy: economy === '1',
    offers: offers === '1',
    token: tokenAmong(offered) ?? parameters.get('token') ?? undefined,
  };
}

function tokenAmong(offered: readonly string[]): string | undefined {
  const carrier = offered.find((name) => name.startsWith(TOKEN_SUBPROTOCOL_PREFIX));
  return carrier && Buffer.from(carrier.slice(TOKEN_SUBPROTOCOL_PREFIX.length), 'base64url').toString();
}
