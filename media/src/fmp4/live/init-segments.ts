import { type AudioConfig, sameConfig, type VideoConfig } from '../../codec/codec.js';
import { initSegment } from '../init-segment.js';
import type { InitSegment } from './fragment.js';

/** Each source buffer has one track. */
export const TRACK_ID = { video: 1, audio: 2 } as const;

const LIVE = { majorBrand: 'isom', brands: ['isom', 'avc1'], duration: 'infinite' } as const;

/** The init segments of one track. */
export class InitSegments {
  #config: VideoConfig | AudioConfig | undefined;

  /** Undefined if the decoder can continue with its present set-up. */
  next(config: VideoConfig | AudioConfig): InitSegment | undefined {
    if (this.#config && (this.#config === config || sameConfig(this.#config, config))) return undefined;
    this.#config = config;
    const size = config.kind === 'video' && { width: config.width, height: config.height };
    const mimeType = `${config.kind}/mp4; codecs="${config.codec}"`;
    const data = initSegment([{ id: TRACK_ID[config.kind], config }], LIVE);
    return { mimeType, data, ...size };
  }
}
