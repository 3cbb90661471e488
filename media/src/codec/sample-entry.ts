import { box, u16, u32, zeros } from '../iso-bmff.js';

/** Reserved, then data_reference_index 1 (8.5.2). */
const SAMPLE_ENTRY = [0, 0, 0, 0, 0, 0, 0, 1];
const DEPTH_24 = [0, 0x18, 0xff, 0xff];

/** VisualSampleEntry (12.1.3), with `pasp` after the codec's own box if the ratio is known. */
export function visualSampleEntry(
  type: string,
  { width, height, sampleAspectRatio: ratio }: VisualSize,
  configuration: Uint8Array,
): Uint8Array {
  const head = [
    ...SAMPLE_ENTRY,
    ...zeros(16),
    ...u16(width),
    ...u16(height),
    ...[0, 0x48, 0, 0, 0, 0x48, 0, 0], // 72 dpi
    ...[0, 0, 0, 0, 0, 1], // one frame a sample
    ...zeros(32), // compressor's name
    ...DEPTH_24,
  ];
  return box(type, head, configuration, ratio ? box('pasp', [...u32(ratio[0]), ...u32(ratio[1])]) : []);
}

/** AudioSampleEntry (12.2.3). The rate is 16.16; a rate that does not fit is 0, and the codec's own box tells it. */
export function audioSampleEntry(
  type: string,
  { channels, sampleRate }: { readonly channels: number; readonly sampleRate: number },
  configuration: Uint8Array,
): Uint8Array {
  const rate = sampleRate > 0xffff ? 0 : sampleRate;
  const head = [
    ...SAMPLE_ENTRY,
    ...zeros(8),
    ...u16(channels),
    ...[0, 16, 0, 0, 0, 0],
    ...u16(rate),
    ...[0, 0],
  ];
  return box(type, head, configuration);
}

interface VisualSize {
  readonly width: number;
  readonly height: number;
  readonly sampleAspectRatio: readonly [number, number] | undefined;
}
