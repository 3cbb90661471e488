import type { LiveChunk } from './live-chunk.js';

/** Chunks that go out in one write: from `from` up to, but not including, `to`. */
export interface Run {
  readonly from: number;
  readonly to: number;
  readonly first: LiveChunk;
  readonly last: LiveChunk;
  /** The oldest of them that asks for an acknowledgement. */
  readonly asking: LiveChunk | undefined;
}

interface Window {
  readonly end: number;
  at(index: number): LiveChunk;
}

/** Pending chunks go into one write, up to this size. */
export const WRITE_BYTES = 256 * 1024;

/**
 * The longest run that begins at `from`. It ends before `until`, before a gap (which has to be announced first), and at
 * `WRITE_BYTES`, but has at least one chunk.
 */
function runFrom(window: Window, from: number, until: number): Run {
  const first = window.at(from);
  let last = first;
  let asking: LiveChunk | undefined;
  let bytes = 0;
  let index = from;
  let chunk = first;
  do {
    last = chunk;
    bytes += chunk.frame.byteLength;
    if (chunk.asksForAck) asking ??= chunk;
    index += 1;
    if (index === window.end || index === until) break;
    chunk = window.at(index);
  } while (!chunk.gap && bytes + chunk.frame.byteLength <= WRITE_BYTES);
  return { from, to: index, first, last, asking };
}

/**
 * The run that was asked for last. Nearly all viewers of a window are at the same place, so nearly all share it, and a
 * viewer costs the same however many chunks it gets.
 */
export class SharedRun {
  readonly #window: Window;
  #run: Run | undefined;
  #end = -1;

  constructor(window: Window) {
    this.#window = window;
  }

  from(from: number, until: number): Run {
    const run = this.#run;
    if (run && run.from === from && until >= run.to && this.#end === this.#window.end) return run;
    const next = runFrom(this.#window, from, until);
    // A run that was cut short is nobody else's.
    if (until >= this.#window.end) {
      this.#run = next;
      this.#end = this.#window.end;
    }
    return next;
  }
}
