import { setTimeout as sleep } from 'node:timers/promises';
import { type Backoff, pauseAfter } from '@topicast/contracts/backoff';
import { milliseconds } from '@topicast/contracts/units';
import type { Logger } from 'pino';
import { LogError } from './chunk-log.js';

const BACKOFF: Backoff = { first: milliseconds(500), longest: milliseconds(30_000) };

/**
 * Do it, and repeat it while the log does not answer.
 * @throws the signal's reason, and any error that repeating does not cure
 */
export async function untilLogAnswers<T>(
  attempt: () => Promise<T>,
  { logger, signal, backoff = BACKOFF }: { logger: Logger; signal: AbortSignal; backoff?: Backoff },
): Promise<T> {
  for (let failures = 0; ; failures++) {
    try {
      return await orAborted(attempt, signal);
    } catch (error) {
      if (!(error instanceof LogError && error.code === 'unavailable')) throw error;
      const pauseMs = Math.round(pauseAfter(backoff, failures, Math.random()));
      logger.warn({ reason: error.message, pauseMs }, 'the log does not answer: the program tries again');
      await sleep(pauseMs, undefined, { signal });
    }
  }
}

/** An attempt can take half a minute; ending the program does not wait for that. */
async function orAborted<T>(attempt: () => Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const settled = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true, signal: settled.signal });
  });
  try {
    return await Promise.race([attempt(), aborted]);
  } finally {
    settled.abort();
  }
}
