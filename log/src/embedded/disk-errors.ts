import { LogError } from '../chunk-log.js';

const NO_ROOM = new Set<unknown>([
  'ENOSPC',
  'EDQUOT',
  'EFBIG',
  // LMDB reports errno numbers, and 5 (EIO) for a write that was cut short by a full disk or a quota. A disk that
  // really fails looks the same.
  5,
  27,
  28,
  122,
  // MDB_MAP_FULL
  -30792,
]);

export const isNoRoom = (cause: unknown): boolean => NO_ROOM.has((cause as { code?: unknown }).code);

/** What a failed write to the data folder means for the caller. */
export function diskError(cause: unknown, directory: string): LogError {
  if (cause instanceof LogError) return cause;
  const { code, message } = cause as { code?: unknown; message?: string };
  if (isNoRoom(cause)) return noRoom(directory, cause);
  return code === 'ENOENT' || code === 'EROFS'
    ? new LogError('unavailable', `cannot write to ${directory} (${code}): ${ADVICE[code]}`, { cause })
    : new LogError('unavailable', `cannot write to ${directory}: ${message}`, { cause });
}

export const noRoom = (directory: string, cause?: unknown): LogError =>
  new LogError('full', `no room left for ${directory}: free some, or shorten the retention`, { cause });

const ADVICE = {
  ENOENT: 'the data folder was deleted; restart Topicast, or set TOPICAST_DATA_DIR to another folder',
  EROFS: 'its disk is read-only; make it writable, or set TOPICAST_DATA_DIR to another folder',
};
