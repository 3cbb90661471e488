import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@topicast/test/temporary';

// The library for programs with threads; Debian's package `libfaketime`.
const LIBRARY = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1';
const HOUR_SECONDS = 3600;

/** Why a process's wall clock cannot be set here, found out by trying. */
export function fakeClockUnavailable(): string | undefined {
  using folder = temporaryFolder();
  const file = join(folder.path, 'clock');
  setFakeClock(file, HOUR_SECONDS);
  const env = { ...process.env, ...fakeClockEnvironment(file) };
  const { stdout } = spawnSync(process.execPath, ['-p', 'Date.now()'], { env, encoding: 'utf8' });
  const isAhead = Number(stdout) - Date.now() > (HOUR_SECONDS / 2) * 1000;
  return isAhead ? undefined : `libfaketime does not work here (${LIBRARY})`;
}

/**
 * For a process whose wall clock is off by what the file says, even when that changes; its monotonic clock is right.
 */
export const fakeClockEnvironment = (file: string): Record<string, string> => ({
  LD_PRELOAD: LIBRARY,
  FAKETIME_TIMESTAMP_FILE: file,
  FAKETIME_NO_CACHE: '1',
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
});

/** Set the clocks that follow this file ahead by this many seconds. */
export const setFakeClock = (file: string, seconds: number): void => writeFileSync(file, `+${seconds}\n`);
