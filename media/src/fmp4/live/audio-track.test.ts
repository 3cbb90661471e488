import { ticks90k } from '@topicast/contracts/units';
import { describe, expect, it } from 'vitest';
import type { AudioConfig, AudioFrame } from '../../codec/codec.js';
import { AudioClock } from '../../samples/audio-clock.js';
import { boxAt, readFragment } from '../../testing/mp4.js';
import { AUDIO_PID } from '../../testing/packetizer.js';
import { AudioTrack } from './audio-track.js';
import { mp4 } from './fragment-writer.js';

const PARAMETERS: AudioConfig = {
  ...{ kind: 'audio', format: 'aac', codec: 'mp4a.40.2', sampleRate: 44_100, channels: 2 },
  description: Uint8Array.of(0x12, 0x10),
};

const frame = (pts: number | undefined, config = PARAMETERS): AudioFrame => ({
  data: Uint8Array.of(1, 2, 3),
  config,
  length: 1024,
  pts,
});

/** The step before it: the times of samples. */
class Writer {
  readonly clock = new AudioClock(AUDIO_PID);
  readonly track = new AudioTrack(mp4);
}

/** @param offset of media time from the time stamps. */
function put({ clock, track }: Writer, frames: AudioFrame[], { epoch = 0, offset = 0 } = {}) {
  const runs = clock.runs(frames, (pts) => {
    const time = ticks90k(pts + offset);
    return { decode: time, presentation: time, epoch };
  });
  const fragments = runs.map((run) => track.fragment(run));
  return fragments.map((fragment) => ({ ...fragment, ...readFragment(fragment.data) }));
}

/** Time stamps of frames as a multiplexer with a clock of milliseconds rounds them. */
const rounded = (index: number) => Math.floor((index * 1024 * 1000) / 44_100) * 90;

describe('audio fragments', () => {
  it('count sampling instants, whatever their time stamps were rounded to', () => {
    const track = new Writer();
    for (let i = 0; i < 3000; i++) {
      const [fragment, ...others] = put(track, [frame(rounded(i))]);
      expect(others).toEqual([]);
      expect(fragment!.decodeTime).toBe(i * 1024);
    }
  });

  it('are one for all frames of a chunk, with an init segment first', () => {
    const track = new Writer();
    const [fragment] = put(track, [frame(9000), frame(undefined), frame(undefined)]);
    expect(fragment).toMatchObject({ decodeTime: 4410, keyframe: true, start: 0.1, discontinuity: false });
    expect(fragment!.end).toBeCloseTo(0.1 + (3 * 1024) / 44_100);
    expect(fragment!.samples).toEqual(
      [1, 2, 3].map(() => ({
        duration: 1024,
        data: Uint8Array.of(1, 2, 3),
        sync: undefined,
        compositionOffset: undefined,
      })),
    );
    expect(fragment!.init?.mimeType).toBe('audio/mp4; codecs="mp4a.40.2"');
    expect([...boxAt(fragment!.init!.data, 'moov/trak/mdia/mdhd').subarray(12, 16)]).toEqual([
      0, 0, 0xac, 0x44,
    ]);
    expect(put(track, [frame(undefined)])[0]).toMatchObject({ decodeTime: 4410 + 3 * 1024 });
    expect(put(track, [frame(undefined)])[0]).not.toHaveProperty('init');
  });

  it('follow the time stamps again where they are off by more than a frame and a half, or after loss', () => {
    const track = new Writer();
    const instantOf = (pts: number) => Math.round((pts * 44_100) / 90_000);
    put(track, [frame(0)]);
    expect(put(track, [frame(4000)])[0]!.decodeTime).toBe(1024);
    expect(put(track, [frame(20_000)])[0]!.decodeTime).toBe(instantOf(20_000));
    track.clock.lose();
    expect(put(track, [frame(22_090 + 1000)])[0]!.decodeTime).toBe(instantOf(23_090));
    const split = put(track, [frame(undefined), frame(90_000), frame(undefined)]);
    expect(split.map(({ decodeTime, samples }) => [decodeTime, samples.length])).toEqual([
      [instantOf(23_090) + 1024, 1],
      [44_100, 2],
    ]);
  });

  it('leave out frames from before the first picture (priming), not those that follow, and count them', () => {
    const track = new Writer();
    const frames = [frame(0), frame(undefined), frame(undefined)];
    expect(put(track, frames, { offset: -3000 })).toMatchObject([{ decodeTime: 2 * 1024 - 1470 }]);
    expect(track.clock.droppedFrames).toBe(2);
  });

  it('leave out frames that have no place in media time, up to the next that has', () => {
    const track = new Writer();
    const runs = track.clock.runs([frame(0), frame(undefined), frame(90_000)], (pts) =>
      pts === 0 ? undefined : { decode: ticks90k(pts), presentation: ticks90k(pts), epoch: 0 },
    );
    expect(runs.map((run) => track.track.fragment(run))).toMatchObject([{ start: 1, samples: 1 }]);
    expect(track.clock.droppedFrames).toBe(2);
  });

  it('bring a new init segment where the format changes, and take its sampling rate', () => {
    const track = new Writer();
    const other = { ...PARAMETERS, sampleRate: 48_000, description: Uint8Array.of(0x11, 0x90) };
    put(track, [frame(0)]);
    const [fragment] = put(track, [frame(90_000, other)]);
    expect(fragment).toMatchObject({ decodeTime: 48_000, start: 1 });
    expect(fragment!.init).toBeDefined();
    expect(put(track, [frame(undefined, PARAMETERS)])).toEqual([]);
  });

  it('tell once that they are of a new timeline, and go on there without a gap', () => {
    const track = new Writer();
    put(track, [frame(0)]);
    const [first] = put(track, [frame(2090)], { epoch: 1 });
    expect(first).toMatchObject({ decodeTime: 1024, discontinuity: true });
    expect(put(track, [frame(4180)], { epoch: 1 })[0]).toMatchObject({
      decodeTime: 2048,
      discontinuity: false,
    });
  });
});
