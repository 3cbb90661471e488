import { TICKS_PER_SECOND, type Ticks90k, ticks90k } from '@topicast/contracts/units';
import { toOpusUnit } from '@topicast/media/stored';
import { runTool, type Tool } from './tool.js';

const SAMPLES_OF_AAC = 1_024;
/** The codec's delay is over, and every frame is the same. */
const SETTLED = 4;
const ADTS_HEADER_BYTES = 7;

export interface SoundFormat {
  readonly format: 'aac' | 'opus';
  /** Hz */
  readonly sampleRate: number;
  readonly channels: number;
}

export interface Silence {
  /** The payload of a PES packet. */
  readonly frame: Uint8Array;
  readonly interval: Ticks90k;
}

/**
 * RFC 6716 3.1: full band CELT of 20 ms, stereo, one frame; and a frame of it in which nothing sounds. Decoders of any
 * number of streams take it for the first one.
 */
const OPUS_SILENCE = Uint8Array.of(0xfc, 0xff, 0xfe);
const OPUS_INTERVAL = ticks90k(TICKS_PER_SECOND / 50);

/** By rate and channels; there are a few dozen at most. */
const known = new Map<string, Promise<Silence>>();

/** @throws an Error if ffmpeg cannot encode it */
export function silenceFor(format: SoundFormat, tool: Tool): Promise<Silence> {
  if (format.format === 'opus') {
    return Promise.resolve({ frame: toOpusUnit(OPUS_SILENCE)!, interval: OPUS_INTERVAL });
  }
  const { sampleRate, channels } = format;
  const key = `${sampleRate}/${channels}`;
  const before = known.get(key);
  if (before) return before;
  const made = aacSilence(format, tool);
  known.set(key, made);
  // Asked again the next time.
  made.catch(() => known.delete(key));
  return made;
}

async function aacSilence({ sampleRate, channels }: SoundFormat, tool: Tool): Promise<Silence> {
  const adts = await runTool(tool, [
    ...['-f', 'lavfi', '-i', `anullsrc=r=${sampleRate}:cl=mono`, '-frames:a', String(SETTLED + 2)],
    ...['-ac', String(channels), '-c:a', 'aac', '-profile:a', 'aac_low', '-b:a', '64k', '-f', 'adts'],
  ]);
  const frame = framesOf(adts)[SETTLED];
  if (!frame) throw new Error('ffmpeg has encoded no silence');
  return { frame, interval: ticks90k((SAMPLES_OF_AAC * TICKS_PER_SECOND) / sampleRate) };
}

/** ISO 13818-7 6.2: 13 bits of the header are the length of the frame. */
function framesOf(adts: Uint8Array): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (let at = 0; at + ADTS_HEADER_BYTES <= adts.byteLength; ) {
    const size = ((adts[at + 3]! & 3) << 11) | (adts[at + 4]! << 3) | (adts[at + 5]! >> 5);
    if (size <= ADTS_HEADER_BYTES) break;
    frames.push(adts.slice(at, at + size));
    at += size;
  }
  return frames;
}
