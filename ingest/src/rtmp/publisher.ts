import { Milliseconds } from '@topicast/contracts/units';
import { type Message, TYPE } from '@topicast/rtmp';
import type { Found, Seat } from '../doorkeeper.js';
import { FlvTransport } from '../flv/transport.js';
import { FlowLimit } from './flow-limit.js';

/** An encoder that was let in: what it sends goes to its seat, and is judged. */
export class Publisher {
  readonly seat: Seat;
  /** When picture or sound came last; before that, when it was let in. */
  lastMedia = Milliseconds.now();
  hasMedia = false;
  readonly #transport: FlvTransport;
  readonly #flow = new FlowLimit();
  /** Bytes that were made of the message in hand. */
  #made = 0;
  #told: Found = { notes: [], damaged: 0 };

  constructor(seat: Seat) {
    this.seat = seat;
    this.#transport = new FlvTransport((bytes) => {
      this.#made += bytes.byteLength;
      seat.take(bytes);
    });
  }

  /** @returns why it has to be cut, in words for its owner */
  receive(bytes: number): string | undefined {
    return this.#flow.charge({ received: bytes }, Milliseconds.now());
  }

  /** @returns as `receive` does */
  take({ type, timestamp, body }: Message): string | undefined {
    const now = Milliseconds.now();
    const isMedia = type === TYPE.video || type === TYPE.audio;
    const flood =
      this.#flow.charge({ messages: 1 }, now) ?? (isMedia ? this.#flow.follow(timestamp, now) : undefined);
    if (flood || !isMedia) return flood;
    this.lastMedia = now;
    this.hasMedia = true;
    this.#made = 0;
    this.#transport.push({ kind: type === TYPE.video ? 'video' : 'audio', timestamp, body });
    const { notes, damaged, refusal } = this.#transport.findings;
    if (notes.length !== this.#told.notes.length || damaged !== this.#told.damaged) {
      this.#told = { notes, damaged };
      this.seat.note(this.#told);
    }
    return refusal ?? this.#flow.charge({ made: this.#made }, now);
  }
}
