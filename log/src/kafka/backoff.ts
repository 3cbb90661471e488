import { setTimeout as delay } from 'node:timers/promises';

const FIRST_MS = 50;
const LONGEST_MS = 1_000;

/** Wait before attempt number `attempt` (from 0), with jitter; returns early, and without an error, on abort. */
export async function backOff(attempt: number, signal: AbortSignal): Promise<void> {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10));
  await delay(ceiling * (0.5 + Math.random() / 2), undefined, { signal, ref: true }).catch(() => undefined);
}
