import { setTimeout as sleep } from 'node:timers/promises';
import { LogError } from '@topicast/log';
import type { Logger } from 'pino';
import { Backoff } from './backoff.js';

/**
 * Do it, and repeat it while the log does not answer.
 * @throws the signal's reason, and any error that repeating does not cure
 */
export async function untilLogAnswers<T>(
  attempt: () => Promise<T>,
  { logger, signal, backoff = new Backoff() }: { logger: Logger; signal: AbortSignal; backoff?: Backoff },
): Promise<T> {
  for (;;) {
    try {
      return await orAborted(attempt, signal);
    } catch (error) {
      if (!(error instanceof LogError && error.code === 'unavailable')) throw error;
      const pauseMs = Math.round(backoff.next(0));
      logger.warn({ reason: error.message, pauseMs }, 'the log does not answer: the producer will try again');
      await sleep(pauseMs, undefined, { signal });
    }
  }
}

/** An attempt can take half a minute; ending the producer does not wait for that. */
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
