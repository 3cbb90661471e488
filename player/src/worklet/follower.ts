import { milliseconds } from '@topicast/contracts/units';
import { decideSound, MOST_STRETCH_MS, NOT_FOLLOWING, spliced } from '../core/sound-follow.js';
import type { SoundReport, ToWorklet } from './messages.js';
import { type PcmBlock, PcmRing } from './pcm-ring.js';
import { Voice } from './voice.js';

/** The picture is never further behind the live edge. */
const KEPT_S = 4;
/** Sound without a picture keeps this much in hand. It may be late, because nobody can see that. */
const FREE_LEVEL_MS = 120;
/** Only sound that is where it should be, or waits for more, says whether it came in time. */
const IN_STEP_MS = 50 + MOST_STRETCH_MS;
/** The level changes with each block and each chunk, so an error up to this is none. */
const FREE_BAND_MS = 60;

type Aim = Extract<ToWorklet, { type: 'follow' | 'free' | 'hold' }>;

/** Plays decoded sound in step with a picture. It knows nothing of the browser: each call passes the time. */
export class Follower {
  /** The sampling rate of the output, in Hz. */
  readonly #rate: number;
  #aim: Aim = { type: 'hold' };
  #ring: PcmRing | undefined;
  #voice: Voice | undefined;
  #follow = NOT_FOLLOWING;
  #least = Number.POSITIVE_INFINITY;
  #offset: number | undefined;
  /** Where the voice should be minus where it is, in sampling instants; undefined if that says nothing. */
  #behind: number | undefined;
  #splices = 0;
  #jumps = 0;
  /** The counts of earlier voices. */
  #underrunsBefore = 0;
  #heardBefore = 0;

  constructor(rate: number) {
    this.#rate = rate;
  }

  aim(aim: Aim): void {
    this.#aim = aim;
  }

  take(block: PcmBlock): void {
    if (this.#ring?.rate !== block.rate || this.#ring.channelCount < block.channels.length) {
      this.reset();
      this.#ring = new PcmRing(block.rate, block.channels.length, KEPT_S);
      this.#voice = new Voice(this.#ring);
    }
    const voice = this.#voice;
    // What had come before it, when it came. Nothing comes for long where a track has ended, which is not late.
    if (voice && this.#behind !== undefined) {
      const inHand = Math.max(block.start, this.#ring.end) - voice.place - this.#behind;
      this.#least = Math.min(this.#least, (inHand * 1000) / block.rate);
    }
    this.#ring.write(block);
  }

  reset(): void {
    this.#underrunsBefore += this.#voice?.underruns ?? 0;
    this.#heardBefore += this.#voice?.heard ?? 0;
    this.#ring = undefined;
    this.#voice = undefined;
    this.#follow = NOT_FOLLOWING;
    this.#behind = undefined;
  }

  /** @param now when the first instant of the output plays, in seconds on its clock. The output is silent before. */
  render(output: readonly Float32Array[], now: number): void {
    const [voice, ring] = [this.#voice, this.#ring];
    if (!voice || !ring) return;
    const step = (ring.rate / this.#rate) * this.#steer(voice, ring.rate, now);
    voice.render(output, step);
  }

  /** What has happened since the last report. */
  report(): SoundReport {
    const least = this.#least;
    this.#least = Number.POSITIVE_INFINITY;
    return {
      offsetMs: this.#offset,
      leastMs: Number.isFinite(least) ? least : undefined,
      underruns: this.#underrunsBefore + (this.#voice?.underruns ?? 0),
      splices: this.#splices,
      jumps: this.#jumps,
      heardMs: ((this.#heardBefore + (this.#voice?.heard ?? 0)) * 1000) / this.#rate,
    };
  }

  /** @returns the rate until the next call */
  #steer(voice: Voice, rate: number, now: number): number {
    const aim = this.#aim;
    voice.wanted = aim.type !== 'hold';
    voice.patient = false;
    this.#offset = undefined;
    this.#behind = undefined;
    if (aim.type === 'hold') {
      this.#follow = NOT_FOLLOWING;
      return 1;
    }
    if (aim.type === 'free' && !voice.audible && voice.ahead * 1000 < FREE_LEVEL_MS * rate) {
      // The voice waits in its place until there is enough sound, so that nothing is skipped.
      if (voice.ahead < 0) voice.jump(voice.ahead);
      voice.wanted = false;
      return 0;
    }
    const behind = aim.type === 'follow' ? behindPicture(voice, rate, now, aim) : behindEdge(voice, rate);
    if (aim.type === 'follow' && voice.audible) this.#offset = -behind;
    if (aim.type === 'follow' && (!voice.audible || Math.abs(behind) < IN_STEP_MS)) {
      this.#behind = voice.audible ? (behind * rate) / 1000 : 0;
      voice.patient = behind < MOST_STRETCH_MS;
    }
    const sample = {
      now: milliseconds(now * 1000),
      behind: milliseconds(behind),
      speed: aim.type === 'follow' ? aim.rate : 1,
      audible: voice.audible,
    };
    const { move, state } = decideSound(sample, this.#follow);
    this.#follow = state;
    const repeated = voice.stretch();
    if (repeated !== 0) return this.#onSplice(repeated, rate);
    if (move.do === 'rate') return move.rate;
    if (move.do === 'splice') {
      const by = voice.splice((move.by * rate) / 1000);
      return by === 0 ? move.otherwise : this.#onSplice(by, rate);
    }
    // A jump of silent sound is not worth counting.
    if (voice.audible) this.#jumps++;
    voice.jump((behind * rate) / 1000);
    return 1;
  }

  /** @param by in sampling instants @returns the rate until the next call */
  #onSplice(by: number, rate: number): number {
    this.#splices++;
    this.#follow = spliced(this.#follow, milliseconds((by * 1000) / rate));
    if (this.#behind !== undefined) this.#behind -= by;
    return 1;
  }
}

function behindPicture(
  voice: Voice,
  rate: number,
  now: number,
  { at, media, rate: speed }: Extract<Aim, { type: 'follow' }>,
): number {
  return (media + (now - at) * speed - voice.place / rate) * 1000;
}

/** Without a picture, the voice keeps its level: no more than needed, and enough before it begins. */
function behindEdge(voice: Voice, rate: number): number {
  const level = (voice.ahead * 1000) / rate;
  const error = level - FREE_LEVEL_MS;
  return voice.audible && Math.abs(error) < FREE_BAND_MS ? 0 : error;
}
