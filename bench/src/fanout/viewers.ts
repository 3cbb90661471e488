import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { makeNoise, type StreamShape } from './chunk.js';
import { ChunkMessages, Chunks, FlvTags, type Payload } from './payload.js';
import { Tally } from './tally.js';

/** What a process of viewers should do: its first argument, as JSON. */
export interface Load {
  readonly port: number;
  readonly path: string;
  readonly framing: 'raw' | 'v1' | 'flv';
  readonly viewers: number;
  /** How many of them stop reading once they have got something. */
  readonly stalled: number;
  /** Over this time they join, evenly. */
  readonly joinMs: number;
  readonly shape: StreamShape;
}

/**
 * Many viewers in one process, for little CPU: sockets that speak just enough WebSocket (RFC 6455 5.2) to check the
 * data and to answer pings. Reports through its IPC channel: `{joined}` once all are in, then a `Report` for each
 * message it gets.
 */
const load = JSON.parse(process.argv[2] ?? '') as Load;
const { shape } = load;
const tally = new Tally();
const checked = { shape, noise: makeNoise(shape), tally };
/** All connections read into it, one after the other. */
const shared = Buffer.alloc(1 << 18);
let open = 0;

/** Several loopback addresses, so that a client's ports cannot run out and no limit per address is reached. */
const ADDRESSES = 16;
const HANDSHAKE_AT_ONCE = 64;

class Viewer {
  readonly #stalls: boolean;
  readonly #joined: () => void;
  readonly #socket: Socket;
  readonly #payload: Payload;
  #handshake = '';
  readonly #beganAt = performance.now();
  #isOpen = false;
  #isServed = false;
  readonly #head = Buffer.alloc(14);
  #headBytes = 0;
  #opcode = 0;
  #left = 0;
  #control = Buffer.alloc(0);

  constructor(index: number, stalls: boolean, joined: () => void) {
    this.#stalls = stalls;
    this.#joined = joined;
    this.#payload =
      load.framing === 'flv'
        ? new FlvTags(tally)
        : load.framing === 'v1'
          ? new ChunkMessages(checked, (position) => this.#acknowledge(position))
          : new Chunks(checked);
    this.#socket = connect({
      port: load.port,
      host: '127.0.0.1',
      localAddress: `127.0.0.${2 + (index % ADDRESSES)}`,
      noDelay: true,
      onread: { buffer: shared, callback: (bytes) => this.#onData(bytes) },
    });
    this.#socket.on('error', (error) => tally.complain(error.message));
    this.#socket.on('close', () => this.#onClose());
    const protocol = load.framing === 'v1' ? 'Sec-WebSocket-Protocol: topicast.v1\r\n' : '';
    this.#socket.write(
      `GET ${load.path} HTTP/1.1\r\nHost: 127.0.0.1:${load.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n${protocol}\r\n`,
    );
  }

  #onClose(): void {
    tally.lost += 1;
    if (this.#isOpen) open -= 1;
    else this.#joined();
  }

  #onData(bytes: number): boolean {
    tally.bytes += bytes;
    const at = this.#isOpen ? 0 : this.#shake(bytes);
    if (at < bytes) this.#onFrames(at, bytes);
    return !(this.#stalls && this.#isOpen);
  }

  /** Returns where the frames begin. */
  #shake(bytes: number): number {
    const before = this.#handshake.length;
    this.#handshake += shared.toString('latin1', 0, bytes);
    const end = this.#handshake.indexOf('\r\n\r\n');
    if (end < 0) return bytes;
    if (!this.#handshake.startsWith('HTTP/1.1 101')) {
      tally.complain(this.#handshake.slice(0, 80));
      this.#socket.destroy();
      return bytes;
    }
    this.#handshake = '';
    this.#isOpen = true;
    open += 1;
    this.#joined();
    return end + 4 - before;
  }

  #onFrames(from: number, to: number): void {
    let at = from;
    while (at < to) {
      if (this.#left === 0) {
        this.#head[this.#headBytes++] = shared[at++]!;
        this.#beginFrame();
        continue;
      }
      const step = Math.min(this.#left, to - at);
      this.#left -= step;
      if (this.#opcode === Opcode.binary) this.#payload.bytes(shared, at, at + step);
      else this.#control = Buffer.concat([this.#control, shared.subarray(at, at + step)]);
      at += step;
      if (this.#left === 0 && this.#opcode !== Opcode.binary) this.#onControl();
    }
  }

  #beginFrame(): void {
    const head = this.#head;
    if (this.#headBytes < 2) return;
    const short = head[1]! & 0x7f;
    const bytes = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (this.#headBytes < bytes) return;
    this.#headBytes = 0;
    this.#opcode = head[0]! & 0x0f;
    this.#left = short < 126 ? short : short === 126 ? head.readUInt16BE(2) : Number(head.readBigUInt64BE(2));
    if (this.#opcode === Opcode.binary) this.#beginMessage();
    else this.#control = Buffer.alloc(0);
  }

  #beginMessage(): void {
    this.#payload.message(this.#left);
    if (this.#isServed) return;
    this.#isServed = true;
    tally.joins.push(performance.now() - this.#beganAt);
  }

  #onControl(): void {
    if (this.#opcode === Opcode.ping) this.#send(Opcode.pong, this.#control);
    else if (this.#opcode === Opcode.close) tally.complain(`closed with ${this.#control.readUInt16BE(0)}`);
    else if (this.#control.includes('"jump"')) tally.complain(this.#control.toString());
  }

  #acknowledge(position: string): void {
    this.#send(Opcode.text, Buffer.from(JSON.stringify({ type: 'ack', position })));
  }

  #send(opcode: number, payload: Buffer): void {
    // A mask of zeros leaves the payload as it is.
    const head = Buffer.from([0x80 | opcode, 0x80 | payload.byteLength, 0, 0, 0, 0]);
    this.#socket.write(Buffer.concat([head, payload]));
  }
}

const Opcode = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

async function joinAll(): Promise<void> {
  const began = performance.now();
  const joins: Promise<void>[] = [];
  for (let index = 0; index < load.viewers; index += 1) {
    const wait = began + (index * load.joinMs) / load.viewers - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    if (load.joinMs === 0 && index >= HANDSHAKE_AT_ONCE) await joins[index - HANDSHAKE_AT_ONCE];
    joins.push(new Promise((resolve) => new Viewer(index, index < load.stalled, resolve)));
  }
  await Promise.all(joins);
}

process.on('message', () => process.send?.(tally.report(open, load.viewers - load.stalled)));
process.on('disconnect', () => process.exit(0));
await joinAll();
process.send?.({ joined: open });
