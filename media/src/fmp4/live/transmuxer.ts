import { MediaTimeline } from '../../samples/media-timeline.js';
import type { AudioRun } from '../../samples/sample.js';
import { SampleReader, type SampleStats } from '../../samples/sample-reader.js';
import { type TimedText, timedTexts } from '../../text/timed-text.js';
import { AudioTrack } from './audio-track.js';
import type { Fragment, TrackKind } from './fragment.js';
import type { FragmentWriter } from './fragment-writer.js';
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
  readonly #takeSound: ((run: AudioRun) => void) | undefined;
  readonly #samples = new SampleReader(new MediaTimeline());
  readonly #video: VideoTrack;
  readonly #audio: AudioTrack;

  /** @param takeSound gets the sound of streams that have a picture, instead of fragments of it */
  constructor(writer: FragmentWriter, takeSound?: (run: AudioRun) => void) {
    this.#video = new VideoTrack(writer);
    this.#audio = new AudioTrack(writer);
    this.#takeSound = takeSound;
  }

  get stats(): SampleStats {
    return this.#samples.stats;
  }

  /** The tracks that the newest keyframe chunk announced, whether or not they have come, and that give fragments. */
  get announced(): readonly TrackKind[] {
    const kinds = new Set(this.#samples.tracks.map(({ kind }) => kind));
    if (this.#takeSound && kinds.has('video')) return ['video'];
    return KINDS.filter((kind) => kinds.has(kind));
  }

  /** The picture was left out for a while, and begins again with the next chunk. The sound has gone on. */
  beginPicture(): void {
    this.#samples.beginPicture();
    this.#video.begin();
  }

  /** TS bytes of one chunk. A damaged chunk gives no fragment, and video waits for the next keyframe. */
  push(data: Uint8Array, { discontinuity }: { discontinuity: boolean }): Fragment[] {
    const samples = this.#samples.push(data, { discontinuity });
    this.texts = timedTexts(samples);
    const { video, audio } = samples;
    const played = this.#samples.tracks.find(({ kind }) => kind === 'audio')?.pid;
    const sound = audio.filter(({ pid }) => pid === played);
    const pictures = video.map((sample) => this.#video.fragment(sample));
    if (!this.#takeSound || !this.#samples.tracks.some(({ kind }) => kind === 'video')) {
      return [...pictures, ...sound.map((run) => this.#audio.fragment(run))];
    }
    for (const run of sound) this.#takeSound(run);
    return pictures;
  }
}
