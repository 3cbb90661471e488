import { execFile, execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from './temporary.js';

const run = promisify(execFile);
export const FFMPEG = process.env.FFMPEG_PATH || 'ffmpeg';

/** Old builds, like the one from npm, lack some. */
export const hasEncoder = (name: string): boolean =>
  execFileSync(FFMPEG, ['-hide_banner', '-encoders'], { encoding: 'utf8' }).includes(` ${name} `);

interface Decoded {
  readonly pictures: number;
  /** As `1280x720`. */
  readonly size: string | undefined;
  readonly hasAudio: boolean;
  readonly complaints: string[];
}

/** What a decoder finds in these bytes: pictures, audio frames, and its complaints. */
export async function decode(bytes: Uint8Array): Promise<Decoded> {
  using folder = temporaryFolder();
  const file = path.join(folder.path, 'stream.ts');
  await writeFile(file, bytes);
  // We use ffmpeg itself, because the one from npm comes without ffprobe.
  const { stderr } = await run(
    FFMPEG,
    ['-nostdin', '-hide_banner', '-loglevel', 'info', '-i', file, '-map', '0', '-f', 'null', '-'],
    { maxBuffer: 1 << 26 },
  );
  const pictures = Number([...stderr.matchAll(/frame=\s*(\d+)/g)].at(-1)?.[1] ?? 0);
  const complaints = stderr
    .split('\n')
    .filter((line) => /corrupt|error|missing|invalid|non-existing/i.test(line));
  const size = /Stream #0.*Video: .*?, (\d+x\d+)/.exec(stderr)?.[1];
  return { pictures, size, complaints, hasAudio: /Stream #0.*Audio/.test(stderr) };
}
