import { LogError } from '../chunk-log.js';
import { Wake } from '../wake.js';

/** How much of a tail may be on its way to a client and not taken yet. */
const TAIL_BYTES = 4 * 1024 * 1024;

interface Tail {
  inFlight: number;
  readonly wake: Wake;
  readonly ending: AbortController;
}

/** The connection that the tails share. */
interface Outlet {
  hasRoom(): boolean;
  send(id: number, bytes: Buffer): void;
  fail(id: number, error: unknown): void;
}

/** What a tail sends, until the signal ends it. */
type Pieces = (signal: AbortSignal) => AsyncIterable<Buffer>;

/** The tails of one client. Each of them waits until the client has taken the data on its way. */
export class ServedTails {
  readonly #outlet: Outlet;
  readonly #open = new Map<number, Tail>();

  constructor(outlet: Outlet) {
    this.#outlet = outlet;
  }

  async follow(id: number, pieces: Pieces): Promise<void> {
    const tail: Tail = { inFlight: 0, wake: new Wake(), ending: new AbortController() };
    const { signal } = tail.ending;
    this.#open.set(id, tail);
    try {
      for await (const bytes of pieces(signal)) {
        // Before, not after: otherwise many tails that catch up all have their next piece in hand when the socket is
        // full.
        while (!this.#hasRoom(tail) && !signal.aborted) await tail.wake.rung();
        if (signal.aborted) break;
        tail.inFlight += bytes.byteLength;
        this.#outlet.send(id, bytes);
      }
      // The log has ended it; otherwise the client would wait for ever.
      if (!signal.aborted) this.#outlet.fail(id, new LogError('closed', 'the tail was closed'));
    } catch (error) {
      if (!signal.aborted) this.#outlet.fail(id, error);
    } finally {
      this.#open.delete(id);
    }
  }

  /** The client has taken this many bytes of a tail. */
  taken(id: number, bytes: number): void {
    const tail = this.#open.get(id);
    if (!tail) return;
    tail.inFlight -= bytes;
    tail.wake.ring();
  }

  /** The connection may have room again. */
  wake(): void {
    for (const { wake } of this.#open.values()) wake.ring();
  }

  end(id: number): void {
    const tail = this.#open.get(id);
    tail?.ending.abort();
    tail?.wake.ring();
  }

  endAll(): void {
    for (const id of this.#open.keys()) this.end(id);
  }

  #hasRoom({ inFlight }: Tail): boolean {
    return inFlight < TAIL_BYTES && this.#outlet.hasRoom();
  }
}
