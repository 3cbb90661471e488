import { type AudioConfig, sameConfig, type VideoConfig } from '../../codec/codec.js';
import { decoderRecordOf, sampleEntryOf } from '../../codec/table.js';
import type { InitSegment } from './fragment.js';
import type { FragmentWriter } from './fragment-writer.js';

/** Each source buffer has one track. */
export const TRACK_ID = { video: 1, audio: 2 } as const;

/** The init segments of one track. */
export class InitSegments {
  readonly #writer: FragmentWriter;
  #config: VideoConfig | AudioConfig | undefined;

  constructor(writer: FragmentWriter) {
    this.#writer = writer;
  }

  /** Undefined if the decoder can continue with its present set-up. */
  next(config: VideoConfig | AudioConfig): InitSegment | undefined {
    if (this.#config && (this.#config === config || sameConfig(this.#config, config))) return undefined;
    this.#config = config;
    const picture = config.kind === 'video' && {
      decoder: { codec: config.codec, description: decoderRecordOf(config) },
      width: config.width,
      height: config.height,
    };
    const mimeType = `${config.kind}/mp4; codecs="${config.codec}"`;
    const data = this.#writer.init({ id: TRACK_ID[config.kind], config, entry: sampleEntryOf(config) });
    return { mimeType, data, ...picture };
  }
}
