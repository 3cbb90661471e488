import { readFile } from 'node:fs/promises';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { removeDurably, writeDurably } from './durable-file.js';

/**
 * We write the chunks without waiting for the disk. When they are acknowledged, the operating system has them. They
 * survive any end of this process, but not a power cut, after which LMDB's pages may be on the disk in any order. So we
 * mark the folder with the machine's boot while it is open. A mark of an earlier boot means that the machine went down
 * while the folder was open, and that the chunks cannot be trusted.
 */
const markerOf = (directory: string): string => join(directory, 'open-since-boot');

/** Mark the folder as open. Returns true if the machine went down the last time it was open. */
export async function markOpen(directory: string): Promise<boolean> {
  const boot = await bootIdentity();
  const before = await readFile(markerOf(directory), 'utf8').catch(() => undefined);
  if (before !== undefined && isSameBoot(before, boot)) return false;
  await writeDurably(markerOf(directory), boot);
  return before !== undefined;
}

/** After the chunks have been forced to the disk. */
export const markClosed = (directory: string): Promise<void> => removeDurably(markerOf(directory));

async function bootIdentity(): Promise<string> {
  try {
    return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  } catch {
    // On other systems than Linux: the minute of the boot, a difference of two clocks that may vary by one.
    return `minute ${Math.round((Date.now() / 1000 - uptime()) / 60)}`;
  }
}

function isSameBoot(a: string, b: string): boolean {
  const [minuteA, minuteB] = [a, b].map((text) => Number(/^minute (\d+)$/.exec(text)?.[1]));
  return a === b || Math.abs(minuteA! - minuteB!) <= 1;
}
