import { type Milliseconds, milliseconds } from '@topicast/contracts/units';

const WINDOW = milliseconds(60_000);
/** One a second: an encoder that tries again and again with an old key stays below it. */
const MAX_FAILURES = 60;
const MAX_ADDRESSES = 10_000;

interface Entry {
  readonly since: Milliseconds;
  failures: number;
}

/** Counts wrong keys by address, for a minute. Pure: it gets the time from its caller. */
export class Attempts {
  /** In the order of their beginning. */
  readonly #entries = new Map<string, Entry>();

  isBlocked(address: string, now: Milliseconds): boolean {
    return (this.#current(address, now)?.failures ?? 0) >= MAX_FAILURES;
  }

  fail(address: string, now: Milliseconds): void {
    const key = networkOf(address);
    const entry = this.#current(address, now);
    if (entry) {
      entry.failures++;
      return;
    }
    this.#entries.delete(key);
    // The oldest one makes room: more addresses than that are no mistake of somebody's encoder.
    const [oldest] = this.#entries.keys();
    if (this.#entries.size >= MAX_ADDRESSES && oldest !== undefined) this.#entries.delete(oldest);
    this.#entries.set(key, { since: now, failures: 1 });
  }

  #current(address: string, now: Milliseconds): Entry | undefined {
    const entry = this.#entries.get(networkOf(address));
    return entry && now - entry.since < WINDOW ? entry : undefined;
  }
}

/** One person has all addresses of an IPv6 network of 64 bits. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !address.includes(':')) return mapped ?? address;
  const [head = '', tail] = address.split('%')[0]!.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros =
    tail === undefined ? [] : Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0');
  return [...before, ...zeros, ...after].slice(0, 4).join(':');
}
