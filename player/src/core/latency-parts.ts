import type { PathDelays } from '@topicast/contracts/server-message';
import type { Milliseconds } from '@topicast/contracts/units';
import type { LatencyParts } from './types.js';

interface Measured {
  /** The whole: the age of the picture on the screen. */
  readonly latency: Milliseconds;
  /** The age of chunks when they arrive here. */
  readonly arrival: Milliseconds;
  /** The gateway's word about the first part of the way; undefined if it does not say. */
  readonly delays: PathDelays | undefined;
  /** Of decoding, and of the way from the decoder to the screen. */
  readonly screen: Milliseconds;
}

/**
 * Splits the latency. The parts are measured at three places and at different moments, so two of them are what is left:
 * the network between the log and the player's arrivals, and the buffer between those and the screen.
 */
export function latencyParts({ latency, arrival, delays, screen }: Measured): LatencyParts {
  const screenMs = within(screen, latency - arrival);
  const bufferMs = latency - arrival - screenMs;
  if (!delays) return { deliveryMs: arrival, bufferMs, screenMs };
  // No part may be longer than the way that it belongs to, whatever the clocks of the hosts say.
  const logMs = within(delays.log, arrival);
  const encoderMs = within(delays.encoder, arrival - logMs);
  return { encoderMs, logMs, networkMs: arrival - logMs - encoderMs, bufferMs, screenMs };
}

const within = (value: number, most: number): number => Math.max(0, Math.min(value, most));
