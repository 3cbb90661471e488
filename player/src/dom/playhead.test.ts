import { seconds } from '@topicast/contracts/units';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { PictureState } from '../core/player-state.js';
import { NoPace } from './pace.js';
import { Playhead } from './playhead.js';

const HAVE_METADATA = 1;
const HAVE_CURRENT_DATA = 2;
const HAVE_FUTURE_DATA = 3;

/** The part of a video element that matters here. */
class FakeVideo extends EventTarget {
  paused = false;
  seeking = false;
  readyState = 4;
  currentTime = 0;
  playbackRate = 1;

  goOn(ms: number): void {
    this.currentTime += ms / 1000;
    vi.advanceTimersByTime(ms);
  }
}

let video: FakeVideo;
let pictures: PictureState[];
let playhead: Playhead;
let onReady: () => void;
beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('HTMLMediaElement', { HAVE_METADATA, HAVE_CURRENT_DATA, HAVE_FUTURE_DATA });
  video = new FakeVideo();
  pictures = [];
  onReady = vi.fn();
  const parts = {
    video: video as unknown as HTMLVideoElement,
    isFed: () => true,
    rests: () => false,
    stepper: () => undefined,
    pace: {
      onPicture: (picture: PictureState) => pictures.push(picture),
      onReady,
      onDecision: () => {},
    },
  };
  playhead = new Playhead(parts, new NoPace());
});
afterEach(() => {
  playhead.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const edgeAt = (level: number): void =>
  playhead.setEdge({ start: seconds(0), end: seconds(video.currentTime + level / 1000) });

it('tells that the picture moves if it did so before the join, which needs no seek', () => {
  playhead.join(undefined, true);
  edgeAt(playhead.targetMs);
  video.dispatchEvent(new Event('playing'));
  expect(pictures).toEqual(['moving']);
  // A short pause of the viewer. The element goes on at once, and the burst of the join comes a moment later.
  playhead.expectJoin();
  video.dispatchEvent(new Event('playing'));
  playhead.join(undefined, true);
  edgeAt(playhead.targetMs);
  video.goOn(100);
  expect(pictures).toEqual(['moving', 'standing', 'moving']);
});

it('tells that the picture stands while the element waits', () => {
  playhead.join(undefined, true);
  edgeAt(playhead.targetMs);
  video.dispatchEvent(new Event('playing'));
  video.readyState = HAVE_CURRENT_DATA;
  video.dispatchEvent(new Event('waiting'));
  vi.advanceTimersByTime(400);
  expect(pictures).toEqual(['moving', 'standing']);
  video.readyState = 4;
  video.dispatchEvent(new Event('playing'));
  video.goOn(100);
  expect(pictures).toEqual(['moving', 'standing', 'moving']);
});

it('plays soon, though nothing comes after the one picture of the join', () => {
  video.paused = true;
  edgeAt(33);
  playhead.join(undefined, false);
  expect(onReady).not.toHaveBeenCalled();
  vi.advanceTimersByTime(400);
  expect(onReady).toHaveBeenCalledOnce();
});
