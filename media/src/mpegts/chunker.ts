import type { Track } from '@topicast/contracts/catalog';
import type { Ticks90k } from '@topicast/contracts/units';
import { concatenated } from '../bytes.js';
import type { Chunk, ChunkerStats, StreamFormat } from './chunk.js';
import { ContinuityCheck } from './continuity.js';
import { isScrambled, NULL_PID, pidOf } from './packet.js';
import { type CarriedProgramme, ProgrammeReader } from './programme-reader.js';
import { type SidePackets, SideTracks } from './side-tracks.js';
import { PacketSplitter } from './splitter.js';
import { type Programme, TableWriter } from './tables.js';
import { Timeline } from './timeline.js';
import { ofKind, type VideoPid } from './tracks.js';
import { type AccessUnit, VideoTrack } from './video-track.js';

/** Audio leaves without video after this much of it. */
const AUDIO_CHUNK_TICKS = 40 * 90;
/** How often a stream without video can be joined. */
const AUDIO_KEYFRAME_TICKS = 90_000;

/**
 * Cuts a byte stream of MPEG-TS into chunks, each as soon as its access unit is complete. It cuts but does not rewrite:
 * the packets of one video track and of all audio and data tracks pass unchanged. Null packets, other programmes and
 * unknown stream types are left out, and the chunker writes PAT and PMT itself, in front of each keyframe. Any split of
 * the same bytes gives the same chunks, and no input makes it throw.
 */
export class Chunker {
  readonly #onChunk: (chunk: Chunk) => void;
  readonly #counts = { packets: 0, nullPackets: 0, continuityErrors: 0, ignoredPackets: 0 };
  readonly #splitter = new PacketSplitter((packet, position) => this.#onPacket(packet, position));
  readonly #continuity = new ContinuityCheck();
  readonly #tables = new TableWriter();
  readonly #timeline = new Timeline();
  readonly #video = new VideoTrack(this.#timeline, (unit) => this.#cut(unit));
  readonly #sides = new SideTracks(this.#timeline);
  readonly #programmes = new ProgrammeReader();
  #carried: CarriedProgramme | undefined;
  #videoTrack: VideoPid | undefined;
  /** Chunks since the last keyframe chunk; undefined before the first one, while nothing leaves. */
  #sinceKeyframe: number | undefined;
  #lastAudioKeyframe: Ticks90k | undefined;
  #lastStart = 0;

  constructor(onChunk: (chunk: Chunk) => void) {
    this.#onChunk = onChunk;
  }

  get stats(): Readonly<ChunkerStats> {
    return {
      ...this.#counts,
      garbageBytes: this.#splitter.garbageBytes,
      droppedAccessUnits: this.#video.droppedAccessUnits,
      droppedUnits: this.#sides.dropped,
    };
  }

  /** The first track of each kind, as far as its bitstream has described it. */
  get format(): StreamFormat {
    const sound = this.#sides.describe().find((track) => track.kind === 'audio' && track.codec !== undefined);
    if (sound?.kind !== 'audio') return { video: this.#video.format, audio: undefined };
    const { codec, sampleRate, channels } = sound;
    return { video: this.#video.format, audio: { codec, sampleRate, channels } };
  }

  /** The tracks in the chunks, in the order of the PMT, except that the video track comes first. */
  get tracks(): readonly Track[] {
    const videoTrack = this.#videoTrack;
    const video: Track[] = videoTrack ? [{ kind: 'video', pid: videoTrack.pid, ...this.#video.format }] : [];
    return [...video, ...this.#sides.describe()];
  }

  push(bytes: Uint8Array): void {
    this.#splitter.push(bytes);
  }

  /** The stream is over: everything complete leaves. */
  end(): void {
    this.#splitter.end();
    this.#sides.finish();
    this.#video.finish();
    this.#cutAudio();
  }

  #onPacket(packet: Uint8Array, position: number): void {
    this.#counts.packets++;
    const pid = pidOf(packet);
    if (pid === NULL_PID) {
      this.#counts.nullPackets++;
      return;
    }
    const isVideo = pid === this.#videoTrack?.pid;
    const isSide = !isVideo && this.#sides.has(pid);
    if (!(isVideo || isSide || this.#programmes.isTable(pid)) || isScrambled(packet)) {
      this.#counts.ignoredPackets++;
      return;
    }
    const order = this.#continuity.check(packet, pid);
    if (order === 'repeat') return;
    if (order === 'gap') {
      this.#counts.continuityErrors++;
      if (isVideo) this.#video.lose();
      if (isSide) this.#sides.lose(pid);
    }
    if (isVideo) this.#video.push(packet, position);
    else if (isSide) this.#onSide(packet, pid, position);
    else this.#onTable(packet, pid);
  }

  #onSide(packet: Uint8Array, pid: number, position: number): void {
    this.#sides.push(packet, pid, position);
    if (this.#sides.waited >= AUDIO_CHUNK_TICKS) this.#cutAudio();
  }

  #onTable(packet: Uint8Array, pid: number): void {
    this.#programmes.push(packet, pid);
    const { current } = this.#programmes;
    if (current === this.#carried) return;
    this.#carried = current;
    const [video] = ofKind(current?.tracks ?? [], 'video');
    if (video?.pid !== this.#videoTrack?.pid || video?.codec !== this.#videoTrack?.codec)
      this.#video.use(video?.codec);
    this.#videoTrack = video;
    this.#sides.use(current?.tracks ?? []);
  }

  /** A video access unit is complete, and leaves with the complete audio. */
  #cut(unit: AccessUnit): void {
    this.#emit(unit.packets, this.#sides.take(), unit);
  }

  #cutAudio(): void {
    const pending = this.#sides.take();
    if (pending?.from === undefined) return;
    const { from, start } = pending;
    const alone = this.#videoTrack === undefined;
    const since = from - (this.#lastAudioKeyframe ?? Number.NEGATIVE_INFINITY);
    const keyframe = alone && (since >= AUDIO_KEYFRAME_TICKS || since < 0);
    if (keyframe) this.#lastAudioKeyframe = from;
    // Audio from before the first picture of an A/V stream; nobody can start there.
    if (!alone && this.#sinceKeyframe === undefined) return;
    this.#emit(undefined, pending, {
      keyframe,
      discontinuity: this.#sinceKeyframe === undefined || since < 0,
      decodeTime: from,
      presentationOffset: 0 as Ticks90k,
      start,
    });
  }

  #emit(
    video: Uint8Array | undefined,
    sides: SidePackets | undefined,
    unit: Pick<Chunk, 'keyframe' | 'discontinuity' | 'decodeTime' | 'presentationOffset' | 'start'>,
  ): void {
    const { keyframe, discontinuity, decodeTime, presentationOffset } = unit;
    const parts = [...(video ? [video] : []), ...(sides?.packets ?? [])];
    if (keyframe && this.#carried)
      parts.unshift(this.#tables.write(programmeOf(this.#carried), this.#carried.pmtPid));
    this.#sinceKeyframe = keyframe ? 0 : (this.#sinceKeyframe ?? 0) + 1;
    // Interleaved tracks may end in another order than they began, but a chunk's place in the stream must never go
    // back.
    this.#lastStart = Math.max(Math.min(unit.start, sides?.start ?? unit.start), this.#lastStart);
    this.#onChunk({
      data: concatenated(parts),
      keyframe,
      discontinuity,
      audioOnly: !video,
      decodeTime,
      presentationOffset,
      sinceKeyframe: this.#sinceKeyframe,
      start: this.#lastStart,
    });
  }
}

/** Only the tracks that the chunks carry, with their clock, which no other PID carries. */
function programmeOf({ programme, tracks }: CarriedProgramme): Programme {
  const [video, audio] = [ofKind(tracks, 'video')[0], ofKind(tracks, 'audio')[0]];
  return { ...programme, pcrPid: (video ?? audio)!.pid, streams: tracks.map(({ stream }) => stream) };
}
