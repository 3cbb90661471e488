import type { AudioConfig } from '@topicast/media/samples';
import type { PcmBlock } from '../worklet/pcm-ring.js';

/** A decoder that takes nothing must not fill up the memory: some two seconds. */
const MOST_QUEUED = 100;
const MICROSECONDS = 1_000_000;

/** One frame, and when it is heard: sampling instants on the media timeline. */
export interface TimedFrame {
  readonly data: Uint8Array;
  readonly start: number;
  readonly length: number;
}

/**
 * What `AudioDecoder` takes for a track; undefined if its sound has to stay with the picture. Surround sound stays,
 * because the browser mixes it down as the loudspeakers need it.
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
  // Opus without a description means packets as they are (W3C WebCodecs Opus registration).
  return { codec, sampleRate, numberOfChannels: channels, ...(format === 'aac' && { description }) };
}

/** In what follows the version in `dOps`: channels 1, pre-skip 2, rate 4, gain 2. */
const FAMILY_AT = 9;

/** Decodes the sound of one track at a time. Owns the browser's decoder, and all that it gives out. */
export class SoundDecoder {
  /** Frames that the decoder had no room for. */
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
   * For a track, or for another timeline: nothing of what came before is given out any more.
   * @throws {DOMException} if the browser cannot decode it after all
   */
  configure(config: AudioDecoderConfig): void {
    this.#decoder.reset();
    this.#decoder.configure(config);
  }

  /** What follows does not continue what came before. What came before is still given out. */
  break(): void {
    // Fails only if the decoder is closed, or has told about its failure.
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
  // Times were rounded to microseconds, which is less than half of an instant.
  return { start: Math.round((timestamp * sampleRate) / MICROSECONDS), rate: sampleRate, channels };
}
