import type { CheckedSource } from '../source/check.js';
import type { EncodingPlan } from './arguments.js';
import type { EncoderInput } from './input.js';
import type { Probe } from './probe.js';

/** Recordings and copies depend on what is in the source; the rest is opened once only, at once. */
export const needsProbe = (source: CheckedSource): boolean =>
  source.kind === 'file' ||
  (source.kind === 'url' && (source.copy || source.protocol === 'http' || source.protocol === 'https'));

/** How a source is opened when nothing is known of it yet. */
export function inputOf(source: CheckedSource, system: NodeJS.Platform): EncoderInput {
  switch (source.kind) {
    case 'test':
      return { kind: 'test' };
    case 'file':
      return { kind: 'file', path: source.path };
    case 'url':
      return { kind: 'url', url: source.url, protocol: source.protocol, paced: false };
    case 'device':
      return { kind: 'device', path: source.path, system: system === 'darwin' ? 'darwin' : 'linux' };
  }
}

export interface Planned {
  readonly plan: EncodingPlan;
  /** Where the streamer does not get what was asked for. */
  readonly warning: string | undefined;
}

/** What MPEG-TS carries and viewers' browsers may play, in ffmpeg's words. */
const COPIED_VIDEO = ['h264', 'hevc'] as const;
const COPIED_AUDIO: readonly string[] = ['aac', 'opus'];

/** Decide how to encode a source that was found to hold this; undefined if there is nothing to stream in it. */
export function planEncoding(
  source: CheckedSource,
  input: EncoderInput,
  probe: Probe | undefined,
): Planned | undefined {
  if (!probe) return { plan: { input, video: 'encode', audio: 'encode' }, warning: undefined };
  if (!probe.video && !probe.audio) return undefined;
  const copyAsked = 'copy' in source && source.copy;
  const copiedVideo = copyAsked ? COPIED_VIDEO.find((codec) => codec === probe.video) : undefined;
  const copyVideo = copiedVideo !== undefined;
  const copyAudio = copyAsked && COPIED_AUDIO.includes(probe.audio ?? '');
  return {
    plan: {
      input: input.kind === 'url' ? { ...input, paced: probe.durationSeconds !== undefined } : input,
      video: copyVideo ? 'copy' : 'encode',
      audio: copyAudio ? 'copy' : 'encode',
      ...(copiedVideo && { copiedVideo }),
    },
    warning:
      copyAsked && probe.video && !copyVideo
        ? `The video is ${probe.video}, which cannot be sent as it is: it is encoded again.`
        : undefined,
  };
}
