import { seconds } from '@topicast/contracts/units';
import { describe, expect, it } from 'vitest';
import { TrackPresence } from './track-presence.js';

type Kind = 'video' | 'audio';
const piece = (track: Kind, start: number, duration = 0.04) => ({
  track,
  start: seconds(start),
  end: seconds(start + duration),
});

/** What is said and when, in a stream whose tracks have these times. */
function watch(
  opened: readonly Kind[],
  has: (track: Kind, time: number) => boolean,
  step = 0.04,
  until = 20,
) {
  const presence = new TrackPresence(opened);
  for (let time = 0; time < until; time += 0.04) {
    const video = time % step < 0.04 && has('video', time) ? [piece('video', time)] : [];
    const audio = has('audio', time) ? [piece('audio', time)] : [];
    const absent = presence.follow([...video, ...audio]);
    if (absent) return { absent, at: Math.round(time * 10) / 10 };
  }
  return undefined;
}
const both = ['video', 'audio'] as const;

describe('the tracks of a media source', () => {
  it('are all there', () => {
    expect(watch(both, () => true)).toBeUndefined();
    expect(watch(['audio'], (track) => track === 'audio')).toBeUndefined();
  });

  it('lack the one that ends, or never comes', () => {
    expect(watch(both, (track, time) => track === 'video' || time < 5)).toEqual({
      absent: ['audio'],
      at: 6.5,
    });
    expect(watch(both, (track, time) => track === 'audio' || time < 5)).toEqual({
      absent: ['video'],
      at: 6.5,
    });
    expect(watch(both, (track) => track === 'video')).toEqual({ absent: ['audio'], at: 1.5 });
  });

  it('may have gaps that are shorter, and slow pictures', () => {
    expect(watch(both, (track, time) => track === 'video' || time % 3 < 1.8)).toBeUndefined();
    const slow = watch(both, () => true, 4, 60);
    expect(slow).toBeUndefined();
  });

  it('are joined by one that has been there for a second', () => {
    expect(watch(['video'], (track, time) => track === 'video' || time > 5)).toEqual({ absent: [], at: 6 });
    expect(watch(['video'], (track, time) => track === 'video' || time % 3 < 0.5)).toBeUndefined();
  });
});
