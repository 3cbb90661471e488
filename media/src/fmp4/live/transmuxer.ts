import { MediaTimeline } from '../../samples/media-timeline.js';
import { SampleReader, type SampleStats } from '../../samples/sample-reader.js';
import { type TimedText, timedTexts } from '../../text/timed-text.js';
import { AudioTrack } from './audio-track.js';
import type { Fragment, TrackKind } from './fragment.js';
import { VideoTrack } from './video-track.js';

const KINDS = ['video', 'audio'] as const;

/**
 * A chunk goes in, and fragments of the picture and the first audio track come out at once. Media time is the chunk's
 * unwrapped time minus a base that is chosen at the first keyframe and at each rebase, so the media timeline keeps
 * growing over discontinuities. Never throws on any input.
 */
export class Transmuxer {
  /** What the last chunk has brought for text tracks. */
  texts: readonly TimedText[] = [];
  readonly #samples = new SampleReader(new MediaTimeline());
  readonly #video = new VideoTrack();
  readonly #audio = new AudioTrack();

  get stats(): SampleStats {
    return this.#samples.stats;
  }

  /** The tracks that the newest keyframe chunk announced, whether or not they have come. */
  get announced(): readonly TrackKind[] {
    const kinds = new Set(this.#samples.tracks.map(({ kind }) => kind));
    return KINDS.filter((kind) => kinds.has(kind));
  }

  /** TS bytes of one chunk. A damaged chunk gives no fragment, and video waits for the next keyframe. */
  push(data: Uint8Array, { discontinuity }: { discontinuity: boolean }): Fragment[] {
    const samples = this.#samples.push(data, { discontinuity });
    this.texts = timedTexts(samples);
    const { video, audio } = samples;
    const played = this.#samples.tracks.find(({ kind }) => kind === 'audio')?.pid;
    return [
      ...video.map((sample) => this.#video.fragment(sample)),
      ...audio.filter(({ pid }) => pid === played).map((run) => this.#audio.fragment(run)),
    ];
  }
}
