import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { FFMPEGS } from './film.js';

/** Pictures and sound as they are made, sent to an address as OBS would; what OBS does not send goes in between. */
export function sendLive(
  address: string,
  options: { readonly video?: string; readonly picture?: string } = {},
): AsyncDisposable & { readonly gone: () => boolean } {
  const {
    video = '-c:v libx264 -preset ultrafast -tune zerolatency -pix_fmt yuv420p',
    picture = 'testsrc2=s=320x180:r=25',
  } = options;
  const format = address.startsWith('rtmp') ? 'flv' : address.startsWith('rtsp') ? 'rtsp' : 'mpegts';
  const child: ChildProcess = spawn(
    FFMPEGS[0]!.path,
    [
      ...['-v', 'error', '-nostdin', '-re', '-f', 'lavfi', '-i', picture],
      ...['-re', '-f', 'lavfi', '-i', 'sine=f=440:r=48000', ...video.split(' '), '-g', '25'],
      ...['-c:a', 'aac', '-f', format, address],
    ],
    { stdio: 'ignore' },
  );
  const gone = (): boolean => child.exitCode !== null || child.signalCode !== null;
  return {
    gone,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      if (!gone()) await once(child, 'exit');
    },
  };
}
