import type { AudioConfig, AudioRun } from '@topicast/media/samples';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newFrames } from './sound.js';
import { decoderConfigOf } from './sound-decoder.js';

const AAC: AudioConfig = {
  kind: 'audio',
  format: 'aac',
  codec: 'mp4a.40.2',
  sampleRate: 48_000,
  channels: 2,
  description: Uint8Array.of(0x11, 0x90),
};
const OPUS_STEREO = Uint8Array.of(2, 0, 0, 0, 0, 0xbb, 0x80, 0, 0, 0);
const OPUS: AudioConfig = { ...AAC, format: 'opus', codec: 'opus', description: OPUS_STEREO };

const run = (start: number, frames: number, length = 1024): AudioRun => ({
  pid: 257,
  config: AAC,
  epoch: 0,
  start,
  frames: Array.from({ length: frames }, () => ({
    data: new Uint8Array(1),
    config: AAC,
    length,
    pts: undefined,
  })),
});

describe('the new frames of a run', () => {
  it('hold each instant once, wherever a rendition cuts its frames and whatever it repeats', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ back: fc.integer({ min: 0, max: 9 }), frames: fc.integer({ min: 1, max: 6 }) })),
        fc.integer({ min: -200, max: 200 }),
        (runs, rounding) => {
          let end: number | undefined;
          let taken = 0;
          for (const { back, frames } of runs) {
            // The same sound; another encoder rounds its times differently.
            const start = end === undefined ? 0 : end - back * 1024 + (back > 0 ? rounding : 0);
            for (const frame of newFrames(run(start, frames), end)) {
              if (end !== undefined) expect(Math.abs(frame.start - end)).toBeLessThanOrEqual(1024 + 240);
              end = frame.start + frame.length;
              taken += frame.length;
            }
          }
          // Each run repeats 5 ms at most.
          expect(taken).toBeLessThanOrEqual((end ?? 0) + runs.length * 240 + 1024);
        },
      ),
    );
  });

  it('are all of them at the beginning, and after time stamps that go back by more than a second', () => {
    expect(newFrames(run(0, 3), 96_000)).toHaveLength(3);
    expect(newFrames(run(90_000, 3), 96_000)).toHaveLength(0);
    expect(newFrames(run(5_000, 3), undefined).map(({ start }) => start)).toEqual([5_000, 6_024, 7_048]);
  });
});

describe('the configuration of the decoder', () => {
  it('is that of the stream, and Opus comes as plain packets', () => {
    expect(decoderConfigOf(AAC)).toEqual({
      codec: 'mp4a.40.2',
      sampleRate: 48_000,
      numberOfChannels: 2,
      description: AAC.description,
    });
    expect(decoderConfigOf(OPUS)).toEqual({ codec: 'opus', sampleRate: 48_000, numberOfChannels: 2 });
  });

  it('leaves surround sound and independent channels to the video element', () => {
    expect(decoderConfigOf({ ...AAC, channels: 6 })).toBeUndefined();
    const independent = OPUS_STEREO.slice();
    independent[9] = 255;
    expect(decoderConfigOf({ ...OPUS, description: independent })).toBeUndefined();
  });
});
