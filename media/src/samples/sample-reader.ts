import { ticks90k } from '@topicast/contracts/units';
import type { AudioReader } from '../codec/codec.js';
import { ChunkReader, type TrackUnits, type Unit } from '../mpegts/chunk-reader.js';
import { type AudioPid, type DataPid, ofKind, type ProgrammeTrack, type VideoPid } from '../mpegts/tracks.js';
import { AudioClock, endOf, ticksOf } from './audio-clock.js';
import type { AudioRun, ChunkSamples, DataSample, Placement, SampleClock, VideoSample } from './sample.js';
import { VideoTimes } from './video-times.js';

/** Counted since the beginning. */
export interface SampleStats {
  /** Chunks without samples, because bytes or packets were missing inside. */
  readonly damagedChunks: number;
  /** Before the first keyframe, damaged, or after loss up to the next keyframe. */
  readonly droppedAccessUnits: number;
  /** Before the first picture, or on another timeline than the video. */
  readonly droppedAudioFrames: number;
  /** Before the first picture, or on another timeline. */
  readonly droppedDataUnits: number;
}

const NO_SAMPLES: ChunkSamples = { video: [], audio: [], data: [] };

interface AudioState {
  readonly entry: AudioPid;
  readonly reader: AudioReader;
  readonly clock: AudioClock;
}

/** Chunks in, samples with true times out, of all tracks. Never throws on any input. */
export class SampleReader {
  readonly #clock: SampleClock;
  readonly #audioFrom: number;
  readonly #chunks = new ChunkReader();
  readonly #video = new VideoTimes();
  #announced: readonly ProgrammeTrack[] = [];
  #audio = new Map<number, AudioState>();
  #waitsForKeyframe = true;
  #damagedChunks = 0;
  #droppedAccessUnits = 0;
  #droppedAudioBefore = 0;
  #droppedDataUnits = 0;

  /** @param audioFrom instants from which on sound is given */
  constructor(clock: SampleClock, audioFrom = 0) {
    this.#clock = clock;
    this.#audioFrom = audioFrom;
  }

  get stats(): SampleStats {
    let droppedAudioFrames = this.#droppedAudioBefore;
    for (const { clock } of this.#audio.values()) droppedAudioFrames += clock.droppedFrames;
    return {
      damagedChunks: this.#damagedChunks,
      droppedAccessUnits: this.#droppedAccessUnits,
      droppedAudioFrames,
      droppedDataUnits: this.#droppedDataUnits,
    };
  }

  /** What the newest keyframe chunk announced, in the order of its PMT. */
  get tracks(): readonly ProgrammeTrack[] {
    return this.#announced;
  }

  /** TS bytes of one chunk. A damaged chunk gives no samples, and video waits for the next keyframe. */
  push(chunk: Uint8Array, { discontinuity }: { discontinuity: boolean }): ChunkSamples {
    if (discontinuity) this.#lose();
    const contents = this.#chunks.read(chunk);
    if (this.#chunks.tracks !== this.#announced) this.#announce(this.#chunks.tracks);
    if (!contents) {
      this.#damagedChunks++;
      this.#lose();
      return NO_SAMPLES;
    }
    const video = contents.filter(isOf('video'));
    const audio = contents.filter(isOf('audio'));
    for (const { gap } of video) this.#waitsForKeyframe ||= gap;
    for (const { gap, track } of audio) if (gap) this.#loseAudio(track);
    const firstAudio = audio.find(({ units }) => units.length > 0)?.units[0]?.pts;
    const pictures = video.flatMap(({ track, units }) =>
      units.flatMap((unit) => this.#readVideo(track, unit, firstAudio) ?? []),
    );
    const sounds = audio.flatMap((units, i) =>
      this.#readAudio(units, { alone: video.length === 0, leads: i === 0 }),
    );
    const now = pictures[0]?.placement ?? placementOf(sounds[0]);
    const data = contents.filter(isOf('data')).flatMap((units) => this.#readData(units, now));
    return { video: pictures, audio: sounds, data };
  }

  /**
   * Count sound afresh from its next time stamp on. Readers that call this at the same chunks return the same times,
   * wherever they began to read.
   */
  resync(): void {
    for (const { clock } of this.#audio.values()) clock.resync();
  }

  /** The picture was left out: nothing of it can be read before its next keyframe. */
  beginPicture(): void {
    this.#waitsForKeyframe = true;
  }

  #readVideo(
    track: VideoPid,
    { data, pts, dts }: Unit,
    audioPts: number | undefined,
  ): VideoSample | undefined {
    const unit = pts === undefined || dts === undefined ? undefined : track.codec.read(data);
    const keyframe = unit?.config !== undefined;
    const isReadable = unit && (keyframe || !this.#waitsForKeyframe);
    const placement = isReadable && this.#clock.placeVideo({ dts: dts!, pts: pts!, keyframe }, audioPts);
    const sample = placement && this.#video.sample(track.pid, unit, placement);
    this.#waitsForKeyframe = !sample;
    if (!sample) {
      this.#droppedAccessUnits++;
      return undefined;
    }
    this.#clock.reach('video', ticks90k(sample.placement.presentation + sample.duration));
    return sample;
  }

  /** @param leads the track that continues without a gap over a jump of the clock */
  #readAudio(
    { track, units }: TrackUnits<AudioPid>,
    { alone, leads }: { alone: boolean; leads: boolean },
  ): AudioRun[] {
    const state = this.#audio.get(track.pid);
    if (!state) return [];
    const frames = units.flatMap(({ data, pts }) => state.reader.read(data, pts));
    const runs = state.clock.runs(frames, (pts) => this.#clock.placeAudio(pts, alone));
    const last = runs.at(-1);
    if (last && leads) this.#clock.reach('audio', ticksOf(endOf(last), last));
    return runs;
  }

  #readData({ track, units }: TrackUnits<DataPid>, now: Placement | undefined): DataSample[] {
    return units.flatMap(({ data, pts }) => {
      const placement = pts === undefined ? now : this.#clock.placeData(pts);
      if (!placement) this.#droppedDataUnits++;
      return placement ? [{ pid: track.pid, format: track.format, data, placement }] : [];
    });
  }

  #announce(tracks: readonly ProgrammeTrack[]): void {
    this.#announced = tracks;
    const before = this.#audio;
    this.#audio = new Map();
    for (const entry of ofKind(tracks, 'audio')) {
      const known = before.get(entry.pid);
      const goesOn = known?.entry.codec === entry.codec;
      this.#audio.set(entry.pid, {
        entry,
        reader: entry.codec.reader(entry.stream),
        clock: goesOn ? known.clock : new AudioClock(entry.pid, this.#audioFrom),
      });
      if (goesOn) before.delete(entry.pid);
    }
    for (const { clock } of before.values()) this.#droppedAudioBefore += clock.droppedFrames;
  }

  /** The next chunk does not continue the previous one. */
  #lose(): void {
    this.#chunks.reset();
    this.#waitsForKeyframe = true;
    for (const { entry } of this.#audio.values()) this.#loseAudio(entry);
  }

  /** The rest of an audio frame that was cut off will not come. */
  #loseAudio({ pid }: AudioPid): void {
    const state = this.#audio.get(pid);
    state?.reader.reset();
    state?.clock.lose();
  }
}

const isOf =
  <Kind extends ProgrammeTrack['kind']>(kind: Kind) =>
  (units: TrackUnits): units is TrackUnits<Extract<ProgrammeTrack, { kind: Kind }>> =>
    units.track.kind === kind;

const placementOf = (run: AudioRun | undefined): Placement | undefined => {
  if (!run) return undefined;
  const start = ticksOf(run.start, run);
  return { decode: start, presentation: start, epoch: run.epoch };
};
