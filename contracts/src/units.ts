/** Branded numbers: the compiler refuses to mix them. Make one with the function of the same name. */
declare const unit: unique symbol;
type Unit<Name extends string> = number & { readonly [unit]: Name };

/** A duration or a wall clock in milliseconds; a wall clock counts from the Unix epoch, UTC. */
export type Milliseconds = Unit<'ms'>;
/** 90 kHz ticks of the MPEG-TS system (ISO 13818-1 2.4.3.6), unwrapped: more than 33 bits, never going round. */
export type Ticks90k = Unit<'90kHz'>;
export type Seconds = Unit<'s'>;
export type Bytes = Unit<'bytes'>;
export type BitsPerSecond = Unit<'bit/s'>;

// Function statements and no arrows: the player's bundler drops the calls of a statement that returns what it got.
export function milliseconds(value: number): Milliseconds {
  return value as Milliseconds;
}
export function ticks90k(value: number): Ticks90k {
  return value as Ticks90k;
}
export function seconds(value: number): Seconds {
  return value as Seconds;
}
export function bytes(value: number): Bytes {
  return value as Bytes;
}
export function bitsPerSecond(value: number): BitsPerSecond {
  return value as BitsPerSecond;
}

/** Common to browsers and Node.js, but not declared by any library that this package is compiled with. */
declare const performance: { now(): number };

/**
 * Arithmetic that keeps the unit: the compiler refuses operands of different units, and the result needs no wrapping.
 */
const arithmetic = <U extends number>() => ({
  zero: 0 as U,
  /** Before every moment. */
  never: Number.NEGATIVE_INFINITY as U,
  add: (a: U, b: U): U => (a + b) as U,
  sub: (a: U, b: U): U => (a - b) as U,
  /** @param factor a plain number, because the product of two times is not a time */
  scale: (a: U, factor: number): U => (a * factor) as U,
  min: (...values: readonly U[]): U => Math.min(...values) as U,
  max: (...values: readonly U[]): U => Math.max(...values) as U,
});

/** Helpers with the same name as the type: `Milliseconds.sub(Milliseconds.now(), startedAt)`. */
export const Milliseconds = {
  ...arithmetic<Milliseconds>(),
  /** Monotonic, for durations; counts from the start of the page, the worker or the process. */
  now: (): Milliseconds => performance.now() as Milliseconds,
  /** Counts from the Unix epoch, UTC, and jumps when somebody sets the clock. */
  wallClock: (): Milliseconds => Date.now() as Milliseconds,
  ofSeconds: (value: Seconds): Milliseconds => (value * 1000) as Milliseconds,
};

/** Helpers with the same name as the type. */
export const Seconds = {
  ...arithmetic<Seconds>(),
  ofMilliseconds: (value: Milliseconds): Seconds => (value / 1000) as Seconds,
};

export const TICKS_PER_SECOND = 90_000;
export const ticksToMs = (ticks: Ticks90k): Milliseconds => (ticks / 90) as Milliseconds;
export const ticksToSeconds = (ticks: Ticks90k): Seconds => (ticks / TICKS_PER_SECOND) as Seconds;
