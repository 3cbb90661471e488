import type { IngestMedia } from '@topicast/contracts/ingest-message';
import {
  type BitsPerSecond,
  type Milliseconds,
  milliseconds,
  type Ticks90k,
  ticks90k,
} from '@topicast/contracts/units';
import { opusHead } from '../core/opus-head.js';
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
  /** From the time stamps of the track to our time line. */
  readonly timeOf: (taken: Milliseconds) => Milliseconds;
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

  constructor(options: SoundEncoderOptions) {
    this.#options = options;
  }

  /** For another server. */
  get config(): IngestMedia | undefined {
    return this.#config;
  }

  /** It is closed by its owner. */
  encode(data: AudioData): void {
    const { sampleRate, numberOfChannels: channels } = data;
    if (this.#shape?.sampleRate !== sampleRate || this.#shape.channels !== channels) {
      if (this.#isChoosing) return;
      this.#isChoosing = true;
      void this.#choose(sampleRate, channels).finally(() => {
        this.#isChoosing = false;
      });
    } else if (this.#encoder?.state === 'configured') this.#encoder.encode(data);
  }

  close(): void {
    if (this.#encoder && this.#encoder.state !== 'closed') this.#encoder.close();
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
    const { onMedia, timeOf } = this.#options;
    if (about?.decoderConfig) {
      const { description } = about.decoderConfig;
      // The header may be left out for up to two channels (WebCodecs Opus registration).
      const data = description ? bytesOf(description) : opusHead(channels);
      this.#config = { kind: 'audio config', codec, data };
      onMedia(this.#config);
    }
    const data = new Uint8Array(chunk.byteLength);
    chunk.copyTo(data);
    onMedia({ kind: 'sound', time: ticksOf(timeOf(milliseconds(chunk.timestamp / US_PER_MS))), data });
  }
}

const ticksOf = (time: Milliseconds): Ticks90k => ticks90k(time * TICKS_PER_MS);
