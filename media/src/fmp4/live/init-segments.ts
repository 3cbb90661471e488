import { type AudioConfig, sameConfig, type VideoConfig } from '../../codec/codec.js';
import { titleOf } from '../../codec/table.js';
import { initSegment } from '../boxes.js';
import type { InitSegment } from './fragment.js';

/** The init segments of one track. */
export class InitSegments {
  private config: VideoConfig | AudioConfig | undefined;

  /** Undefined where the decoder goes on as it is set up. */
  next(config: VideoConfig | AudioConfig): InitSegment | undefined {
    if (this.config && (this.config === config || sameConfig(this.config, config))) return undefined;
    this.config = config;
    const size = config.kind === 'video' && { width: config.width, height: config.height };
    const mimeType = `${config.kind}/mp4; codecs="${config.codec}"`;
    return { mimeType, title: titleOf(config), data: initSegment([config]), ...size };
  }
}
