import { spawnSync } from 'node:child_process';

const FFMPEG = process.env.FFMPEG_PATH || 'ffmpeg';

/** Hashes of all frames that ffmpeg decodes from a track, in presentation order: what a viewer would see or hear. */
export function decodedFrames(bytes: Uint8Array, track: 'video' | 'audio'): string[] {
  const { status, stdout } = spawnSync(
    FFMPEG,
    `-v error -nostdin -i pipe:0 -map 0:${track[0]} -fps_mode passthrough -f framemd5 pipe:1`.split(' '),
    { input: bytes, maxBuffer: 1 << 28, stdio: ['pipe', 'pipe', 'inherit'] },
  );
  if (status !== 0) throw new Error(`ffmpeg ended with ${status}`);
  const lines = stdout.toString().split('\n');
  return lines.filter((line) => line && !line.startsWith('#')).map((line) => line.split(',').at(-1)!.trim());
}
