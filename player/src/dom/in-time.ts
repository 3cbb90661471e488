import { PATIENCE_MS } from '../core/patience.js';

/** @returns undefined if the script does not load, or not soon */
export async function inTime<Script>(
  script: Promise<Script>,
  patienceMs = PATIENCE_MS,
): Promise<Script | undefined> {
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, patienceMs));
  return Promise.race([script.catch(() => undefined), late]);
}
