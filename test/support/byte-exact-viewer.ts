import { createHash } from 'node:crypto';
import { pauseAfter } from '@topicast/contracts/backoff';
import type { ChunkMessage } from '@topicast/contracts/chunk-message';
import { formatPosition, type Position } from '@topicast/contracts/position';
import type { JumpReason, ServerMessage } from '@topicast/contracts/server-message';
import { milliseconds } from '@topicast/contracts/units';
import type { WebSocket } from 'ws';
import { openLiveSocket, positionOf, say } from './live-socket.js';

/** A chunk as it came. */
export interface Arrival {
  readonly session: number;
  readonly sequence: number;
  readonly offset: number;
  /** Of the TS packets, see {@link hashOf}. */
  readonly hash: string;
  /** Wall clock, ms. */
  readonly at: number;
}

/** Where the gateway announced that it left something out. */
export interface Jump {
  readonly reason: JumpReason;
  readonly skipped: number;
  readonly at: number;
}

/** How a connection ended; `left` if the viewer ended it, because it had moved or was closed. */
export interface Ending {
  readonly why: string;
  readonly at: number;
}

export const hashOf = (bytes: Uint8Array): string =>
  createHash('sha1').update(bytes).digest('base64').slice(0, 12);

const ASK_EVERY_MS = 1000;
/** Something arrives every second, because we ask for the time. */
const SILENCE_MS = 5000;
const OPEN_MS = 3000;
const BACKOFF = { first: milliseconds(50), longest: milliseconds(1_000) };

/**
 * A client of `topicast.v1` that stays with a stream. It acknowledges, resumes at its exact place on its next gateway
 * when one ends or goes silent, moves when it is told to, and records every chunk.
 */
export class ByteExactViewer {
  readonly #addresses: readonly string[];
  readonly arrivals: Arrival[] = [];
  readonly jumps: Jump[] = [];
  readonly endings: Ending[] = [];
  #last: Position | undefined;
  #gateway = 0;
  #failures = 0;
  #current: Connection | undefined;
  /** The connection of a move in progress; it is not ours until it delivers a chunk that the current one has not. */
  #next: Connection | undefined;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  /** @param addresses `ws://host:port/live/stream`, each of another gateway */
  constructor(addresses: readonly string[]) {
    this.#addresses = addresses;
    this.#connect();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#current?.close();
    this.#next?.close();
  }

  #connect(): void {
    this.#retry = undefined;
    this.#current = this.#open();
  }

  #open(): Connection {
    const address = new URL(this.#addresses[this.#gateway % this.#addresses.length]!);
    if (this.#last) address.searchParams.set('after', formatPosition(this.#last));
    const connection: Connection = new Connection(address.href, {
      chunk: (chunk) => this.#chunk(connection, chunk),
      message: (message) => this.#message(connection, message),
      ended: (why) => this.#ended(connection, why),
    });
    return connection;
  }

  #chunk(connection: Connection, chunk: ChunkMessage): void {
    const { header, offset } = chunk;
    if (connection === this.#next) {
      // Chunks that the previous connection has delivered in the meantime come again (PROTOCOL.md 4.5).
      if (this.#last && offset <= this.#last.offset) return;
      this.#current?.close();
      this.#current = connection;
      this.#next = undefined;
    } else if (connection !== this.#current) return;
    this.#failures = 0;
    this.#last = positionOf(chunk);
    const { session, sequence } = header;
    this.arrivals.push({ session, sequence, offset, hash: hashOf(chunk.data), at: Date.now() });
  }

  #message(connection: Connection, message: ServerMessage): void {
    if (message.type === 'jump') {
      const isMoving = connection === this.#next;
      if (isMoving) connection.close();
      else this.jumps.push({ reason: message.reason, skipped: message.skipped, at: Date.now() });
    }
    if (message.type === 'move' && connection === this.#current && !this.#next) {
      this.#gateway++;
      this.#next = this.#open();
    }
  }

  #ended(connection: Connection, why: string): void {
    this.endings.push({ why, at: Date.now() });
    if (connection === this.#next) this.#next = undefined;
    if (connection !== this.#current || this.#closed) return;
    this.#current = undefined;
    if (this.#next) {
      this.#current = this.#next;
      this.#next = undefined;
      return;
    }
    this.#gateway++;
    const pause = pauseAfter(BACKOFF, this.#failures++, Math.random());
    this.#retry = setTimeout(() => this.#connect(), pause);
  }
}

interface ConnectionEvents {
  chunk(chunk: ChunkMessage): void;
  message(message: ServerMessage): void;
  /** Once, also after `close`. */
  ended(why: string): void;
}

class Connection {
  readonly #events: ConnectionEvents;
  readonly #socket: WebSocket;
  #watchdog: NodeJS.Timeout;
  #asking: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(address: string, events: ConnectionEvents) {
    this.#events = events;
    this.#socket = openLiveSocket(address, {
      chunk: (chunk) => this.#unlessEnded(() => events.chunk(chunk)),
      message: (message) => this.#unlessEnded(() => events.message(message)),
    });
    this.#watchdog = setTimeout(() => this.#end('it did not open'), OPEN_MS);
    this.#socket.on('open', () => {
      this.#listen();
      this.#asking = setInterval(
        () => say(this.#socket, { type: 'clock', client: Date.now() }),
        ASK_EVERY_MS,
      );
    });
    this.#socket.on('error', (error) => this.#end(error.message));
    this.#socket.on('close', (code) => this.#end(`closed with ${code}`));
  }

  close(): void {
    this.#end('left');
  }

  #unlessEnded(tell: () => void): void {
    if (this.#ended) return;
    this.#listen();
    tell();
  }

  #listen(): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.#end('silence'), SILENCE_MS);
  }

  #end(why: string): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const timer of [this.#watchdog, this.#asking]) clearTimeout(timer);
    this.#socket.terminate();
    this.#events.ended(why);
  }
}
