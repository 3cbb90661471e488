import { ticks90k } from '@topicast/contracts/units';
import { describe, expect, it } from 'vitest';
import { h264 } from '../../codec/h264.js';
import { VideoTimes } from '../../samples/video-times.js';
import { accessUnit, IDR_SLICE, keyframe, OTHER_PPS, PPS, SLICE } from '../../testing/h264-units.js';
import { boxAt, nalTypesOf, readFragment } from '../../testing/mp4.js';
import { VIDEO_PID } from '../../testing/packetizer.js';
import { join } from '../../testing/transport-stream.js';
import { mp4 } from './fragment-writer.js';
import { VideoTrack } from './video-track.js';

const FRAME = 3000;

/** The step before it: the times of samples. */
class Writer {
  readonly times = new VideoTimes();
  readonly track = new VideoTrack(mp4);
}

function put(
  { times, track }: Writer,
  data: Uint8Array,
  decode: number,
  { presentation = decode, epoch = 0 } = {},
) {
  const unit = h264.read(data)!;
  const placement = { decode: ticks90k(decode), presentation: ticks90k(presentation), epoch };
  const fragment = track.fragment(times.sample(VIDEO_PID, unit, placement)!);
  return { ...fragment, ...readFragment(fragment.data) };
}

describe('video fragments', () => {
  it('declare half a second, tell the true end, and have true decode and presentation times', () => {
    const track = new Writer();
    const first = put(track, keyframe(), 0, { presentation: 2 * FRAME });
    const second = put(track, accessUnit(SLICE), FRAME, { presentation: 5 * FRAME });
    const third = put(track, accessUnit(SLICE), 2 * FRAME, { presentation: 3 * FRAME });
    expect(
      [first, second, third].map(({ decodeTime, samples: [sample] }) => [
        decodeTime,
        sample!.compositionOffset,
      ]),
    ).toEqual([
      [0, 2 * FRAME],
      [FRAME, 4 * FRAME],
      [2 * FRAME, FRAME],
    ]);
    for (const { samples } of [first, second, third]) expect(samples).toMatchObject([{ duration: 45_000 }]);
    expect(second.start).toBeCloseTo(5 / 30);
    expect(second.end).toBeCloseTo(6 / 30);
    expect([first, second].map(({ keyframe, samples }) => [keyframe, samples[0]!.sync])).toEqual([
      [true, true],
      [false, false],
    ]);
    expect([first, second, third].map(({ sequence }) => sequence)).toEqual([0, 1, 2]);
  });

  it('hold NAL units with their lengths, parameter sets and delimiters not among them', () => {
    const track = new Writer();
    const [sample] = put(track, keyframe(), 0).samples;
    expect(sample!.data).toEqual(join([Uint8Array.from([0, 0, 0, IDR_SLICE.byteLength]), IDR_SLICE]));
    expect(nalTypesOf(put(track, accessUnit(PPS, SLICE, SLICE), FRAME).samples[0]!.data)).toEqual([1, 1]);
  });

  it('bring an init segment first, and again where a parameter set changes', () => {
    const track = new Writer();
    const inits = [keyframe(), keyframe(), keyframe(OTHER_PPS), keyframe(OTHER_PPS), keyframe()].map(
      (unit, i) => put(track, unit, i * FRAME).init,
    );
    expect(inits.map((init) => init !== undefined)).toEqual([true, false, true, false, true]);
    expect(inits[0]).toMatchObject({ mimeType: 'video/mp4; codecs="avc1.42c00a"', width: 64, height: 64 });
  });

  it('keep a new picture parameter set in the sample where no decoder can be set up anew', () => {
    const track = new Writer();
    put(track, keyframe(), 0);
    expect(nalTypesOf(put(track, accessUnit(OTHER_PPS, SLICE), FRAME).samples[0]!.data)).toEqual([8, 1]);
  });

  it('are of unknown duration, which makes Chromium present them at low delay', () => {
    const { init } = put(new Writer(), keyframe(), 0);
    const movie = boxAt(init!.data, 'moov');
    expect([...boxAt(movie, 'mvhd').subarray(16, 20)]).toEqual([0xff, 0xff, 0xff, 0xff]);
    expect([...boxAt(movie, 'trak/tkhd').subarray(20, 24)]).toEqual([0xff, 0xff, 0xff, 0xff]);
    expect([...boxAt(movie, 'trak/mdia/mdhd').subarray(16, 20)]).toEqual([0xff, 0xff, 0xff, 0xff]);
    expect(() => boxAt(movie, 'mvex/mehd')).toThrow();
  });

  it('never step further than MSE takes for continuous: twice the duration declared before', () => {
    for (const times of [
      [
        0,
        FRAME,
        2 * FRAME,
        400_000,
        400_000 + FRAME,
        400_000 + 2 * FRAME,
        400_000 + 3 * FRAME,
        400_000 + 4 * FRAME,
      ],
      [0, 180_000, 360_000, 540_000, 720_000],
      [0, 100_001, 200_002, 300_003],
    ]) {
      const track = new Writer();
      const put1 = times.map((time, i) => put(track, i === 0 ? keyframe() : accessUnit(SLICE), time));
      put1.forEach(({ decodeTime, samples }, i) => {
        expect(decodeTime + samples[0]!.compositionOffset!).toBe(times[i]);
        const before = put1[i - 1];
        if (!before) return;
        expect(decodeTime).toBeGreaterThan(before.decodeTime);
        expect(decodeTime - before.decodeTime).toBeLessThanOrEqual(2 * before.samples[0]!.duration);
      });
      expect(put1.at(-1)!.decodeTime).toBe(times.at(-1));
    }
  });

  it('do not take a gap for a frame rate', () => {
    const track = new Writer();
    for (let i = 0; i < 3; i++) put(track, i === 0 ? keyframe() : accessUnit(SLICE), i * FRAME);
    const { start, end } = put(track, accessUnit(SLICE), 400_000);
    expect(end - start).toBeCloseTo(1 / 30);
  });

  it('tell once that they are of a new timeline', () => {
    const track = new Writer();
    const flags = [0, 0, 1, 1].map((epoch, i) => put(track, keyframe(), i * FRAME, { epoch }).discontinuity);
    expect(flags).toEqual([false, false, true, false]);
  });
});
