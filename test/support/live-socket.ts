import { type ChunkMessage, decodeChunkMessage } from '@topicast/contracts/chunk-message';
import type { ClientMessage } from '@topicast/contracts/client-message';
import { formatPosition, type Position } from '@topicast/contracts/position';
import { parseServerMessage, type ServerMessage, SUBPROTOCOL } from '@topicast/contracts/server-message';
import { WebSocket } from 'ws';

interface LiveSocketOptions {
  chunk(chunk: ChunkMessage): void;
  message(message: ServerMessage): void;
  /** Whether chunks that ask for it are acknowledged. */
  readonly acknowledges?: boolean;
  /** Offered besides `topicast.v1`. */
  readonly subprotocols?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * A connection of `topicast.v1` under every viewer of the tests: it decodes and acknowledges, its owner does the rest.
 * What cannot be decoded is thrown, which ends the process.
 */
export function openLiveSocket(address: string, options: LiveSocketOptions): WebSocket {
  const { acknowledges = true, subprotocols = [], headers = {} } = options;
  const socket = new WebSocket(address, [SUBPROTOCOL, ...subprotocols], {
    headers,
    perMessageDeflate: false,
  });
  socket.on('message', (data: Buffer, isBinary) => {
    if (!isBinary) {
      const message = parseServerMessage(data.toString());
      if (!message) throw new Error(`a message that is not known: ${data.toString()}`);
      options.message(message);
      return;
    }
    const chunk = decodeChunkMessage(data);
    if (!chunk) throw new Error('a chunk that cannot be read');
    options.chunk(chunk);
    if (acknowledges && chunk.asksForAck) acknowledge(socket, positionOf(chunk));
  });
  return socket;
}

/** Sends a message if the connection is open. */
export function say(socket: WebSocket, message: ClientMessage): void {
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

export const acknowledge = (socket: WebSocket, position: Position): void =>
  say(socket, { type: 'ack', position: formatPosition(position) });

export const positionOf = ({ rendition, header, offset, part }: ChunkMessage): Position => ({
  ...{ rendition, offset, part },
  session: header.session,
});
