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

export const milliseconds = (value: number): Milliseconds => value as Milliseconds;
export const ticks90k = (value: number): Ticks90k => value as Ticks90k;
export const seconds = (value: number): Seconds => value as Seconds;
export const bytes = (value: number): Bytes => value as Bytes;
export const bitsPerSecond = (value: number): BitsPerSecond => value as BitsPerSecond;

export const TICKS_PER_SECOND = 90_000;
export const ticksToMs = (ticks: Ticks90k): Milliseconds => (ticks / 90) as Milliseconds;
export const ticksToSeconds = (ticks: Ticks90k): Seconds => (ticks / TICKS_PER_SECOND) as Seconds;
export const msToTicks = (ms: Milliseconds): Ticks90k => (ms * 90) as Ticks90k;
