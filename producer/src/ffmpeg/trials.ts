import { existsSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { HARDWARE_ENCODERS, type HardwareEncoder, type VideoEncoder } from '@topicast/contracts/encoding';
import { type Chunk, Chunker } from '@topicast/media/mpegts';
import type { ProcessGuard } from './guard.js';
import { startFfmpeg } from './process.js';
import { deviceArguments, uploadFilter, videoEncoder } from './video-encoder.js';

/** Drivers that hang are given up. */
const TRIAL_MS = 5_000;
const TRIAL = { size: '1280x720', rate: 30, seconds: 1, keyframeSeconds: 0.5 } as const;

const RENDER_NODES = ['/dev/dri/renderD128', '/dev/dri/renderD129'];
/** The device files of each, one of which has to be there; none: nothing tells. Other systems have no such hardware. */
const DEVICES: Partial<
  Record<NodeJS.Platform, Readonly<Partial<Record<HardwareEncoder, readonly string[]>>>>
> = {
  // The second one is that of a Linux inside of Windows.
  linux: { nvenc: ['/dev/nvidiactl', '/dev/dxg'], qsv: RENDER_NODES, vaapi: RENDER_NODES },
  darwin: { videotoolbox: [] },
  win32: { nvenc: [], qsv: [] },
};

/** What this host may have: where the devices are missing, there is nothing to try. */
export function possibleEncoders(
  platform: NodeJS.Platform,
  isThere: (path: string) => boolean = existsSync,
): HardwareEncoder[] {
  return HARDWARE_ENCODERS.filter((encoder) => {
    const files = DEVICES[platform]?.[encoder];
    return files && (files.length === 0 || files.some((file) => isThere(file)));
  });
}

interface TrialOptions {
  readonly path: string;
  readonly guard: ProcessGuard;
  /** Ends the trials: nothing works. */
  readonly signal?: AbortSignal;
  readonly limitMs?: number;
}

/**
 * Those of the encoders that work on this host: one after another encodes a second of pictures, as a stream would be. It
 * takes 5 s each at most, with low priority. Never rejects.
 */
export async function tryEncoders(
  possible: readonly HardwareEncoder[],
  options: TrialOptions,
): Promise<ReadonlySet<HardwareEncoder>> {
  const found = new Set<HardwareEncoder>();
  for (const encoder of possible) {
    if (!options.signal?.aborted && (await works(encoder, options))) found.add(encoder);
  }
  return found;
}

async function works(
  encoder: VideoEncoder,
  { path, guard, signal, limitMs = TRIAL_MS }: TrialOptions,
): Promise<boolean> {
  const chunks: Chunk[] = [];
  const chunker = new Chunker((chunk) => chunks.push(chunk));
  const child = startFfmpeg({
    ...{ path, guard, args: trialArguments(encoder) },
    onOutput: (bytes) => chunker.push(bytes),
  });
  if (child.pid !== undefined) beNice(child.pid);
  const end = (): void => child.end();
  const limit = setTimeout(end, limitMs);
  signal?.addEventListener('abort', end, { once: true });
  const { clean } = await child.exited;
  clearTimeout(limit);
  signal?.removeEventListener('abort', end);
  chunker.end();
  return clean && isUsable(chunks);
}

/** All pictures, in the order in which they are shown, and keyframes where they were wanted. */
export function isUsable(chunks: readonly Pick<Chunk, 'keyframe' | 'presentationOffset'>[]): boolean {
  const wanted = TRIAL.seconds / TRIAL.keyframeSeconds;
  return (
    chunks.length === TRIAL.rate * TRIAL.seconds &&
    chunks[0]?.keyframe === true &&
    chunks.filter(({ keyframe }) => keyframe).length === wanted &&
    chunks.every(({ presentationOffset }) => presentationOffset === 0)
  );
}

export function trialArguments(encoder: VideoEncoder): string[] {
  const filters = ['format=yuv420p', uploadFilter(encoder)].filter((filter) => filter !== undefined);
  return [
    ...['-nostdin', '-nostats', '-hide_banner', '-loglevel', 'warning', ...deviceArguments(encoder)],
    ...['-f', 'lavfi', '-i', `testsrc2=size=${TRIAL.size}:rate=${TRIAL.rate}:duration=${TRIAL.seconds}`],
    ...['-vf', filters.join()],
    ...videoEncoder({
      ...{ encoder, preset: 'low-latency', x264Preset: 'veryfast', threads: 1, bitrate: 3_000_000 },
      ...{ keyframes: TRIAL.keyframeSeconds, rate: TRIAL.rate, colours: [] },
    }),
    ...['-muxdelay', '0', '-muxpreload', '0', '-omit_video_pes_length', '0', '-f', 'mpegts', 'pipe:1'],
  ];
}

function beNice(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It has ended already, or the system does not let us.
  }
}

/** Whether an encoder that ended says that its hardware is to blame. @param lines ffmpeg's last ones */
export const blamesHardware = (encoder: string, lines: readonly string[]): boolean =>
  lines.some(
    (line) => line.includes(`[${encoder}]`) || line.includes(`/${encoder}]`) || HARDWARE_TROUBLE.test(line),
  );

const HARDWARE_TROUBLE =
  /^\[AVHW(Device|Frames)Context\]|Error while opening encoder|Device creation failed|hardware device|hwupload/;
