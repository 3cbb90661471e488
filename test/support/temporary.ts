import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface TemporaryFolder extends Disposable {
  readonly path: string;
}

/** A folder that is gone at the end of the `using` block. */
export function temporaryFolder(): TemporaryFolder {
  const folder = mkdtempSync(path.join(tmpdir(), 'topicast-'));
  return {
    path: folder,
    [Symbol.dispose]: () => remove(folder),
  };
}

const TRIES = 40;
const PAUSE_MS = 50;

/** A browser or a JVM that was just ended may still write to it, and `maxRetries` of Node 20 does not help then. */
function remove(folder: string): void {
  for (let tries = 1; ; tries++) {
    try {
      rmSync(folder, { recursive: true, force: true });
      return;
    } catch (error) {
      if (tries === TRIES) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    }
  }
}
