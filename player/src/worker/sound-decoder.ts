import type { AudioConfig } from '@topicast/media/samples';
import type { PcmBlock } from '../worklet/pcm-ring.js';

/** About two seconds, so that a decoder which stands still does not fill the memory. */
const MOST_QUEUED = 100;
const MICROSECONDS = 1_000_000;

/** One frame, and its place on the media timeline in sampling instants. */
export interface TimedFrame {
  readonly data: Uint8Array;
  readonly start: number;
  readonly length: number;
}

/**
 * The configuration of `AudioDecoder` for a track; undefined if the video element has to play the sound. That is so for
 * surround sound, because the element mixes the channels as the loudspeakers need them.
 */
export function decoderConfigOf({
  format,
  codec,
  sampleRate,
  channels,
  description,
}: AudioConfig): AudioDecoderConfig | undefined {
  const family = format === 'opus' ? description[FAMILY_AT] : 0;
  if (channels > 2 || family !== 0) return undefined;
  // Without a description, the decoder expects plain Opus packets (W3C WebCodecs Opus registration).
  return { codec, sampleRate, numberOfChannels: channels, ...(format === 'aac' && { description }) };
}

/** The offset behind the version in `dOps`: channels 1, pre-skip 2, rate 4, gain 2 bytes. */
const FAMILY_AT = 9;

/** Decodes the sound of one track at a time. It owns the browser's decoder and closes what that returns. */
export class SoundDecoder {
  /** The number of frames that the decoder had no room for. */
  dropped = 0;
  readonly #decoder: AudioDecoder;

  constructor(onPcm: (block: PcmBlock) => void, onFailed: (message: string) => void) {
    this.#decoder = new AudioDecoder({
      output: (data) => {
        const block = copyOf(data);
        data.close();
        onPcm(block);
      },
      error: (error) => onFailed(String(error)),
    });
  }

  /**
   * Begin a track or a timeline. Frames that are still being decoded are discarded.
   * @throws {DOMException} if the browser cannot decode it after all
   */
  configure(config: AudioDecoderConfig): void {
    this.#decoder.reset();
    this.#decoder.configure(config);
  }

  /** The next frame does not continue the last one. Frames that are still being decoded are kept. */
  break(): void {
    // This fails only if the decoder is closed, or has already reported its failure.
    this.#decoder.flush().catch(() => {});
  }

  decode({ data, start, length }: TimedFrame, sampleRate: number): void {
    if (this.#decoder.decodeQueueSize > MOST_QUEUED) {
      this.dropped++;
      return;
    }
    const timestamp = Math.round((start * MICROSECONDS) / sampleRate);
    const duration = Math.round((length * MICROSECONDS) / sampleRate);
    this.#decoder.decode(new EncodedAudioChunk({ type: 'key', timestamp, duration, data }));
  }

  close(): void {
    if (this.#decoder.state !== 'closed') this.#decoder.close();
  }
}

function copyOf(data: AudioData): PcmBlock {
  const { numberOfChannels, numberOfFrames, sampleRate, timestamp } = data;
  const channels = Array.from({ length: numberOfChannels }, (_, planeIndex) => {
    const channel = new Float32Array(numberOfFrames);
    data.copyTo(channel, { planeIndex, format: 'f32-planar' });
    return channel;
  });
  // Times were rounded to microseconds, an error of less than half an instant.
  return { start: Math.round((timestamp * sampleRate) / MICROSECONDS), rate: sampleRate, channels };
}
