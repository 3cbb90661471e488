import { AccessUnitReader } from './access-unit.js';
import { AdtsReader } from './adts.js';
import { AudioTrack } from './audio-track.js';
import { type ChunkContents, ChunkDemuxer, type Pes } from './demuxer.js';
import type { Fragment } from './fragment.js';
import { MediaTimeline } from './timeline.js';
import { VideoTrack } from './video-track.js';

/** Counted since the beginning. */
export interface TransmuxerStats {
  /** Gave no fragment: bytes or packets were missing inside. */
  readonly damagedChunks: number;
  /** Before the first keyframe, damaged, or after loss up to the next keyframe. */
  readonly droppedAccessUnits: number;
  /** Before the first picture, or of another timeline than the video. */
  readonly droppedAudioFrames: number;
}

/**
 * Chunk in, fragments out, at once. Media time is the chunk's unwrapped time minus a base chosen at the first keyframe
 * and at each rebase, so that the media timeline goes on growing over discontinuities. Never throws on any input.
 */
export class Transmuxer {
  private readonly demuxer = new ChunkDemuxer();
  private readonly accessUnits = new AccessUnitReader();
  private readonly adts = new AdtsReader();
  private readonly timeline = new MediaTimeline();
  private readonly video = new VideoTrack();
  private readonly audio = new AudioTrack();
  private waitsForKeyframe = true;
  private damagedChunks = 0;
  private droppedAccessUnits = 0;

  get stats(): TransmuxerStats {
    const { damagedChunks, droppedAccessUnits } = this;
    return { damagedChunks, droppedAccessUnits, droppedAudioFrames: this.audio.droppedFrames };
  }

  /** TS bytes of one chunk. A damaged chunk gives no fragment, and video waits for the next keyframe. */
  push(data: Uint8Array, { discontinuity }: { discontinuity: boolean }): Fragment[] {
    if (discontinuity) this.lose();
    const contents = this.demuxer.read(data);
    if (!contents) {
      this.damagedChunks++;
      this.lose();
      return [];
    }
    this.waitsForKeyframe ||= contents.videoGap;
    if (contents.audioGap) this.loseAudio();
    const video = contents.video.flatMap((pes) => this.readVideo(pes, contents.audio[0]?.pts) ?? []);
    return [...video, ...this.readAudio(contents)];
  }

  private readVideo(pes: Pes, audioPts: number | undefined): Fragment | undefined {
    const unit = this.accessUnits.read(pes);
    const keyframe = unit?.parameters !== undefined;
    const readable = unit && (keyframe || !this.waitsForKeyframe);
    const placement = readable && this.timeline.placeVideo({ ...unit, keyframe }, audioPts);
    this.waitsForKeyframe = !placement;
    if (!placement) {
      this.droppedAccessUnits++;
      return undefined;
    }
    const { fragment, end } = this.video.fragment(unit, placement);
    this.timeline.reach('video', end);
    return fragment;
  }

  private readAudio({ audio, audioOnly }: ChunkContents): Fragment[] {
    const frames = audio.flatMap((pes) => this.adts.read(pes));
    const { fragments, end } = this.audio.fragments(frames, (pts) =>
      this.timeline.placeAudio(pts, audioOnly),
    );
    if (end !== undefined) this.timeline.reach('audio', end);
    return fragments;
  }

  /** What comes next does not continue what came before. */
  private lose(): void {
    this.demuxer.reset();
    this.waitsForKeyframe = true;
    this.loseAudio();
  }

  /** The rest of an audio frame that was cut off does not come. */
  private loseAudio(): void {
    this.adts.reset();
    this.audio.lose();
  }
}
