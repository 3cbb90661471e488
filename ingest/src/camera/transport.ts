import type { IngestMedia } from '@topicast/contracts/ingest-message';
import { ticks90k } from '@topicast/contracts/units';
import type { Findings } from '../transport/findings.js';
import { type PassedVideo, Programme } from '../transport/programme.js';

/** Makes MPEG-TS of what a browser's encoders send: H.264 without B-frames, and Opus or AAC. */
export class CameraTransport {
  readonly #programme: Programme;
  #codec: PassedVideo = 'h264';

  constructor(onBytes: (bytes: Uint8Array) => void) {
    this.#programme = new Programme(onBytes);
  }

  get findings(): Findings {
    return this.#programme.findings;
  }

  push(media: IngestMedia): void {
    switch (media.kind) {
      case 'video config':
        this.#codec = media.codec;
        this.#programme.useVideo(media.codec, media.data);
        break;
      case 'audio config':
        this.#programme.useAudio(media.codec, media.data);
        break;
      case 'picture': {
        const { isKey, time, data } = media;
        this.#programme.picture({
          ...{ codec: this.#codec, isKey, data },
          ...{ decodeTime: time, composition: ticks90k(0) },
        });
        break;
      }
      case 'sound':
        this.#programme.frame(media);
        break;
    }
  }
}
