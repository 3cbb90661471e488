import type { EncodingPlan } from '../ffmpeg/arguments.js';
import type { Ffmpeg } from '../ffmpeg/find.js';
import type { ProcessGuard } from '../ffmpeg/guard.js';
import { opening } from '../ffmpeg/input.js';
import { pictureFilter } from '../ffmpeg/picture-filter.js';
import { startFfmpeg } from '../ffmpeg/process.js';

const LINES = 270;
/** JPEG quality of ffmpeg's, 2 is the best: about 15 KB. */
const QUALITY = '5';
/** Base64 makes four bytes of three; see `sourceLook`. */
const MOST_BYTES = 150_000;
/** A recording often begins in black. */
const INTO_RECORDING = { share: 0.1, most: 60 } as const;
const LONGEST_MS = 10_000;

/** A picture of the source as viewers would see it; undefined if none comes in time. JPEG. */
export async function takeStill(
  plan: EncodingPlan,
  duration: number | undefined,
  ffmpeg: Ffmpeg,
  guard: ProcessGuard,
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  const { input, pictureTrack = 0, shown, isPatient } = plan;
  if (pictureTrack === 'none') return undefined;
  const parts: Uint8Array[] = [];
  const into = duration === undefined ? 0 : Math.min(duration * INTO_RECORDING.share, INTO_RECORDING.most);
  const filter = pictureFilter({ maxHeight: LINES, shown, isProgressive: true, rate: undefined });
  const child = startFfmpeg({
    path: ffmpeg.path,
    args: [
      ...['-nostdin', '-nostats', '-hide_banner', '-loglevel', 'error'],
      ...(into > 0 ? ['-ss', into.toFixed(3)] : []),
      ...opening(input, ffmpeg.libavformat, isPatient),
      ...['-map', `0:V:${pictureTrack}`, '-frames:v', '1', '-vf', `${filter},format=yuvj420p`],
      ...['-c:v', 'mjpeg', '-q:v', QUALITY, '-f', 'image2pipe', 'pipe:1'],
    ],
    environment: input.kind === 'url' ? input.fence?.environment : undefined,
    guard,
    onOutput: (bytes) => parts.push(bytes),
  });
  const limit = AbortSignal.any([signal, AbortSignal.timeout(LONGEST_MS)]);
  const end = (): void => child.end();
  limit.addEventListener('abort', end, { once: true });
  if (limit.aborted) end();
  const { clean } = await child.exited;
  limit.removeEventListener('abort', end);
  const jpeg = Buffer.concat(parts);
  return clean && jpeg.byteLength > 0 && jpeg.byteLength <= MOST_BYTES ? jpeg : undefined;
}
