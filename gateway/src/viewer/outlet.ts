import type { Socket } from 'node:net';
import { Milliseconds } from '@topicast/contracts/units';
import { WebSocket } from 'ws';
import type { GatewayMetrics } from '../metrics/metrics.js';
import type { ChunkSource } from '../stream/chunk-source.js';
import type { Step } from '../stream/cursor.js';
import type { Protocol } from '../stream/protocol.js';
import { ControlFrames, jumpFrame, pictureFrame, renditionFrame } from './control-frames.js';
import { PictureChoice, type Piece } from './picture-choice.js';
import { SocketWriter, type Writer } from './writer.js';

export interface OutletOptions {
  readonly webSocket: WebSocket;
  /** The connection under it: whole frames are written to it, which is safe while the WebSocket is open, is not
   * compressed, and sends no fragmented messages. */
  readonly socket: Socket;
  readonly protocol: Protocol;
  readonly metrics: GatewayMetrics;
  readonly acceptedAt: Milliseconds;
  /** The write in flight is done; `wasFull` if the viewer had to make room for it. */
  readonly onDone: (wasFull: boolean) => void;
}

/** Everything that goes out to a viewer: control messages and chunks, with at most one write in flight. */
export class Outlet {
  readonly control = new ControlFrames();
  readonly picture = new PictureChoice();
  readonly #webSocket: WebSocket;
  readonly #protocol: Protocol;
  readonly #metrics: GatewayMetrics;
  readonly #acceptedAt: Milliseconds;
  readonly #writer: Writer;
  #hasChunks = false;
  /** The next chunk belongs to a rendition that the viewer does not know about yet. */
  #isUntold = false;

  constructor(options: OutletOptions) {
    this.#webSocket = options.webSocket;
    this.#protocol = options.protocol;
    this.#metrics = options.metrics;
    this.#acceptedAt = options.acceptedAt;
    this.#writer = new SocketWriter(options.socket, options.onDone);
  }

  get isBusy(): boolean {
    return this.#writer.isBusy;
  }

  get canWrite(): boolean {
    return !this.#writer.isBusy && this.#webSocket.readyState === WebSocket.OPEN;
  }

  /** Write the waiting control messages. */
  talk(): void {
    if (!this.control.isWaiting || !this.canWrite) return;
    const frames: Buffer[] = [];
    this.control.drainInto(frames);
    this.#writer.write(Buffer.concat(frames));
  }

  /** Tell the viewer the rendition of the next chunk. */
  tellRendition(): void {
    this.#isUntold = true;
  }

  writeChunks(source: ChunkSource, step: Step, now: Milliseconds): void {
    const { run, jump } = step;
    const protocol = this.#protocol;
    const metrics = this.#metrics;
    const joins = jump !== undefined || step.isOther || !this.#hasChunks;
    if (!this.#hasChunks) {
      this.#hasChunks = true;
      metrics.observeJoin(Milliseconds.sub(now, this.#acceptedAt));
    }
    const frames = this.#framesOf(source, this.picture.pieces(source.window, run, joins));
    metrics.bytesSent[protocol] += frames.byteLength;
    metrics.chunksSent[protocol] += run.to - run.from;
    metrics.writes[protocol] += 1;
    if (jump) {
      metrics.jumps[jump.reason] += 1;
      metrics.skipped[jump.reason] += jump.skipped;
    }
    const isPlain = protocol === 'raw' || !(jump || this.#isUntold);
    this.#writer.write(isPlain ? frames : Buffer.concat([...this.#announcements(source, jump), frames]));
  }

  /** Nearly always whole chunks, in one piece that all viewers share. */
  #framesOf(source: ChunkSource, pieces: readonly Piece[]): Buffer {
    const frames = pieces.flatMap(({ part, from, to, tells }) => {
      const chunks =
        part === 'all'
          ? [source.frames(this.#protocol, from, to)]
          : Array.from({ length: to - from }, (_, n) => source.partOf(from + n, part));
      return tells ? [pictureFrame(tells), ...chunks] : chunks;
    });
    return frames.length === 1 ? frames[0]! : Buffer.concat(frames);
  }

  #announcements(source: ChunkSource, jump: Step['jump']): Buffer[] {
    const frames = this.#isUntold ? [renditionFrame(source.rendition)] : [];
    this.#isUntold = false;
    return jump ? [...frames, jumpFrame(jump)] : frames;
  }
}
