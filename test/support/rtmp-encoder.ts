import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { endWithUs } from './end-with-us.js';
import { FFMPEG } from './ffprobe.js';

const PICTURE = '-re -f lavfi -i testsrc2=s=320x180:r=30';
const SOUND = '-re -f lavfi -i sine=f=440:r=48000';
const AAC = '-c:a aac -b:a 96k';
export const LIVE_X264 = '-c:v libx264 -preset ultrafast -tune zerolatency -g 30 -pix_fmt yuv420p';

/** Why this ffmpeg cannot send HEVC by RTMP; undefined if it can. It can since 6.1. */
export const enhancedRtmpUnavailable = ((): string | undefined => {
  const said = execFileSync(FFMPEG, ['-hide_banner', '-h', 'protocol=rtmp'], { encoding: 'utf8' });
  return said.includes('rtmp_enhanced_codecs') ? undefined : 'this ffmpeg is older than 6.1';
})();

/** An ffmpeg that publishes by RTMP, as OBS does. */
export interface RtmpEncoder extends AsyncDisposable {
  readonly child: ChildProcess;
  /** Its last words. */
  readonly said: () => string;
  readonly ended: Promise<unknown>;
}

/** @param codecs of the picture and the sound; no sound if there is none for it */
export function startRtmpEncoder(
  address: string,
  {
    video = LIVE_X264,
    audio = AAC,
    ffmpeg = FFMPEG,
  }: { video?: string; audio?: string; ffmpeg?: string } = {},
): RtmpEncoder {
  const inputs = audio === '' ? PICTURE : `${PICTURE} ${SOUND}`;
  const options = `-v verbose -nostdin ${inputs} ${video} ${audio} -f flv ${address}`;
  const child = spawn(ffmpeg, options.trim().split(/\s+/), { stdio: ['ignore', 'ignore', 'pipe'] });
  endWithUs(child);
  let said = '';
  child.stderr.on('data', (text: Buffer) => {
    said = (said + text).slice(-20_000);
  });
  const ended = once(child, 'close');
  return {
    child,
    said: () => said,
    ended,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
