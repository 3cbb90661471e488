import { execFileSync } from 'node:child_process';
import { type Chunk, Chunker } from '@topicast/media/mpegts';
import { FFMPEG } from '@topicast/test/ffprobe';

interface Film {
  /** ffmpeg's arguments that open the inputs. */
  readonly inputs: readonly string[];
  readonly seconds: number;
  readonly outputs?: readonly string[];
}

/** Chunks of a film that ffmpeg makes, with a keyframe each second. */
export function filmOf({ inputs, seconds, outputs = [] }: Film): Chunk[] {
  const transport = execFileSync(
    FFMPEG,
    [
      ...['-v', 'error', ...inputs, '-t', String(seconds), '-pix_fmt', 'yuv420p'],
      ...[
        '-c:v',
        'libx264',
        '-preset',
        'ultrafast',
        '-tune',
        'zerolatency',
        '-force_key_frames',
        'expr:gte(t,n_forced)',
      ],
      ...['-c:a', 'aac', '-omit_video_pes_length', '0', ...outputs, '-f', 'mpegts', 'pipe:1'],
    ],
    { maxBuffer: 100_000_000 },
  );
  const chunks: Chunk[] = [];
  const chunker = new Chunker((chunk) => chunks.push(chunk));
  chunker.push(transport);
  return chunks;
}

const source = (filter: string): string[] => ['-f', 'lavfi', '-i', filter];
export const MOVING = source('testsrc2=s=320x180:r=10');
export const STILL = source('smptebars=s=320x180:r=10');
export const BLACK = source('color=black:s=320x180:r=10');
/** Some -21 LUFS. */
export const TONE = source('sine=f=440:r=48000:b=4');
export const SILENCE = source('anullsrc=r=48000:cl=stereo');
export const NOISE = source('anoisesrc=r=48000:a=1');
export const WHISPER = source('sine=f=440:r=48000,volume=-24dB');
