import { ticks90k } from '@topicast/contracts/units';
import type { Findings } from '../transport/findings.js';
import { Programme } from '../transport/programme.js';
import { type AudioTag, readAudioTag } from './audio-tag.js';
import { FlvClock } from './clock.js';
import { readVideoTag, type VideoTag } from './video-tag.js';

const TICKS_PER_MS = 90;

/** An audio or video message of a publisher. */
export interface MediaMessage {
  readonly kind: 'video' | 'audio';
  /** Milliseconds in 32 bits, which go round. */
  readonly timestamp: number;
  /** A view, valid during the call. */
  readonly body: Uint8Array;
}

/** Makes MPEG-TS of a publisher's messages, one by one: what a message holds has left when `push` returns. */
export class FlvTransport {
  readonly #programme: Programme;
  readonly #clock = new FlvClock();

  constructor(onBytes: (bytes: Uint8Array) => void) {
    this.#programme = new Programme(onBytes);
  }

  get findings(): Findings {
    return this.#programme.findings;
  }

  push({ kind, timestamp, body }: MediaMessage): void {
    if (kind === 'video') this.#onVideo(readVideoTag(body), timestamp);
    else this.#onAudio(readAudioTag(body), timestamp);
  }

  #onVideo(tag: VideoTag, timestamp: number): void {
    switch (tag.kind) {
      case 'config':
        this.#programme.useVideo(tag.codec, tag.data);
        break;
      case 'picture':
        this.#programme.picture({
          ...tag,
          decodeTime: this.#clock.at(timestamp),
          composition: ticks90k(tag.compositionMs * TICKS_PER_MS),
        });
        break;
      case 'foreign':
        this.findings.foreignPicture(tag.codec);
        break;
      case 'extra':
        this.findings.extraTrack('picture');
        break;
      case 'damaged':
        this.#programme.losePicture();
        break;
      case 'nothing':
        break;
    }
  }

  #onAudio(tag: AudioTag, timestamp: number): void {
    switch (tag.kind) {
      case 'config':
        this.#programme.useAudio(tag.codec, tag.data);
        break;
      case 'frame':
        this.#programme.frame({ time: this.#clock.at(timestamp), data: tag.data });
        break;
      case 'foreign':
        this.findings.foreignSound(tag.codec);
        break;
      case 'extra':
        this.findings.extraTrack('sound');
        break;
      case 'damaged':
        this.findings.damaged++;
        break;
      case 'nothing':
        break;
    }
  }
}
