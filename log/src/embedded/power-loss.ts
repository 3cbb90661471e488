import { readFile } from 'node:fs/promises';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { removeDurably, writeDurably } from './durable-file.js';

/**
 * The chunks are written without waiting for the disk: they are in the operating system's care when they are
 * acknowledged, which outlives any end of this process, but not a power cut, after which LMDB's pages may be on the
 * disk in any order. So the folder is marked with the machine's boot while it is open: marked by an earlier boot means
 * that the machine went down while it was open, and that the chunks cannot be trusted.
 */
const markerOf = (directory: string): string => join(directory, 'open-since-boot');

/** Mark the folder as open. True if the machine went down the last time it was. */
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
    // Elsewhere than on Linux: the minute of the boot, which is a difference of two clocks and so may vary by one.
    return `minute ${Math.round((Date.now() / 1000 - uptime()) / 60)}`;
  }
}

function isSameBoot(a: string, b: string): boolean {
  const [minuteA, minuteB] = [a, b].map((text) => Number(/^minute (\d+)$/.exec(text)?.[1]));
  return a === b || Math.abs(minuteA! - minuteB!) <= 1;
}
