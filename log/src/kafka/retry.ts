import { setTimeout as sleep } from 'node:timers/promises';
import { jittered } from '@topicast/contracts/backoff';
import { milliseconds } from '@topicast/contracts/units';
import { LogError } from '../chunk-log.js';
import { Transient } from './errors.js';

const PAUSE = milliseconds(90);

interface Patience {
  /** Give up after this time with `unavailable`; absent: never. */
  readonly limitMs?: number;
  /** Rejects with the signal's reason. */
  readonly signal: AbortSignal;
}

/** Try until it works or fails for good. This is the only place that repeats requests to Kafka. */
export async function retry<T>(attempt: () => Promise<T>, { limitMs, signal }: Patience): Promise<T> {
  const limit = limitMs === undefined ? Infinity : performance.now() + limitMs;
  for (;;) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Transient)) throw error;
      if (performance.now() > limit) {
        throw new LogError('unavailable', `${error.message}; try again later`, { cause: error });
      }
      await pause(signal);
    }
  }
}

/** A short, jittered wait. */
export async function pause(signal: AbortSignal): Promise<void> {
  try {
    await sleep(jittered(PAUSE, Math.random()), undefined, { signal });
  } catch {
    signal.throwIfAborted();
  }
}
