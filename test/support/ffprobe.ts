import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from './temporary.js';

const run = promisify(execFile);
export const FFMPEG = process.env.FFMPEG_PATH || 'ffmpeg';

/** What a decoder makes of these bytes: pictures and audio frames, and its complaints. */
export async function decode(
  bytes: Uint8Array,
): Promise<{ pictures: number; complaints: string[]; hasAudio: boolean }> {
  using folder = temporaryFolder();
  const file = path.join(folder.path, 'stream.ts');
  await writeFile(file, bytes);
  // ffmpeg itself: the one from npm comes without ffprobe.
  const { stderr } = await run(
    FFMPEG,
    ['-nostdin', '-hide_banner', '-loglevel', 'info', '-i', file, '-map', '0', '-f', 'null', '-'],
    { maxBuffer: 1 << 26 },
  );
  const pictures = Number([...stderr.matchAll(/frame=\s*(\d+)/g)].at(-1)?.[1] ?? 0);
  const complaints = stderr
    .split('\n')
    .filter((line) => /corrupt|error|missing|invalid|non-existing/i.test(line));
  return { pictures, complaints, hasAudio: /Stream #0.*Audio/.test(stderr) };
}
