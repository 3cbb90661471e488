import type { ServerMessage, StreamState } from '@topicast/contracts/server-message';
import { milliseconds } from '@topicast/contracts/units';
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
const heartbeatFrame = encodeFrame(Opcode.ping, '');

export const jumpFrame = (jump: Jump): Buffer =>
  textFrame({ type: 'jump', reason: jump.reason, skipped: jump.skipped });

/**
 * Control frames that wait for the write in flight: of each kind only the latest, so nothing can pile up for a viewer
 * that does not read.
 */
export class ControlFrames {
  #state: StreamState | undefined;
  #clock: number | undefined;
  #heartbeat = false;
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

  answerClock(client: number): void {
    this.#clock = client;
    this.#isWaiting = true;
  }

  askForLife(): void {
    this.#heartbeat = true;
    this.#isWaiting = true;
  }

  askToMove(): void {
    this.#move = true;
    this.#isWaiting = true;
  }

  /** Of pings that are not answered yet only the newest needs an answer (RFC 6455 5.5.3). */
  answerPing(payload: Uint8Array): void {
    this.#pong = encodeFrame(Opcode.pong, payload);
    this.#isWaiting = true;
  }

  /** Put what waits at the end of `frames`. */
  drainInto(frames: Buffer[]): void {
    if (!this.#isWaiting) return;
    if (this.#state !== undefined) frames.push(stateFrames[this.#state]);
    if (this.#clock !== undefined) {
      frames.push(textFrame({ type: 'clock', client: this.#clock, gateway: milliseconds(Date.now()) }));
    }
    if (this.#move) frames.push(moveFrame);
    if (this.#heartbeat) frames.push(heartbeatFrame);
    if (this.#pong) frames.push(this.#pong);
    this.#state = undefined;
    this.#clock = undefined;
    this.#move = false;
    this.#heartbeat = false;
    this.#pong = undefined;
    this.#isWaiting = false;
  }
}
