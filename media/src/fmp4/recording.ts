import type { Ticks90k } from '@topicast/contracts/units';
import { type AudioConfig, sameConfig, type VideoConfig } from '../codec/codec.js';
import { sampleEntryOf } from '../codec/table.js';
import { box, fullBox, u32, u64 } from '../iso-bmff.js';
import type { AudioRun, VideoSample } from '../samples/sample.js';
import {
  type InitOptions,
  initSegment,
  MOVIE_TIMESCALE,
  type TrackInit,
  timescaleOf,
} from './init-segment.js';
import { mediaFragment } from './media-fragment.js';
import { type TimedSamples, timedPictures, timedSound } from './timed-samples.js';

/** A track of a recording, by its PID in the stream. */
export interface RecordedTrack {
  readonly pid: number;
  readonly config: VideoConfig | AudioConfig;
  readonly language?: string | undefined;
}

/** Bytes that replace some near the beginning, once the end is known. */
export interface Patch {
  readonly position: number;
  readonly bytes: Uint8Array;
}

const FILE: Omit<InitOptions, 'duration'> = { majorBrand: 'iso6', brands: ['iso6', 'mp41'] };

const BOX_HEADER_BYTES = 8;
const TREX_BYTES = 32;
const MFRO_BYTES = 16;

/**
 * One fragmented MP4 file that any player plays. The file is complete at every moment: a process that dies loses only
 * what it had not yet appended. A fragment holds the pictures or the sound of one GOP. A stream that changes its codec
 * needs a new file.
 */
export class RecordingWriter {
  readonly #tracks: ReadonlyMap<number, TrackInit>;
  #position = 0;
  #durationAt = 0;
  #sequence = 1;
  #longest = 0;
  /** `tfra` entries: time and place of the fragments that begin with a keyframe. */
  readonly #entries: { readonly time: number; readonly position: number }[] = [];
  readonly #videoId: number | undefined;

  constructor(tracks: readonly RecordedTrack[]) {
    this.#tracks = new Map(
      tracks.map((track, i) => [track.pid, { ...track, id: i + 1, entry: sampleEntryOf(track.config) }]),
    );
    this.#videoId = [...this.#tracks.values()].find(({ config }) => config.kind === 'video')?.id;
  }

  /** The beginning of the file: append it first. */
  begin(): Uint8Array {
    const init = initSegment([...this.#tracks.values()], { ...FILE, duration: 0 });
    // The end of `mehd`; only one `trex` per track follows.
    this.#durationAt = init.byteLength - this.#tracks.size * TREX_BYTES - 4;
    return this.#advance(init);
  }

  /** False if a sample of this kind needs a new file. */
  takes({ pid, config }: { readonly pid: number; readonly config: VideoConfig | AudioConfig }): boolean {
    const track = this.#tracks.get(pid);
    return track !== undefined && sameConfig(track.config, config);
  }

  /**
   * Consecutive pictures of one track: a GOP.
   * @param next the decode time of the keyframe after them, if it is on the same timeline
   */
  pictures(pictures: readonly VideoSample[], next: Ticks90k | undefined): Uint8Array {
    const [first] = pictures;
    if (!first) return new Uint8Array(0);
    if (first.keyframe) this.#entries.push({ time: first.placement.decode, position: this.#position });
    return this.#fragment(first.pid, timedPictures(pictures, next));
  }

  sound(run: AudioRun): Uint8Array {
    return this.#fragment(run.pid, timedSound(run));
  }

  /** The end of the file, an index for seeking; and the duration, for its beginning. */
  end(): { readonly index: Uint8Array; readonly patch: Patch } {
    const patch = { position: this.#durationAt, bytes: Uint8Array.from(u32(this.#longest)) };
    return { index: this.#advance(this.#index()), patch };
  }

  /** ISO 14496-12 8.8.9: where the keyframes are; `mfro`, at the very end, says how long it is. */
  #index(): Uint8Array {
    const entries = this.#entries.flatMap(({ time, position }) => [...u64(time), ...u64(position), 1, 1, 1]);
    const head = [...u32(this.#videoId ?? 0), ...u32(0), ...u32(this.#entries.length)];
    const tfra = fullBox('tfra', { version: 1 }, head, entries);
    const size = BOX_HEADER_BYTES + tfra.byteLength + MFRO_BYTES;
    return box('mfra', tfra, fullBox('mfro', {}, u32(size)));
  }

  #fragment(pid: number, timed: TimedSamples): Uint8Array {
    const track = this.#tracks.get(pid);
    if (!track) throw new RangeError(`the recording has no track with PID ${pid}`);
    const end = timed.samples.reduce((time, { duration }) => time + duration, timed.decodeTime);
    this.#longest = Math.max(this.#longest, Math.round((end * MOVIE_TIMESCALE) / timescaleOf(track.config)));
    return this.#advance(mediaFragment(this.#sequence++, track.id, timed.decodeTime, timed.samples));
  }

  #advance(bytes: Uint8Array): Uint8Array {
    this.#position += bytes.byteLength;
    return bytes;
  }
}
