import { type Milliseconds, milliseconds } from '@topicast/contracts/units';

/** A place on the media timeline that moves with the time. */
export interface MediaClock {
  readonly media: Milliseconds;
  /** Monotonic. */
  readonly at: Milliseconds;
  readonly rate: number;
}

export const mediaAt = ({ media, at, rate }: MediaClock, now: Milliseconds): Milliseconds =>
  milliseconds(media + (now - at) * rate);

/** When this place is reached. */
export const dueAt = ({ media, at, rate }: MediaClock, place: Milliseconds): Milliseconds =>
  milliseconds(at + (place - media) / rate);

/** The same place at another rate from now on. */
export const withRate = (clock: MediaClock, now: Milliseconds, rate: number): MediaClock => ({
  media: mediaAt(clock, now),
  at: now,
  rate,
});

/** Timers are not more exact than this. */
const EARLY_MS = 1;
/** A late picture is left out if a newer one is about to come, but not for longer than this. */
const PATIENCE_MS = 100;

export interface ReleaseSample {
  readonly now: Milliseconds;
  readonly clock: MediaClock;
  /** The presentation times of the decoded pictures, in their order. */
  readonly decoded: readonly Milliseconds[];
  /** Of the next picture that is still to be decoded. */
  readonly coming: Milliseconds | undefined;
  /** When a picture was released last, or when the first one was expected. */
  readonly releasedAt: Milliseconds;
}

export interface Release {
  /** So many of the decoded pictures are over. */
  readonly skip: number;
  /** Whether to show the first of the others now. */
  readonly show: boolean;
  /** When to look again; undefined: when another picture is decoded. */
  readonly next: Milliseconds | undefined;
}

/**
 * Which decoded picture to show now. Each one is shown when it is due, and a late one at once. Of several that are due,
 * the newest is shown: after a gap, what came late is decoded without being shown, up to the live edge.
 */
export function decideRelease({ now, clock, decoded, coming, releasedAt }: ReleaseSample): Release {
  const until = milliseconds(mediaAt(clock, now) + EARLY_MS);
  const firstLater = decoded.findIndex((time) => time > until);
  const due = firstLater < 0 ? decoded.length : firstLater;
  const later = decoded[due];
  const next = later === undefined ? undefined : dueAt(clock, later);
  if (due === 0) return { skip: 0, show: false, next };
  const isOver = coming !== undefined && coming <= until && now - releasedAt < PATIENCE_MS;
  return isOver ? { skip: due, show: false, next } : { skip: due - 1, show: true, next };
}
