import { type Ticks90k, ticks90k } from '@topicast/contracts/units';
import { TransportWriter } from '@topicast/media/mpegts';
import type { Reel, ReelSound } from './reel.js';

/** A track of silence, and how many of its frames are written. */
interface Sounding {
  readonly sound: ReelSound;
  written: number;
}

/** Repeats a reel as one stream of MPEG-TS: time stamps go on, and each repeat begins with a keyframe. Pure. */
export class SlateWriter {
  readonly #writer = new TransportWriter();
  readonly #from: Ticks90k;
  readonly #sounds: readonly Sounding[];
  #reel: Reel;
  /** From the next repeat on. */
  #next: Reel | undefined;
  #pictures = 0;

  /** @param from the time of its first picture */
  constructor(reel: Reel, from: Ticks90k) {
    this.#reel = reel;
    this.#from = from;
    this.#sounds = reel.sounds.map((sound) => ({ sound, written: 0 }));
  }

  /** Another picture of the same stream, from the next repeat on. */
  use(reel: Reel): void {
    const at = this.#pictures % (this.#reel.picture?.units.length ?? 1);
    const isOfTheSameKind = (reel.picture === undefined) === (this.#reel.picture === undefined);
    if (!isOfTheSameKind) return;
    if (at === 0) this.#reel = reel;
    else this.#next = reel;
  }

  /** When the next unit is due, after the beginning. */
  get next(): Ticks90k {
    const { picture } = this.#reel;
    if (picture) return ticks90k(this.#pictures * picture.interval);
    return ticks90k(Math.min(...this.#sounds.map(({ sound, written }) => written * sound.interval)));
  }

  /** All that is due by then, after the beginning. */
  upTo(elapsed: Ticks90k): Uint8Array[] {
    const out: Uint8Array[] = [];
    while (this.next <= elapsed) {
      const due = this.next;
      const isFirst = this.#pictures === 0 && this.#sounds.every(({ written }) => written === 0);
      if (isFirst) out.push(this.#announce());
      // A chunk is a picture with the sound that came before it.
      out.push(...this.#soundUpTo(due), ...this.#picture(due));
    }
    return out;
  }

  #announce(): Uint8Array {
    const { picture, sounds } = this.#reel;
    return this.#writer.announce([...(picture ? [picture] : []), ...sounds].map(({ track }) => track));
  }

  #soundUpTo(due: Ticks90k): Uint8Array[] {
    return this.#sounds.flatMap((each) => {
      const out: Uint8Array[] = [];
      for (; each.written * each.sound.interval <= due; each.written++) {
        const pts = this.#from + Math.round(each.written * each.sound.interval);
        const { track, frame } = each.sound;
        out.push(this.#writer.unit(track, { payload: frame, pts, dts: pts, isKey: true }));
      }
      return out;
    });
  }

  #picture(due: Ticks90k): Uint8Array[] {
    const { picture } = this.#reel;
    if (!picture) return [];
    const at = this.#pictures++ % picture.units.length;
    const time = this.#from + due;
    const unit = { payload: picture.units[at]!, pts: time, dts: time, isKey: at === 0 };
    const written = this.#writer.unit(picture.track, unit);
    if (this.#pictures % picture.units.length === 0) this.#turn();
    return [written];
  }

  #turn(): void {
    this.#reel = this.#next ?? this.#reel;
    this.#next = undefined;
  }
}
