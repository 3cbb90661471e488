import { LogError } from '../chunk-log.js';

const FULL = new Set<unknown>([
  'ENOSPC',
  'EDQUOT',
  'EFBIG',
  // LMDB gives the numbers of errno, and 5 (EIO) for a write that was cut short, as a full disk or a quota does it.
  // A disk that truly fails looks the same.
  5,
  27,
  28,
  122,
  // MDB_MAP_FULL
  -30792,
]);

/** What a failed write to the data folder means for the caller. */
export function diskError(cause: unknown, directory: string): LogError {
  const { code, message } = cause as { code?: unknown; message?: string };
  return FULL.has(code)
    ? new LogError(
        'full',
        `no room left for ${directory} (${message}): free some, or shorten the retention`,
        { cause },
      )
    : new LogError('unavailable', `cannot write to ${directory}: ${message}`, { cause });
}
