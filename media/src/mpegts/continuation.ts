import { continuityOf, hasPayload, pidOf } from './packet.js';
import { PacketSplitter } from './splitter.js';

/** How the counter of a PID is moved; and where it was last, with that. */
interface Counter {
  readonly moved: number;
  last: number;
}

/**
 * Joins what one multiplexer after another has written: each begins its continuity counters anew (ISO 13818-1 2.4.3.3),
 * and readers would take that for a loss.
 */
export class Continuation {
  readonly #onPacket: (packet: Uint8Array) => void;
  readonly #splitter = new PacketSplitter((packet) => this.#take(packet));
  #before = new Map<number, Counter>();
  #counters = new Map<number, Counter>();

  /** @param onPacket gets a view that is valid during the call only */
  constructor(onPacket: (packet: Uint8Array) => void) {
    this.#onPacket = onPacket;
  }

  push(bytes: Uint8Array): void {
    this.#splitter.push(bytes);
  }

  /** What follows is of the next one. */
  begin(): void {
    this.#splitter.end();
    this.#before = new Map([...this.#before, ...this.#counters]);
    this.#counters = new Map();
  }

  #take(packet: Uint8Array): void {
    const pid = pidOf(packet);
    const written = continuityOf(packet);
    const counter = this.#counters.get(pid) ?? this.#begun(pid, written, hasPayload(packet));
    counter.last = (written + counter.moved) & 0x0f;
    if (counter.moved === 0) {
      this.#onPacket(packet);
      return;
    }
    const moved = new Uint8Array(packet);
    moved[3] = (moved[3]! & 0xf0) | counter.last;
    this.#onPacket(moved);
  }

  #begun(pid: number, written: number, counts: boolean): Counter {
    const before = this.#before.get(pid);
    const moved = before ? (before.last + (counts ? 1 : 0) - written) & 0x0f : 0;
    const counter = { moved, last: written };
    this.#counters.set(pid, counter);
    return counter;
  }
}
