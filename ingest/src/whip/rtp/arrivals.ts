import { Milliseconds } from '@topicast/contracts/units';
import { Unwrap } from './unwrap.js';

/** Sent ten times a second, so this is 5,000 packets a second. */
const MAX_REPORTED = 500;
const TICK_MS = 0.25;
const REFERENCE_TICKS = 256;
const SYMBOLS_A_CHUNK = 7;
const TWO_BITS = 0xc000;

/** Zero bytes, one unsigned, two signed. */
const NOT_RECEIVED = 0;
const SMALL = 1;
const LARGE = 2;

/**
 * Collects when packets arrived, and tells their sender, which finds from it how much the network carries
 * (draft-holmer-rmcat-transport-wide-cc-extensions-01, 3.1). Without it, browsers stay at some 300 kbit/s for long:
 *
 *   source 32 | first number 16 | count 16 | reference time 24, in 64 ms | count of reports 8 |
 *   chunks of 16: 11, seven symbols of 2 bits each | differences of times in 250 us
 */
export class Arrivals {
  readonly #numbers = new Unwrap(16);
  readonly #times = new Map<number, Milliseconds>();
  #next: number | undefined;
  #highest = Number.NEGATIVE_INFINITY;
  #reports = 0;
  readonly #epoch = Milliseconds.now();

  add(transportSequence: number, now: Milliseconds): void {
    const number = this.#numbers.next(transportSequence);
    this.#next ??= number;
    // What comes after its report is lost for the sender's purpose.
    if (number < this.#next) return;
    this.#highest = Math.max(this.#highest, number);
    if (this.#times.size < MAX_REPORTED) this.#times.set(number, Milliseconds.sub(now, this.#epoch));
  }

  /** About all packets since the report before; undefined if there are none. */
  report(source: number): Buffer | undefined {
    if (this.#next === undefined || this.#times.size === 0) return undefined;
    const first = Math.max(this.#next, this.#highest - MAX_REPORTED + 1);
    const times = Array.from({ length: this.#highest - first + 1 }, (_, i) => this.#times.get(first + i));
    const firstTime = times.find((time) => time !== undefined) ?? Milliseconds.zero;
    this.#next = this.#highest + 1;
    this.#times.clear();

    const reference = Math.max(0, Math.floor(firstTime / TICK_MS / REFERENCE_TICKS));
    const { symbols, differences } = coded(times, reference * REFERENCE_TICKS);
    const chunks = Buffer.alloc(Math.ceil(symbols.length / SYMBOLS_A_CHUNK) * 2);
    for (let at = 0; at < symbols.length; at += SYMBOLS_A_CHUNK) {
      const seven = symbols.slice(at, at + SYMBOLS_A_CHUNK);
      const bits = seven.reduce((sum, symbol, i) => sum | (symbol << (12 - 2 * i)), 0);
      chunks.writeUInt16BE(TWO_BITS | bits, (at / SYMBOLS_A_CHUNK) * 2);
    }
    const head = Buffer.alloc(12);
    head.writeUInt32BE(source, 0);
    head.writeUInt16BE(first % 65_536, 4);
    head.writeUInt16BE(symbols.length, 6);
    head.writeUIntBE(reference % 2 ** 24, 8, 3);
    head[11] = this.#reports++ % 256;
    return Buffer.concat([head, chunks, Buffer.from(differences)]);
  }
}

function coded(
  times: readonly (Milliseconds | undefined)[],
  since: number,
): { readonly symbols: number[]; readonly differences: number[] } {
  let last = since;
  const symbols: number[] = [];
  const differences: number[] = [];
  for (const time of times) {
    if (time === undefined) {
      symbols.push(NOT_RECEIVED);
      continue;
    }
    const ticks = Math.round(time / TICK_MS);
    const difference = Math.max(-32_768, Math.min(32_767, ticks - last));
    last += difference;
    const isSmall = difference >= 0 && difference <= 255;
    symbols.push(isSmall ? SMALL : LARGE);
    if (isSmall) differences.push(difference);
    else differences.push((difference >> 8) & 0xff, difference & 0xff);
  }
  return { symbols, differences };
}
