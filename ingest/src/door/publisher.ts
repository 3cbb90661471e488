import { Milliseconds } from '@topicast/contracts/units';
import type { Found, Seat } from '../doorkeeper.js';
import type { Findings } from '../transport/findings.js';
import { FlowLimit } from './flow-limit.js';

/** Makes MPEG-TS of what a protocol carries. */
interface Transport<Message> {
  readonly findings: Findings;
  push(message: Message): void;
}

/** An encoder that was let in: what it sends goes to its seat, and is judged. */
export class Publisher<Message> {
  readonly seat: Seat;
  /** When picture or sound came last; before that, when it was let in. */
  lastMedia = Milliseconds.now();
  hasMedia = false;
  readonly #transport: Transport<Message>;
  readonly #flow = new FlowLimit();
  /** Bytes that were made of the message in hand. */
  #made = 0;
  #told: Found = { notes: [], damaged: 0 };

  constructor(seat: Seat, transport: (onBytes: (bytes: Uint8Array) => void) => Transport<Message>) {
    this.seat = seat;
    this.#transport = transport((bytes) => {
      this.#made += bytes.byteLength;
      seat.take(bytes);
    });
  }

  /** Bytes of its connection. @returns why it has to be cut, in words for its owner */
  receive(bytes: number): string | undefined {
    return this.#flow.charge({ received: bytes }, Milliseconds.now());
  }

  /** A message of any kind. @returns as `receive` does */
  count(): string | undefined {
    return this.#flow.charge({ messages: 1 }, Milliseconds.now());
  }

  /**
   * Picture or sound, or what they need.
   * @param timestamp milliseconds in 32 bits; undefined for what has none
   * @returns as `receive` does
   */
  take(message: Message, timestamp: number | undefined): string | undefined {
    const now = Milliseconds.now();
    const flood = timestamp === undefined ? undefined : this.#flow.follow(timestamp, now);
    if (flood) return flood;
    this.lastMedia = now;
    this.hasMedia = true;
    this.#made = 0;
    this.#transport.push(message);
    const { notes, damaged, refusal } = this.#transport.findings;
    if (notes.length !== this.#told.notes.length || damaged !== this.#told.damaged) {
      this.#told = { notes, damaged };
      this.seat.note(this.#told);
    }
    return refusal ?? this.#flow.charge({ made: this.#made }, now);
  }
}
