import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 2_000;

/** A file as it was at one moment. */
export interface FileStamp {
  readonly path: string;
  /** Of what changes when it is written, replaced, or given other rights. */
  readonly mark: string;
}

export async function stampOf(path: string): Promise<FileStamp> {
  const mark = await stat(path).then(
    ({ ino, size, mtimeMs, ctimeMs }) => [ino, size, mtimeMs, ctimeMs].join(),
    (error: NodeJS.ErrnoException) => error.code ?? 'unknown',
  );
  return { path, mark };
}

/**
 * Resolves when the file is not what it was and nobody seems to be writing it, or with the signal. It is looked at again
 * and again, because network drives tell of no change.
 */
export async function fileChange({ path, mark }: FileStamp, signal: AbortSignal): Promise<void> {
  for (let last = mark; !signal.aborted; ) {
    const now = (await stampOf(path)).mark;
    if (now !== mark && now === last) return;
    last = now;
    await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}
