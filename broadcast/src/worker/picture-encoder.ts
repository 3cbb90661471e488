import type { IngestMedia } from '@topicast/contracts/ingest-message';
import { type BitsPerSecond, Milliseconds, milliseconds, ticks90k } from '@topicast/contracts/units';
import { codecNames, type PictureSize, sentSize } from '../core/picture-size.js';

const TICKS_PER_US = 0.09;

interface PictureEncoderOptions {
  readonly maxHeight: number;
  readonly frameRate: number;
  readonly onMedia: (media: IngestMedia) => void;
  readonly onFailed: (words: string) => void;
}

/** H.264 at low delay: no picture waits for a later one. */
export class PictureEncoder {
  readonly #options: PictureEncoderOptions;
  readonly #encoder: VideoEncoder;
  #config: VideoEncoderConfig | undefined;
  /** The size of the pictures that it was configured for. */
  #from: PictureSize | undefined;
  #isChoosing = false;
  #record: IngestMedia | undefined;
  /** When pictures that are in it were put in, by their time stamps. */
  readonly #begun = new Map<number, Milliseconds>();
  /** From the arrival of a picture to the end of its encoding, smoothed. */
  delay = Milliseconds.zero;

  constructor(options: PictureEncoderOptions) {
    this.#options = options;
    this.#encoder = new VideoEncoder({
      output: (chunk, about) => this.#onOutput(chunk, about),
      error: ({ message }) => options.onFailed(`The browser's video encoder has failed: ${message}`),
    });
  }

  get queued(): number {
    return this.#encoder.encodeQueueSize;
  }

  get config(): VideoEncoderConfig | undefined {
    return this.#config;
  }

  /** The newest decoder record, for another server. */
  get record(): IngestMedia | undefined {
    return this.#record;
  }

  /** Whether it can take a picture of this size now; if not, it gets ready for it. */
  isReadyFor({ width, height }: PictureSize, bitrate: BitsPerSecond): boolean {
    const isSame = this.#from?.width === width && this.#from.height === height;
    if (this.#config && isSame) return true;
    if (!this.#isChoosing) {
      this.#isChoosing = true;
      void this.#choose({ width, height }, bitrate).finally(() => {
        this.#isChoosing = false;
      });
    }
    return false;
  }

  setBitrate(bitrate: BitsPerSecond): void {
    if (!this.#config || this.#encoder.state !== 'configured') return;
    this.#config = { ...this.#config, bitrate };
    this.#encoder.configure(this.#config);
  }

  /** @param frame on our time line, in microseconds; it is closed by its owner */
  encode(frame: VideoFrame, keyFrame: boolean): void {
    if (this.#encoder.state !== 'configured') return;
    this.#begun.set(frame.timestamp, Milliseconds.now());
    this.#encoder.encode(frame, { keyFrame });
  }

  close(): void {
    if (this.#encoder.state !== 'closed') this.#encoder.close();
  }

  async #choose(from: PictureSize, bitrate: BitsPerSecond): Promise<void> {
    const { maxHeight, frameRate, onFailed } = this.#options;
    const size = sentSize(from, maxHeight);
    for (const codec of codecNames(size, frameRate)) {
      const config: VideoEncoderConfig = {
        ...{ codec, ...size, bitrate, framerate: frameRate },
        ...{ latencyMode: 'realtime', avc: { format: 'avc' } },
      };
      const { supported } = await VideoEncoder.isConfigSupported(config).catch(() => ({ supported: false }));
      if (!supported || this.#encoder.state === 'closed') continue;
      this.#encoder.configure(config);
      this.#config = config;
      this.#from = from;
      return;
    }
    onFailed(
      `This browser cannot encode H.264 at ${size.width} x ${size.height}: choose a smaller size, or use another browser.`,
    );
  }

  #onOutput(chunk: EncodedVideoChunk, about: EncodedVideoChunkMetadata | undefined): void {
    const { onMedia } = this.#options;
    const record = about?.decoderConfig?.description;
    if (record) {
      this.#record = { kind: 'video config', codec: 'h264', data: bytesOf(record) };
      onMedia(this.#record);
    }
    this.#measure(chunk.timestamp);
    const data = new Uint8Array(chunk.byteLength);
    chunk.copyTo(data);
    const time = ticks90k(chunk.timestamp * TICKS_PER_US);
    onMedia({ kind: 'picture', isKey: chunk.type === 'key', time, data });
  }

  #measure(timestamp: number): void {
    const begun = this.#begun.get(timestamp);
    // Encoders may leave out pictures, of which nothing comes.
    for (const each of this.#begun.keys()) if (each <= timestamp) this.#begun.delete(each);
    if (begun === undefined) return;
    const took = Milliseconds.sub(Milliseconds.now(), begun);
    this.delay = milliseconds(this.delay + (took - this.delay) / 10);
  }
}

/** A copy, which stays when the browser has gone on. */
export const bytesOf = (source: AllowSharedBufferSource): Uint8Array =>
  ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength).slice()
    : new Uint8Array(source).slice();
