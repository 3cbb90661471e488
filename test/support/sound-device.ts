import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { until } from './poll.js';
import { temporaryFolder } from './temporary.js';

/** Why there is no sound device; empty if there is one. */
export const soundDeviceUnavailable = ((): string => {
  try {
    execFileSync('/bin/sh', ['-c', 'command -v pulseaudio']);
    return '';
  } catch {
    return 'there is no pulseaudio';
  }
})();

export interface SoundDevice extends AsyncDisposable {
  /** For the programs that are to use it. */
  readonly environment: Readonly<Record<string, string>>;
}

/** A sound device that nobody hears, for browsers whose audio contexts do not run without one. */
export async function startSoundDevice(): Promise<SoundDevice> {
  const folder = temporaryFolder();
  const socket = path.join(folder.path, 'socket');
  const modules = ['module-null-sink', `module-native-protocol-unix socket=${socket} auth-anonymous=1`];
  const child = spawn(
    'pulseaudio',
    ['-n', '--daemonize=no', '--exit-idle-time=-1', ...modules.flatMap((module) => ['-L', module])],
    { stdio: 'ignore', env: { ...process.env, XDG_RUNTIME_DIR: folder.path, HOME: folder.path } },
  );
  await until('there is a sound device', async () => existsSync(socket));
  return {
    environment: { PULSE_SERVER: `unix:${socket}` },
    async [Symbol.asyncDispose]() {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      folder[Symbol.dispose]();
    },
  };
}
