import { setTimeout as sleep } from 'node:timers/promises';
import { type Backoff, pauseAfter } from '@topicast/contracts/backoff';
import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import { type Message, post, type Receiver } from '@topicast/sources/webhook';

/** What is sent by all receivers of a process together. */
export interface WebhookCounts {
  sent: number;
  /** Attempts that failed. */
  failed: number;
  /** Events that were given up because they were too old. */
  dropped: number;
}

export const BACKOFF: Backoff = { first: milliseconds(1_000), longest: milliseconds(60_000) };
const ANSWER_WITHIN = milliseconds(5_000);
/** What a receiver has not taken in this time is of no use any more. */
const WORTH_FOR = milliseconds(24 * 3_600_000);

interface DeliveryOptions {
  readonly receiver: Receiver;
  /** When the event happened, by the log's clock. */
  readonly happened: Milliseconds;
  readonly counts: WebhookCounts;
  readonly backoff: Backoff;
  readonly answerWithin?: Milliseconds;
  readonly onFailure: (problem: string) => void;
}

/**
 * Send one message until its receiver has taken it, which it says with a status of 200 to 299, or until it is too old.
 * @returns whether it was taken
 * @throws the signal's reason
 */
export async function deliver(
  message: Message,
  { receiver, happened, counts, backoff, answerWithin = ANSWER_WITHIN, onFailure }: DeliveryOptions,
  signal: AbortSignal,
): Promise<boolean> {
  for (let failures = 0; Milliseconds.sub(Milliseconds.wallClock(), happened) < WORTH_FOR; failures += 1) {
    const problem = await attempt(receiver, message, answerWithin, signal);
    if (problem === undefined) {
      counts.sent += 1;
      return true;
    }
    counts.failed += 1;
    onFailure(problem);
    await sleep(pauseAfter(backoff, failures, Math.random()), undefined, { signal });
  }
  counts.dropped += 1;
  return false;
}

/** @returns why the receiver has not taken it */
async function attempt(
  receiver: Receiver,
  message: Message,
  within: Milliseconds,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const status = await post(receiver, message, { within, signal });
    return status >= 200 && status < 300 ? undefined : `it answered ${status}`;
  } catch (error) {
    signal.throwIfAborted();
    return error instanceof Error ? error.message : String(error);
  }
}
