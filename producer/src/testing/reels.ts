import { ticks90k } from '@topicast/contracts/units';
import { TransportWriter } from '@topicast/media/mpegts';
import { readAudioSpecificConfig, STREAM_TYPE_ADTS, toAdts } from '@topicast/media/stored';
import type { ReelMaker } from '../slate/workshop.js';

/** For streams that never have a slate. */
export const NO_REELS: ReelMaker = {
  isBusy: false,
  make: () => Promise.reject(new Error('no reel')),
};

const TRACK = { pid: 0x101, type: STREAM_TYPE_ADTS, streamId: 0xc0, descriptors: new Uint8Array(0) };
const AAC = readAudioSpecificConfig(Uint8Array.of(0x11, 0x90))!;
const FRAME_TICKS = ticks90k(1_920);
const frameOf = (byte: number): Uint8Array => toAdts(AAC, new Uint8Array(50).fill(byte))!;

/** For streams of {@link someSound}. */
export const SOUND_REELS: ReelMaker = {
  isBusy: false,
  make: async () => ({
    picture: undefined,
    sounds: [{ track: TRACK, frame: frameOf(0), interval: FRAME_TICKS }],
  }),
};

/** MPEG-TS with sound and no picture, as an encoder sends it: each second, a chunk of it is a keyframe. */
export class SoundFilm {
  readonly #writer = new TransportWriter();
  #frames = 0;

  next(seconds: number): Uint8Array {
    const parts = this.#frames === 0 ? [this.#writer.announce([TRACK])] : [];
    for (let left = Math.ceil((seconds * 90_000) / FRAME_TICKS); left > 0; left--) {
      const pts = this.#frames++ * FRAME_TICKS;
      parts.push(this.#writer.unit(TRACK, { payload: frameOf(1), pts, dts: pts, isKey: true }));
    }
    return Buffer.concat(parts);
  }
}

export const someSound = (seconds: number): Uint8Array => new SoundFilm().next(seconds);
