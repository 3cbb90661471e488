import { execFileSync } from 'node:child_process';
import { bitsPerSecond } from '@topicast/contracts/units';
import { type EncodingPlan, ffmpegArguments } from '../ffmpeg/arguments.js';
import type { Ffmpeg } from '../ffmpeg/find.js';
import type { ProcessGuard } from '../ffmpeg/guard.js';
import type { EncoderInput } from '../ffmpeg/input.js';
import { planEncoding } from '../ffmpeg/plan.js';
import { type Probe, probeSource } from '../ffmpeg/probe.js';

const limits = { maxHeight: 720, maxVideoBitrate: bitsPerSecond(1_500_000) };

/** @throws if it cannot be opened */
export async function lookAt(input: EncoderInput, ffmpeg: Ffmpeg, guard: ProcessGuard): Promise<Probe> {
  const result = await probeSource(input, ffmpeg, guard, new AbortController().signal);
  if (!result.ok) throw new Error(result.lines.join('\n'));
  return result.probe;
}

export const planFor = (input: EncoderInput, probe: Probe, ffmpeg: Ffmpeg, copy = false) => {
  const source = { kind: 'file', path: 'any', copy } as const;
  const { mapsTones, libavformat } = ffmpeg;
  return planEncoding(source, input, probe, { ladder: undefined, limits, mapsTones, libavformat })!;
};

/** Writes the pictures as the producer would stream them, once, up to ten seconds of their time. */
export function encodePictures(plan: EncodingPlan, file: string, ffmpeg: Ffmpeg): void {
  const options = { preset: 'veryfast', soundCodec: 'aac', threads: 1, ...limits } as const;
  const args = ffmpegArguments(plan, { ...options, libavformat: ffmpeg.libavformat });
  const once = args
    .slice(0, -1)
    .filter((_, index) => !/-stream_loop/.test(`${args[index]} ${args[index - 1]}`));
  execFileSync(ffmpeg.path, [...once, '-an', '-t', '10', '-y', file], { stdio: 'pipe' });
}
