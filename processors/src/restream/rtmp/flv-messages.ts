import { type Milliseconds, TICKS_PER_SECOND, ticks90k } from '@topicast/contracts/units';
import { type AudioConfig, type AudioRun, sameConfig, type VideoSample } from '@topicast/media/samples';
import { decoderRecordOf, opusHead } from '@topicast/media/stored';
import { writeAudioTag, writeVideoTag } from '@topicast/rtmp';
import { ConnectionClock } from '../connection-clock.js';
import type { SentChunk } from '../outlet.js';
import type { MediaMessage } from './media-message.js';

/** What a server has said that it takes besides H.264 and AAC (Enhanced RTMP). */
export interface Capabilities {
  readonly hevc: boolean;
  readonly opus: boolean;
}

const NO_HEVC =
  'The stream is HEVC, which this destination does not take: choose H.264 in the encoder, or make the stream of a source that is encoded here.';
const NO_OPUS =
  'The sound is Opus, which this destination does not take, so it gets the picture alone: choose AAC in the encoder.';

/**
 * Makes messages of the samples of one stream, over all its sessions: nothing is encoded, the times are on one line, and
 * decoders are told again what they need when a session changes it. Only the first picture and the first sound go out.
 */
export class FlvMessages {
  readonly #takes: Capabilities;
  readonly #clock = new ConnectionClock();
  #epoch: number | undefined;
  #video: { readonly pid: number; readonly config: VideoSample['config'] } | undefined;
  #audio: { readonly pid: number; readonly config: AudioConfig } | undefined;
  #lastPicture = -1;
  #lastSound = -1;
  #note: string | undefined;
  #refusal: string | undefined;

  constructor(takes: Capabilities) {
    this.#takes = takes;
  }

  /** What of the stream is left out, in words. */
  get note(): string | undefined {
    return this.#note;
  }

  /** Why the destination can get nothing of the stream, in words. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  /**
   * @param now monotonic
   * @returns the messages of a chunk, its pictures first; and whether a session has begun with it
   */
  of(
    { samples: { video, audio } }: Pick<SentChunk, 'samples'>,
    now: Milliseconds,
  ): { readonly messages: MediaMessage[]; readonly isNewSession: boolean } {
    const first = video[0]?.placement ?? startOf(audio[0]);
    const isNewSession = first !== undefined && first.epoch !== this.#epoch;
    if (first) {
      this.#clock.follow(first.epoch, first.decode, now);
      this.#epoch = first.epoch;
    }
    if (isNewSession) {
      // Its tracks may be others.
      this.#video = undefined;
      this.#audio = undefined;
      this.#note = undefined;
    }
    const messages = [
      ...video.flatMap((sample) => this.#picture(sample)),
      ...audio.flatMap((run) => this.#sound(run)),
    ];
    return { messages, isNewSession };
  }

  #picture(sample: VideoSample): MediaMessage[] {
    const { pid, placement, keyframe, config, parts } = sample;
    if ((this.#video?.pid ?? pid) !== pid) return [];
    if (config.format === 'hevc' && !this.#takes.hevc) {
      this.#refusal = NO_HEVC;
      return [];
    }
    const decode = this.#clock.at(placement.epoch, placement.decode);
    if (decode === undefined) return [];
    // Whole milliseconds, which are never the same twice, whatever the frame rate.
    const time = Math.max(Math.round(decode), this.#lastPicture + 1);
    const presentation = Math.round(decode + (placement.presentation - placement.decode) / 90);
    const messages: MediaMessage[] = [];
    if (!this.#video || !sameConfig(this.#video.config, config)) {
      if (!keyframe) return [];
      this.#video = { pid, config };
      const data = [decoderRecordOf(config)];
      const body = writeVideoTag({ kind: 'config', codec: config.format, data });
      messages.push({ track: 'video', kind: 'config', time: time as Milliseconds, body });
    }
    this.#lastPicture = time;
    const body = writeVideoTag({
      ...{ kind: 'picture', codec: config.format, isKey: keyframe },
      ...{ compositionMs: Math.max(0, presentation - time), data: parts },
    });
    messages.push({ track: 'video', kind: keyframe ? 'key' : 'delta', time: time as Milliseconds, body });
    return messages;
  }

  #sound(run: AudioRun): MediaMessage[] {
    const { pid, config, frames, epoch } = run;
    if ((this.#audio?.pid ?? pid) !== pid) return [];
    if (config.format === 'opus' && !this.#takes.opus) {
      this.#note ??= NO_OPUS;
      return [];
    }
    const messages: MediaMessage[] = [];
    let instant = run.start;
    for (const { data, length } of frames) {
      const at = this.#clock.at(epoch, ticks90k((instant * TICKS_PER_SECOND) / config.sampleRate));
      instant += length;
      const time = at === undefined ? undefined : Math.round(at);
      // The end of a session and the beginning of the next may overlap by some frames.
      if (time === undefined || time <= this.#lastSound) continue;
      if (!this.#audio || !sameConfig(this.#audio.config, config)) {
        this.#audio = { pid, config };
        const description = config.format === 'opus' ? opusHead(config.description) : config.description;
        const body = writeAudioTag('config', config.format, description);
        messages.push({ track: 'audio', kind: 'config', time: time as Milliseconds, body });
      }
      this.#lastSound = time;
      const body = writeAudioTag('frame', config.format, data);
      messages.push({ track: 'audio', kind: 'sound', time: time as Milliseconds, body });
    }
    return messages;
  }
}

function startOf(run: AudioRun | undefined) {
  if (!run) return undefined;
  return { epoch: run.epoch, decode: ticks90k((run.start * TICKS_PER_SECOND) / run.config.sampleRate) };
}
