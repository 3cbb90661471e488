import { type Milliseconds, TICKS_PER_SECOND, ticks90k } from '@topicast/contracts/units';
import { TransportWriter, type WrittenTrack, type WrittenUnit } from '@topicast/media/mpegts';
import type { AudioConfig, AudioRun, VideoSample } from '@topicast/media/samples';
import {
  NAL_FORMATS,
  opusDescriptors,
  opusHead,
  readAudioSpecificConfig,
  STREAM_TYPE_ADTS,
  STREAM_TYPE_PRIVATE_PES,
  toAdts,
  toByteStream,
  toOpusUnit,
} from '@topicast/media/stored';
import { ConnectionClock } from '../connection-clock.js';
import type { SentChunk } from '../outlet.js';

const VIDEO_PID = 0x100;
const AUDIO_PID = 0x101;
/** ISO 13818-1 table 2-22. */
const STREAM_ID = { video: 0xe0, audio: 0xc0, private: 0xbd } as const;
const NO_BYTES = new Uint8Array(0);
const TICKS_PER_MS = 90;

/**
 * Writes the samples of a stream as MPEG-TS once more, over all its sessions: with times on one line, and counters that
 * go on. The chunks of the log would not do: each session has a clock and counters of its own.
 */
export class TsUnits {
  readonly #writer = new TransportWriter();
  readonly #clock = new ConnectionClock();
  #video: WrittenTrack | undefined;
  #audio: WrittenTrack | undefined;
  #audioConfig: AudioConfig | undefined;
  #lastPicture = Number.NEGATIVE_INFINITY;
  #lastSound = Number.NEGATIVE_INFINITY;
  #isAnnounced = false;

  /** @param now monotonic */
  of({ samples: { video, audio }, isStart }: SentChunk, now: Milliseconds): Uint8Array[] {
    const first = video[0]?.placement ?? startOf(audio[0]);
    if (first) this.#clock.follow(first.epoch, first.decode, now);
    // Whoever tunes in, or has lost packets, learns again what there is.
    if (isStart) this.#isAnnounced = false;
    this.#follow(video[0], audio[0]);
    return [
      ...video.flatMap((sample) => this.#picture(sample)),
      ...audio.flatMap((run) => run.frames.flatMap((_, index) => this.#sound(run, index))),
    ];
  }

  /** Units were left out. */
  lose(): void {
    for (const track of [this.#video, this.#audio]) if (track) this.#writer.lose(track);
  }

  /** The tracks may be others than before. */
  #follow(sample: VideoSample | undefined, run: AudioRun | undefined): void {
    if (sample) {
      const { streamType: type, descriptors } = NAL_FORMATS[sample.config.format];
      if (this.#video?.type !== type) this.#isAnnounced = false;
      this.#video = { pid: VIDEO_PID, type, streamId: STREAM_ID.video, descriptors };
    }
    if (run && run.config !== this.#audioConfig) {
      this.#audioConfig = run.config;
      const isAac = run.config.format === 'aac';
      this.#audio = {
        pid: AUDIO_PID,
        type: isAac ? STREAM_TYPE_ADTS : STREAM_TYPE_PRIVATE_PES,
        streamId: isAac ? STREAM_ID.audio : STREAM_ID.private,
        descriptors: isAac ? NO_BYTES : (opusDescriptors(opusHead(run.config.description)) ?? NO_BYTES),
      };
      this.#isAnnounced = false;
    }
  }

  #picture({ placement, keyframe, config, parts }: VideoSample): Uint8Array[] {
    const at = this.#clock.at(placement.epoch, placement.decode);
    if (at === undefined || !this.#video) return [];
    const { format, parameterSets } = config;
    const unit = toByteStream({ format, parameterSets, lengthBytes: 4 }, Buffer.concat(parts), keyframe);
    if (unit.kind !== 'picture') return [];
    const dts = Math.max(Math.round(at * TICKS_PER_MS), this.#lastPicture + 1);
    this.#lastPicture = dts;
    const pts = dts + placement.presentation - placement.decode;
    return this.#write(this.#video, { payload: unit.bytes, pts, dts, isKey: unit.isKey });
  }

  #sound(run: AudioRun, index: number): Uint8Array[] {
    const { config, frames, start, epoch } = run;
    const instant = frames.slice(0, index).reduce((sum, { length }) => sum + length, start);
    const at = this.#clock.at(epoch, ticks90k((instant * TICKS_PER_SECOND) / config.sampleRate));
    if (at === undefined || !this.#audio) return [];
    const pts = Math.round(at * TICKS_PER_MS);
    // The end of a session and the beginning of the next may overlap by some frames.
    if (pts <= this.#lastSound) return [];
    const { data } = frames[index]!;
    const aac = config.format === 'aac' ? readAudioSpecificConfig(config.description) : undefined;
    const payload = aac ? toAdts(aac, data) : toOpusUnit(data);
    if (!payload) return [];
    this.#lastSound = pts;
    return this.#write(this.#audio, { payload, pts, dts: pts, isKey: true });
  }

  #write(track: WrittenTrack, unit: WrittenUnit): Uint8Array[] {
    const bytes = this.#writer.unit(track, unit);
    if (this.#isAnnounced) return [bytes];
    this.#isAnnounced = true;
    const tracks = [this.#video, this.#audio].filter((each) => each !== undefined);
    return [this.#writer.announce(tracks), bytes];
  }
}

function startOf(run: AudioRun | undefined) {
  if (!run) return undefined;
  return { epoch: run.epoch, decode: ticks90k((run.start * TICKS_PER_SECOND) / run.config.sampleRate) };
}
