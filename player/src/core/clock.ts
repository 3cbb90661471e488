import type { PathDelays } from '@topicast/contracts/server-message';
import { type Milliseconds, milliseconds } from '@topicast/contracts/units';

/** Common to pages and workers, but not declared by any library that this folder is compiled with. */
declare const performance: { readonly timeOrigin: number; now(): number };

/** The viewer's wall clock, which never goes back while the page lives; it is the same in the worker and the page. */
export const wallClockNow = (): Milliseconds => milliseconds(performance.timeOrigin + performance.now());

/** One exchange: the viewer's clock at both ends of it, and the gateway's in between. */
export interface ClockSample {
  readonly sent: Milliseconds;
  readonly received: Milliseconds;
  readonly gateway: Milliseconds;
}

export interface ClockEstimate {
  /** Add it to the viewer's clock to get the gateway's. */
  readonly offset: Milliseconds;
  /** Of the best exchange; the estimate is wrong by at most half of it. */
  readonly roundTrip: Milliseconds;
  /** As the gateway said last. */
  readonly delays?: PathDelays | undefined;
}

/** At one exchange every 3 s: half a minute, in which a clock that is 100 ppm off drifts 3 ms. */
const KEPT_SAMPLES = 10;

const roundTrip = (sample: ClockSample): number => sample.received - sample.sent;

export const addClockSample = (
  samples: readonly ClockSample[],
  sample: ClockSample,
): readonly ClockSample[] => (roundTrip(sample) < 0 ? samples : [...samples.slice(1 - KEPT_SAMPLES), sample]);

/**
 * The clock filter of NTP (RFC 5905 10): of the recent exchanges, the one with the shortest round trip was delayed
 * least and is the most accurate.
 */
export function estimateClock(samples: readonly ClockSample[]): ClockEstimate | undefined {
  const [first, ...rest] = samples;
  if (!first) return undefined;
  const best = rest.reduce((a, b) => (roundTrip(b) < roundTrip(a) ? b : a), first);
  return {
    offset: milliseconds(best.gateway - (best.sent + best.received) / 2),
    roundTrip: milliseconds(roundTrip(best)),
  };
}
