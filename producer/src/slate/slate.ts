import { Milliseconds, milliseconds, type Ticks90k, ticks90k, ticksToMs } from '@topicast/contracts/units';
import type { Reel } from './reel.js';
import { SlateWriter } from './slate-writer.js';

/** A process that was stopped for longer does not make up for it: nobody wants hours of a slate at once. */
const LONGEST_LAG = milliseconds(2_000);

/** Shows a reel at the pace of the time, from its construction until it is closed. */
export class Slate {
  readonly #writer: SlateWriter;
  readonly #onBytes: (bytes: Uint8Array) => void;
  #begun = Milliseconds.now();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** @param from the time stamp of its first picture */
  constructor(reel: Reel, from: Ticks90k, onBytes: (bytes: Uint8Array) => void) {
    this.#writer = new SlateWriter(reel, from);
    this.#onBytes = onBytes;
    this.#timer = setTimeout(() => this.#run());
  }

  /** See the writer's. */
  use(reel: Reel): void {
    this.#writer.use(reel);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #run(): void {
    const now = Milliseconds.now();
    const due = Milliseconds.add(this.#begun, ticksToMs(this.#writer.next));
    if (Milliseconds.sub(now, due) > LONGEST_LAG)
      this.#begun = Milliseconds.add(this.#begun, Milliseconds.sub(now, due));
    const elapsed = Milliseconds.sub(now, this.#begun);
    for (const bytes of this.#writer.upTo(ticks90k(elapsed * 90))) this.#onBytes(bytes);
    if (this.#isClosed) return;
    const wait = Milliseconds.sub(
      Milliseconds.add(this.#begun, ticksToMs(this.#writer.next)),
      Milliseconds.now(),
    );
    this.#timer = setTimeout(() => this.#run(), Math.max(1, wait));
  }
}
