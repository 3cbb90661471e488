import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FFMPEG } from './ffprobe.js';

interface Footage {
  readonly path: string;
  /** `real`: from TOPICAST_TEST_MEDIA; `generated` if that is not set. */
  readonly origin: 'real' | 'generated';
}

const RECIPES = {
  'tears-of-steel-clip.webm': '-c:v libvpx -deadline realtime -b:v 1M -c:a libvorbis',
  'flower.mp4': '-c:v libx264 -bf 2 -g 60 -pix_fmt yuv420p -c:a aac',
};

/** A film clip (VP8, Vorbis) or a camera clip (H.264 with B-frames, AAC); generated ones of the same kind without the footage. */
export function footage(name: keyof typeof RECIPES, ffmpeg = FFMPEG): Footage {
  const folder = process.env.TOPICAST_TEST_MEDIA;
  if (folder && existsSync(path.join(folder, name))) return { path: path.join(folder, name), origin: 'real' };
  const made = path.join(tmpdir(), 'topicast-footage', name);
  if (!existsSync(made)) {
    mkdirSync(path.dirname(made), { recursive: true });
    // Tests run side by side, and none may see half a clip.
    const making = path.join(path.dirname(made), `${randomUUID()}-${name}`);
    const inputs = '-f lavfi -i testsrc2=s=640x360:r=24 -f lavfi -i sine=f=330:r=44100 -t 5';
    execFileSync(ffmpeg, `-v error -nostdin ${inputs} ${RECIPES[name]} ${making}`.split(' '));
    renameSync(making, made);
  }
  return { path: made, origin: 'generated' };
}
