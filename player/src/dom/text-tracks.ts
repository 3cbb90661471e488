import { type Seconds, seconds, type Ticks90k, ticksToSeconds } from '@topicast/contracts/units';
import type { TimedText } from '@topicast/media/text';
import { CaptionReader, readId3 } from '@topicast/media/text';
import { CueTrack } from './cue-track.js';

/** Half a minute of captions. */
const MOST_WAITING = 900;
const AGAIN_MS = 50;

/** The text tracks of one video element: captions by channel, and timed ID3. They last as long as the element. */
class TextTracks {
  readonly #video: HTMLVideoElement;
  readonly #tracks = new Map<string, CueTrack>();
  #captions = new CaptionReader();
  #timeOffset = 0;
  #waiting: TimedText[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(video: HTMLVideoElement) {
    this.#video = video;
    // Another media source has another time line.
    video.addEventListener('emptied', () => this.#clear());
  }

  /** Nothing has a place before the times are known. */
  show(texts: readonly TimedText[], timeOffset: () => number | undefined): void {
    clearTimeout(this.#timer);
    this.#waiting = [...this.#waiting, ...texts].slice(-MOST_WAITING);
    const offset = timeOffset();
    if (offset === undefined) {
      this.#timer = setTimeout(() => this.show([], timeOffset), AGAIN_MS);
      return;
    }
    this.#timeOffset = offset;
    this.#showAll(this.#waiting.splice(0));
  }

  #showAll(texts: readonly TimedText[]): void {
    for (const text of texts) {
      if (text.format === 'captions') this.#showCaptions(text);
      else this.#showId3(text);
    }
    for (const track of this.#tracks.values()) track.trim(this.#video.currentTime);
  }

  #showCaptions(captions: TimedText): void {
    for (const { channel, at, text, row } of this.#captions.read(captions))
      this.#track('captions', channel).showText(this.#timeOf(at), text, row);
    const now = this.#timeOf(captions.placement.presentation);
    for (const track of this.#tracks.values()) track.hold(now);
  }

  #showId3({ data, placement }: TimedText): void {
    const frames = readId3(data);
    if (frames.length > 0)
      this.#track('metadata', 'id3').showFrames(this.#timeOf(placement.presentation), frames);
  }

  /** Of the video element. */
  #timeOf(media: Ticks90k): Seconds {
    return seconds(ticksToSeconds(media) + this.#timeOffset);
  }

  /** A track cannot be removed again, so it is made when it has something to show. */
  #track(kind: 'captions' | 'metadata', label: string): CueTrack {
    const known = this.#tracks.get(label);
    if (known) return known;
    const track = new CueTrack(this.#video.addTextTrack(kind, label));
    this.#tracks.set(label, track);
    return track;
  }

  #clear(): void {
    this.#captions = new CaptionReader();
    this.#waiting = [];
    clearTimeout(this.#timer);
    for (const track of this.#tracks.values()) track.clear();
  }
}

const known = new WeakMap<HTMLVideoElement, TextTracks>();

/**
 * A video element keeps its text tracks, whatever it plays.
 * @param timeOffset the video element's time minus that of the media timeline, in seconds; undefined while that is not
 * known
 */
export function showTexts(
  video: HTMLVideoElement,
  texts: readonly TimedText[],
  timeOffset: () => number | undefined,
): void {
  const tracks = known.get(video) ?? new TextTracks(video);
  known.set(video, tracks);
  tracks.show(texts, timeOffset);
}
