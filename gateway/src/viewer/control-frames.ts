import type { Catalog } from '@topicast/contracts/catalog';
import type { ServerMessage, StreamState } from '@topicast/contracts/server-message';
import { Milliseconds } from '@topicast/contracts/units';
import type { Jump } from '../stream/cursor.js';
import { encodeFrame, Opcode } from '../stream/frame.js';

const textFrame = (message: ServerMessage): Buffer => encodeFrame(Opcode.text, JSON.stringify(message));

const stateFrames: Record<StreamState, Buffer> = {
  offline: textFrame({ type: 'state', state: 'offline' }),
  starting: textFrame({ type: 'state', state: 'starting' }),
  live: textFrame({ type: 'state', state: 'live' }),
  failed: textFrame({ type: 'state', state: 'failed' }),
};
const moveFrame = textFrame({ type: 'move' });

/** The same for all viewers of a stream, so make it once for all. */
export const catalogFrame = (catalog: Catalog): Buffer => textFrame({ type: 'catalog', catalog });

export const renditionFrame = (rendition: number): Buffer => textFrame({ type: 'rendition', rendition });

export const jumpFrame = (jump: Jump): Buffer =>
  textFrame({ type: 'jump', reason: jump.reason, skipped: jump.skipped });

/**
 * Control frames that wait for the write in flight. Only the latest of each kind is kept, so nothing can pile up for a
 * viewer that does not read.
 */
export class ControlFrames {
  #state: StreamState | undefined;
  #clock: number | undefined;
  #catalog: Buffer | undefined;
  #rendition: number | undefined;
  #ping: Buffer | undefined;
  #move = false;
  #pong: Buffer | undefined;
  #isWaiting = false;

  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  setState(state: StreamState): void {
    this.#state = state;
    this.#isWaiting = true;
  }

  setCatalog(frame: Buffer): void {
    this.#catalog = frame;
    this.#isWaiting = true;
  }

  /** The answer to a request that changes nothing. */
  answerRendition(rendition: number): void {
    this.#rendition = rendition;
    this.#isWaiting = true;
  }

  answerClock(client: number): void {
    this.#clock = client;
    this.#isWaiting = true;
  }

  askForLife(payload: Buffer): void {
    this.#ping = encodeFrame(Opcode.ping, payload);
    this.#isWaiting = true;
  }

  askToMove(): void {
    this.#move = true;
    this.#isWaiting = true;
  }

  /** Only the newest of several unanswered pings needs an answer (RFC 6455 5.5.3). */
  answerPing(payload: Uint8Array): void {
    this.#pong = encodeFrame(Opcode.pong, payload);
    this.#isWaiting = true;
  }

  /** Append the waiting frames to `frames`. */
  drainInto(frames: Buffer[]): void {
    if (!this.#isWaiting) return;
    if (this.#state !== undefined) frames.push(stateFrames[this.#state]);
    if (this.#catalog) frames.push(this.#catalog);
    if (this.#rendition !== undefined) frames.push(renditionFrame(this.#rendition));
    if (this.#clock !== undefined) {
      frames.push(textFrame({ type: 'clock', client: this.#clock, gateway: Milliseconds.wallClock() }));
    }
    if (this.#move) frames.push(moveFrame);
    if (this.#ping) frames.push(this.#ping);
    if (this.#pong) frames.push(this.#pong);
    this.#state = undefined;
    this.#catalog = undefined;
    this.#rendition = undefined;
    this.#clock = undefined;
    this.#move = false;
    this.#ping = undefined;
    this.#pong = undefined;
    this.#isWaiting = false;
  }
}
