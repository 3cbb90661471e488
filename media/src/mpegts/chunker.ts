import type { Ticks90k } from '@topicast/contracts/units';
import { AudioTrack, type PendingAudio } from './audio-track.js';
import type { Chunk, ChunkerStats, StreamFormat } from './chunk.js';
import { ContinuityCheck } from './continuity.js';
import { isScrambled, NULL_PID, pidOf } from './packet.js';
import {
  PAT_PID,
  type Programme,
  parsePat,
  parsePmt,
  SectionAssembler,
  STREAM_TYPE_AAC_ADTS,
  STREAM_TYPE_H264,
  TableWriter,
} from './psi.js';
import { PacketSplitter } from './splitter.js';
import { Timeline } from './timeline.js';
import { type AccessUnit, VideoTrack } from './video-track.js';

/** Audio leaves without video after this much of it. */
const AUDIO_CHUNK_TICKS = 40 * 90;
/** How often a stream without video can be joined. */
const AUDIO_KEYFRAME_TICKS = 90_000;

/** The tracks of the programme that is carried: H.264 or AAC or both, of the first programme that has them. */
interface Carried {
  readonly programme: Programme;
  readonly pmtPid: number;
  readonly videoPid: number | undefined;
  readonly audioPid: number | undefined;
}

/**
 * Cuts a byte stream of MPEG-TS into chunks, each as soon as its access unit is complete. It cuts and does not
 * rewrite: packets pass as they are, but null packets, other programmes and other stream types, and PAT and PMT,
 * which the chunker writes itself in front of each keyframe. Any split of the same bytes gives the same chunks, and
 * no input makes it throw.
 */
export class Chunker {
  private readonly counts = { packets: 0, nullPackets: 0, continuityErrors: 0, ignoredPackets: 0 };
  private readonly splitter = new PacketSplitter((packet, position) => this.onPacket(packet, position));
  private readonly continuity = new ContinuityCheck();
  private readonly tables = new TableWriter();
  private readonly timeline = new Timeline();
  private readonly video = new VideoTrack(this.timeline, (unit) => this.cut(unit));
  private readonly audio = new AudioTrack(this.timeline);
  private readonly patSections = new SectionAssembler();
  private readonly pmtSections = new Map<number, SectionAssembler>();
  private carried: Carried | undefined;
  /** Chunks since the last keyframe chunk; undefined before the first one, while nothing leaves. */
  private sinceKeyframe: number | undefined;
  private lastAudioKeyframe: Ticks90k | undefined;
  private lastStart = 0;

  constructor(private readonly onChunk: (chunk: Chunk) => void) {}

  get stats(): Readonly<ChunkerStats> {
    return {
      ...this.counts,
      garbageBytes: this.splitter.garbageBytes,
      droppedAccessUnits: this.video.droppedAccessUnits,
    };
  }

  get format(): StreamFormat {
    return { video: this.video.format, audio: this.audio.format };
  }

  push(bytes: Uint8Array): void {
    this.splitter.push(bytes);
  }

  /** The stream is over: what is complete leaves. */
  end(): void {
    this.splitter.end();
    this.audio.finish();
    this.video.finish();
    this.cutAudio();
  }

  private onPacket(packet: Uint8Array, position: number): void {
    this.counts.packets++;
    const pid = pidOf(packet);
    if (pid === NULL_PID) {
      this.counts.nullPackets++;
      return;
    }
    const isVideo = pid === this.carried?.videoPid;
    const isAudio = pid === this.carried?.audioPid;
    const isTable = pid === PAT_PID || this.pmtSections.has(pid);
    if (!(isVideo || isAudio || isTable) || isScrambled(packet)) {
      this.counts.ignoredPackets++;
      return;
    }
    const order = this.continuity.check(packet, pid);
    if (order === 'repeat') return;
    if (order === 'gap') {
      this.counts.continuityErrors++;
      if (isVideo) this.video.lose();
      if (isAudio) this.audio.lose();
    }
    if (isVideo) this.video.push(packet, position);
    else if (isAudio) this.onAudio(packet, position);
    else if (pid === PAT_PID) this.onPat(packet);
    else this.onPmt(packet, pid);
  }

  private onAudio(packet: Uint8Array, position: number): void {
    this.audio.push(packet, position);
    const pending = this.audio.pending;
    if (!pending) return;
    // From begin to begin, so that two AAC frames (43 ms) do not overtake the pictures of a 24 or 25 Hz stream.
    const waited = pending.last - pending.from || pending.to - pending.from;
    if (waited >= AUDIO_CHUNK_TICKS) this.cutAudio();
  }

  private onPat(packet: Uint8Array): void {
    const section = this.patSections.push(packet);
    if (!section) return;
    const pids = parsePat(section);
    for (const pid of pids) if (!this.pmtSections.has(pid)) this.pmtSections.set(pid, new SectionAssembler());
    for (const pid of this.pmtSections.keys()) if (!pids.includes(pid)) this.pmtSections.delete(pid);
    if (this.carried && !pids.includes(this.carried.pmtPid)) this.carried = undefined;
  }

  private onPmt(packet: Uint8Array, pmtPid: number): void {
    const section = this.pmtSections.get(pmtPid)?.push(packet);
    const programme = section && parsePmt(section);
    if (!programme || (this.carried && this.carried.pmtPid !== pmtPid)) return;
    const video = programme.streams.find(({ type }) => type === STREAM_TYPE_H264);
    const audio = programme.streams.find(({ type }) => type === STREAM_TYPE_AAC_ADTS);
    if (!video && !audio) return;
    if (this.carried && this.carried.videoPid !== video?.pid) this.video.lose();
    if (this.carried && this.carried.audioPid !== audio?.pid) this.audio.lose();
    const streams = [video, audio].filter((stream) => stream !== undefined);
    this.carried = {
      programme: { ...programme, pcrPid: (video ?? audio)!.pid, streams },
      pmtPid,
      videoPid: video?.pid,
      audioPid: audio?.pid,
    };
  }

  /** A video access unit is complete: it leaves with the audio that is. */
  private cut(unit: AccessUnit): void {
    this.emit(unit.packets, this.audio.take(), unit);
  }

  private cutAudio(): void {
    const pending = this.audio.take();
    if (!pending) return;
    const alone = this.carried?.videoPid === undefined;
    const since = pending.from - (this.lastAudioKeyframe ?? Number.NEGATIVE_INFINITY);
    const keyframe = alone && (since >= AUDIO_KEYFRAME_TICKS || since < 0);
    if (keyframe) this.lastAudioKeyframe = pending.from;
    // Audio from before the first picture of an A/V stream: nobody can begin there.
    if (!alone && this.sinceKeyframe === undefined) return;
    this.emit(undefined, pending, {
      keyframe,
      discontinuity: this.sinceKeyframe === undefined || since < 0,
      decodeTime: pending.from,
      presentationOffset: 0 as Ticks90k,
      start: pending.start,
    });
  }

  private emit(
    video: Uint8Array | undefined,
    audio: PendingAudio | undefined,
    unit: Pick<Chunk, 'keyframe' | 'discontinuity' | 'decodeTime' | 'presentationOffset' | 'start'>,
  ): void {
    const { keyframe, discontinuity, decodeTime, presentationOffset } = unit;
    const parts = [...(video ? [video] : []), ...(audio?.packets ?? [])];
    if (keyframe && this.carried)
      parts.unshift(this.tables.write(this.carried.programme, this.carried.pmtPid));
    this.sinceKeyframe = keyframe ? 0 : (this.sinceKeyframe ?? 0) + 1;
    // Interleaved tracks may finish in another order than they began: a chunk's place in the stream never goes back.
    this.lastStart = Math.max(Math.min(unit.start, audio?.start ?? unit.start), this.lastStart);
    this.onChunk({
      data: concatenated(parts),
      keyframe,
      discontinuity,
      audioOnly: !video,
      decodeTime,
      presentationOffset,
      sinceKeyframe: this.sinceKeyframe,
      start: this.lastStart,
    });
  }
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.byteLength;
  }
  return out;
}
