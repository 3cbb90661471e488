import type { Catalog } from '@topicast/contracts/catalog';
import {
  OFFERS,
  type PathDelays,
  type ServerMessage,
  type StreamState,
} from '@topicast/contracts/server-message';
import type { SyncNews } from '@topicast/contracts/sync';
import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import { encodeFrame, Opcode } from '../stream/frame.js';
import type { Jump } from '../stream/jump.js';

const textFrame = (message: ServerMessage): Buffer => encodeFrame(Opcode.text, JSON.stringify(message));

const stateFrames: Record<StreamState, Buffer> = {
  offline: textFrame({ type: 'state', state: 'offline' }),
  starting: textFrame({ type: 'state', state: 'starting' }),
  live: textFrame({ type: 'state', state: 'live' }),
  failed: textFrame({ type: 'state', state: 'failed' }),
};
const moveFrame = textFrame({ type: 'move' });
const offersFrame = textFrame({ type: 'offers', messages: OFFERS });

/** The same for all viewers of a stream, so make it once for all. */
export const catalogFrame = (catalog: Catalog): Buffer => textFrame({ type: 'catalog', catalog });

export const renditionFrame = (rendition: number): Buffer => textFrame({ type: 'rendition', rendition });

export const pictureFrame = (news: { readonly sent: boolean; readonly repeats: number }): Buffer =>
  textFrame({ type: 'picture', ...news });

export const jumpFrame = (jump: Jump): Buffer =>
  textFrame({ type: 'jump', reason: jump.reason, skipped: jump.skipped });

const clockFrame = (client: number, delays: PathDelays | undefined): Buffer =>
  textFrame({
    type: 'clock',
    client,
    gateway: Milliseconds.wallClock(),
    ...(delays && { delays: { encoder: tenths(delays.encoder), log: tenths(delays.log) } }),
  });

const tenths = (value: Milliseconds): Milliseconds => milliseconds(Math.round(value * 10) / 10);

/**
 * Control frames that wait for the write in flight. Only the latest of each kind is kept, so nothing can pile up for a
 * viewer that does not read.
 */
export class ControlFrames {
  #state: StreamState | undefined;
  #clock: { readonly client: number; readonly delays: PathDelays | undefined } | undefined;
  #catalog: Buffer | undefined;
  #rendition: number | undefined;
  #sync: SyncNews | undefined;
  #offers = false;
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

  /** @param delays of the rendition that is sent */
  answerClock(client: number, delays: PathDelays | undefined): void {
    this.#clock = { client, delays };
    this.#isWaiting = true;
  }

  tellOffers(): void {
    this.#offers = true;
    this.#isWaiting = true;
  }

  setSync(news: SyncNews): void {
    this.#sync = news;
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
    if (this.#offers) frames.push(offersFrame);
    if (this.#catalog) frames.push(this.#catalog);
    if (this.#rendition !== undefined) frames.push(renditionFrame(this.#rendition));
    if (this.#clock) frames.push(clockFrame(this.#clock.client, this.#clock.delays));
    if (this.#sync) frames.push(textFrame({ type: 'sync', ...this.#sync }));
    if (this.#move) frames.push(moveFrame);
    if (this.#ping) frames.push(this.#ping);
    if (this.#pong) frames.push(this.#pong);
    this.#state = undefined;
    this.#catalog = undefined;
    this.#rendition = undefined;
    this.#clock = undefined;
    this.#sync = undefined;
    this.#offers = false;
    this.#move = false;
    this.#ping = undefined;
    this.#pong = undefined;
    this.#isWaiting = false;
  }
}
