import { ticks90k } from '@topicast/contracts/units';
import { describe, expect, it } from 'vitest';
import { MediaTimeline } from './media-timeline.js';

const SECOND = 90_000;
const FRAME = 3000;
const WRAP = 2 ** 33;

const video = (
  timeline: MediaTimeline,
  dts: number,
  { keyframe = false, pts = dts, audioPts = undefined as number | undefined } = {},
) => timeline.placeVideo({ dts: dts % WRAP, pts: pts % WRAP, keyframe }, audioPts);

/** A timeline of some frames from 10 s on, whose tracks end at these media times. */
function started(ends: { video: number; audio?: number }): MediaTimeline {
  const timeline = new MediaTimeline();
  for (let i = 0; i < 4; i++) video(timeline, 10 * SECOND + i * FRAME, { keyframe: i === 0 });
  timeline.reach('video', ticks90k(ends.video));
  if (ends.audio !== undefined) {
    timeline.placeAudio(10 * SECOND + 3 * FRAME, false);
    timeline.reach('audio', ticks90k(ends.audio));
  }
  return timeline;
}

describe('media time', () => {
  it('begins at 0 with the first keyframe, or with its audio where the encoder primed it', () => {
    expect(video(new MediaTimeline(), 5 * SECOND, { keyframe: true })).toMatchObject({
      decode: 0,
      presentation: 0,
    });
    const primed = new MediaTimeline();
    const pts = 5 * SECOND + 2 * FRAME;
    expect(video(primed, 5 * SECOND, { keyframe: true, pts, audioPts: 5 * SECOND - 1920 })).toMatchObject({
      decode: 1920,
      presentation: 1920 + 2 * FRAME,
    });
    expect(primed.placeAudio(5 * SECOND - 1920, false)).toMatchObject({ presentation: 0 });
    expect(primed.placeAudio(5 * SECOND - 3840, false)).toMatchObject({ presentation: -1920 });
  });

  it('goes on over the rollover of the 33 bits, in decode, presentation and audio times, again and again', () => {
    const timeline = new MediaTimeline();
    const from = WRAP - 20 * FRAME;
    for (let i = 0; i < 40; i++) {
      const dts = from + i * FRAME;
      const placed = video(timeline, dts, { keyframe: i % 10 === 0, pts: dts + 2 * FRAME });
      expect(placed).toEqual({ decode: i * FRAME, presentation: (i + 2) * FRAME, epoch: 0 });
      expect(timeline.placeAudio((dts + 7) % WRAP, false)).toMatchObject({ presentation: i * FRAME + 7 });
    }
    // The 26.5 hours to the next rollover, in steps of less than a second.
    const step = SECOND - 1;
    let dts = from + 40 * FRAME;
    for (; dts < 2 * WRAP + SECOND; dts += step) video(timeline, dts, { keyframe: true });
    expect(video(timeline, dts, { keyframe: true })).toMatchObject({ decode: dts - from, epoch: 0 });
  }, 30_000);

  it.each([
    ['goes back', 3 * SECOND],
    ['stands still', 10 * SECOND + 3 * FRAME],
    ['jumps by over a second', 10 * SECOND + 3 * FRAME + SECOND + 1],
    ['jumps by hours', 5_000 * SECOND],
  ])('is continued by the next keyframe where the clock %s', (_, dts) => {
    const timeline = started({ video: 4 * FRAME });
    expect(video(timeline, dts, { keyframe: true })).toEqual({
      decode: 4 * FRAME,
      presentation: 4 * FRAME,
      epoch: 1,
    });
    expect(video(timeline, dts + FRAME)).toMatchObject({ decode: 5 * FRAME, epoch: 1 });
  });

  it('has no place for pictures that go back without a keyframe', () => {
    const timeline = started({ video: 4 * FRAME });
    expect(video(timeline, 10 * SECOND)).toBeUndefined();
    expect(video(timeline, 10 * SECOND + 3 * FRAME)).toBeUndefined();
    expect(video(timeline, 10 * SECOND + 4 * FRAME)).toMatchObject({ decode: 4 * FRAME, epoch: 0 });
  });

  it('keeps a gap of up to a second, and a longer one that the audio fills', () => {
    expect(video(started({ video: 4 * FRAME }), 11 * SECOND, { keyframe: true })).toMatchObject({
      decode: SECOND,
      epoch: 0,
    });
    const timeline = started({ video: 4 * FRAME });
    for (let pts = 10 * SECOND; pts < 14 * SECOND; pts += SECOND / 2) timeline.placeAudio(pts, false);
    expect(video(timeline, 14 * SECOND, { keyframe: true })).toMatchObject({ decode: 4 * SECOND, epoch: 0 });
  });

  it('continues without a gap of sound, where the first of the tracks ended', () => {
    const at = (ends: { video: number; audio?: number }) =>
      video(started(ends), 900 * SECOND, {
        keyframe: true,
        pts: 900 * SECOND + FRAME,
        audioPts: 900 * SECOND,
      })!;
    expect(at({ video: 12_000, audio: 10_000 })).toMatchObject({
      decode: 10_000,
      presentation: 10_000 + FRAME,
    });
    expect(at({ video: 12_000, audio: 13_000 }).decode).toBe(12_000);
    expect(at({ video: 180_000, audio: 13_000 }).decode).toBe(180_000);
  });

  it('has no place for audio of another timeline, before or after', () => {
    const timeline = started({ video: 4 * FRAME, audio: 4 * FRAME });
    expect(timeline.placeAudio(900 * SECOND, false)).toBeUndefined();
    video(timeline, 900 * SECOND, { keyframe: true });
    expect(timeline.placeAudio(10 * SECOND + 4 * FRAME, false)).toBeUndefined();
    expect(timeline.placeAudio(900 * SECOND + 100, false)).toMatchObject({
      presentation: 4 * FRAME + 100,
      epoch: 1,
    });
  });

  it('follows the audio if there is no video', () => {
    const timeline = new MediaTimeline();
    expect(timeline.placeAudio(7 * SECOND, true)).toMatchObject({ presentation: 0, epoch: 0 });
    expect(timeline.placeAudio(7.5 * SECOND, true)).toMatchObject({ presentation: SECOND / 2, epoch: 0 });
    timeline.reach('audio', ticks90k(0.6 * SECOND));
    expect(timeline.placeAudio(2 * SECOND, true)).toMatchObject({ presentation: 0.6 * SECOND, epoch: 1 });
  });
});
