import type { IngestMedia } from '@topicast/contracts/ingest-message';
import { type BitsPerSecond, type Milliseconds, milliseconds, ticks90k } from '@topicast/contracts/units';
import { opusHead } from '../core/opus-head.js';
import { PositionTimes } from '../core/position-times.js';
import { bytesOf } from './picture-encoder.js';

const US_PER_MS = 1_000;
const TICKS_PER_MS = 90;
/** Opus comes sooner than AAC, and every encoder of a browser has it. */
const CODECS = [
  { name: 'opus', codec: 'opus' },
  { name: 'mp4a.40.2', codec: 'aac' },
] as const;

interface SoundEncoderOptions {
  readonly bitrate: BitsPerSecond;
  readonly onMedia: (media: IngestMedia) => void;
  readonly onFailed: (words: string) => void;
}

/** Opus, or AAC, of whatever the microphone gives. */
export class SoundEncoder {
  readonly #options: SoundEncoderOptions;
  #encoder: AudioEncoder | undefined;
  #shape: { readonly sampleRate: number; readonly channels: number } | undefined;
  #isChoosing = false;
  #config: IngestMedia | undefined;
  #times = new PositionTimes();
  /** Given to the encoder so far. */
  #samples = 0;

  constructor(options: SoundEncoderOptions) {
    this.#options = options;
  }

  /** For another server. */
  get config(): IngestMedia | undefined {
    return this.#config;
  }

  /**
   * @param data closed by its owner
   * @param time on our time line
   */
  encode(data: AudioData, time: Milliseconds): void {
    const { sampleRate, numberOfChannels: channels } = data;
    if (this.#shape?.sampleRate !== sampleRate || this.#shape.channels !== channels) {
      if (this.#isChoosing) return;
      this.#isChoosing = true;
      void this.#choose(sampleRate, channels).finally(() => {
        this.#isChoosing = false;
      });
    } else if (this.#encoder?.state === 'configured') this.#put(this.#encoder, data, time);
  }

  close(): void {
    if (this.#encoder && this.#encoder.state !== 'closed') this.#encoder.close();
  }

  #put(encoder: AudioEncoder, data: AudioData, time: Milliseconds): void {
    const position = (this.#samples / data.sampleRate) * 1_000;
    this.#times.put(milliseconds(position), time);
    this.#samples += data.numberOfFrames;
    const placed = placedAt(data, Math.round(position * US_PER_MS));
    encoder.encode(placed);
    placed.close();
  }

  async #choose(sampleRate: number, channels: number): Promise<void> {
    const { bitrate, onFailed } = this.#options;
    for (const { name, codec } of CODECS) {
      const config = { codec: name, sampleRate, numberOfChannels: channels, bitrate };
      const { supported } = await AudioEncoder.isConfigSupported(config).catch(() => ({ supported: false }));
      if (!supported) continue;
      this.close();
      this.#encoder = new AudioEncoder({
        output: (chunk, about) => this.#onOutput(chunk, about, codec, channels),
        error: ({ message }) => onFailed(`The browser's audio encoder has failed: ${message}`),
      });
      this.#encoder.configure(config);
      this.#shape = { sampleRate, channels };
      this.#times = new PositionTimes();
      this.#samples = 0;
      return;
    }
    onFailed('This browser can encode neither Opus nor AAC: turn the sound off, or use another browser.');
  }

  #onOutput(
    chunk: EncodedAudioChunk,
    about: EncodedAudioChunkMetadata | undefined,
    codec: 'opus' | 'aac',
    channels: number,
  ): void {
    const { onMedia } = this.#options;
    if (about?.decoderConfig) {
      const { description } = about.decoderConfig;
      // The header may be left out for up to two channels (WebCodecs Opus registration).
      const data = description ? bytesOf(description) : opusHead(channels);
      this.#config = { kind: 'audio config', codec, data };
      onMedia(this.#config);
    }
    // The first frames of AAC come before the first sample, with what the decoder needs to begin.
    const time = this.#times.at(milliseconds(Math.max(0, chunk.timestamp / US_PER_MS)));
    if (time === undefined) return;
    const data = new Uint8Array(chunk.byteLength);
    chunk.copyTo(data);
    onMedia({ kind: 'sound', time: ticks90k(time * TICKS_PER_MS), data });
  }
}

/** The same sound with another time stamp. */
function placedAt(data: AudioData, timestamp: number): AudioData {
  const { numberOfFrames, numberOfChannels, sampleRate } = data;
  const samples = new Float32Array(numberOfFrames * numberOfChannels);
  for (let planeIndex = 0; planeIndex < numberOfChannels; planeIndex++) {
    data.copyTo(samples.subarray(planeIndex * numberOfFrames), { planeIndex, format: 'f32-planar' });
  }
  return new AudioData({
    ...{ format: 'f32-planar', data: samples, timestamp },
    ...{ numberOfFrames, numberOfChannels, sampleRate },
  });
}
