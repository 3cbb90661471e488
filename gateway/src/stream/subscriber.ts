import type { Milliseconds } from '@topicast/contracts/units';

/** Why there will be no chunks: the topic has no such rendition, or the log cannot give what is in it. */
export type Unavailable = 'no-rendition' | 'unreadable';

/** How soon a viewer gets a chunk: as soon as it arrives, or several chunks at a time for less work. */
export type Pace = 'prompt' | 'economy';

/** Wants to know about new chunks. */
export interface Subscriber {
  readonly pace: Pace;
  /** There may be something to write; `now` is this process's monotonic time. */
  pump(now: Milliseconds): void;
  unavailable(why: Unavailable): void;
}

/** Subscribers of one pace. */
export interface Subscribers extends Iterable<Subscriber> {
  readonly size: number;
  add(subscriber: Subscriber): void;
  delete(subscriber: Subscriber): boolean;
  /** New chunks are there. */
  tell(): void;
  stop(): void;
}
