import type { Analysis, Finding } from '@topicast/contracts/analysis';
import { Milliseconds, type Seconds } from '@topicast/contracts/units';
import type { Fact, Trouble } from './filter-words.js';

/** A value of each second, for half a minute: an explosion or a pause says nothing about the volume. */
const WINDOW = 30;
/** With fewer, the loudness is not known yet. */
const LEAST_VALUES = 10;
/** Below this nothing is heard, and it is no measure of how loud the rest is. */
const UNHEARD = -60;
/**
 * Broadcasts have -23 LUFS (EBU R 128), platforms some -16 to -14, the loudest films and songs -9; our test picture, with
 * its pauses, has -36.
 */
const LOUD = { raisedAt: -8, endsAt: -9.5 } as const;
const QUIET = { raisedAt: -42, endsAt: -39 } as const;
const USUAL = '−16 to −23 is usual';

type Volume = 'loud' | 'quiet';

/** What is wrong with picture and sound, from what the filters say. Pure: times come in. */
export class Judge {
  readonly #since = new Map<Trouble | Volume, Milliseconds>();
  #heard: number[] = [];
  #lastSecond = Number.NEGATIVE_INFINITY;

  /** @param now wall clock */
  take(fact: Fact, now: Milliseconds): void {
    switch (fact.kind) {
      case 'began':
        this.#since.set(fact.what, Milliseconds.sub(now, Milliseconds.ofSeconds(fact.ago)));
        break;
      case 'ended':
        this.#since.delete(fact.what);
        break;
      case 'loudness':
        this.#listen(fact.lufs, fact.at, now);
        break;
    }
  }

  /** The present verdict. What follows from something worse is left out. */
  get analysis(): Analysis {
    const kinds = [...this.#since.keys()].filter(
      (kind) =>
        !(kind === 'frozen' && this.#since.has('black')) &&
        !((kind === 'quiet' || kind === 'loud') && this.#since.has('silent')),
    );
    const findings = kinds.sort().map((kind): Finding => {
      const since = new Date(this.#since.get(kind)!).toISOString();
      return { kind, since, words: wordsOf(kind, this.#loudness) };
    });
    const loudness = this.#since.has('silent') ? undefined : this.#loudness;
    return { findings, ...(loudness !== undefined && { loudness: Math.round(loudness * 10) / 10 }) };
  }

  /** Of the window, by energy; undefined if too little was heard. */
  get #loudness(): number | undefined {
    if (this.#heard.length < LEAST_VALUES) return undefined;
    const power = this.#heard.reduce((sum, lufs) => sum + 10 ** (lufs / 10), 0) / this.#heard.length;
    return 10 * Math.log10(power);
  }

  #listen(lufs: number, at: Seconds, now: Milliseconds): void {
    const second = Math.floor(at);
    if (second === this.#lastSecond) return;
    this.#lastSecond = second;
    if (lufs < UNHEARD) return;
    this.#heard = [...this.#heard.slice(-(WINDOW - 1)), Math.min(lufs, 0)];
    const loudness = this.#loudness ?? Number.NaN;
    const isFull = this.#heard.length === WINDOW;
    this.#set('loud', loudness > (this.#since.has('loud') ? LOUD.endsAt : LOUD.raisedAt) && isFull, now);
    this.#set('quiet', loudness < (this.#since.has('quiet') ? QUIET.endsAt : QUIET.raisedAt) && isFull, now);
  }

  #set(volume: Volume, isSo: boolean, now: Milliseconds): void {
    if (!isSo) this.#since.delete(volume);
    else if (!this.#since.has(volume)) this.#since.set(volume, now);
  }
}

function wordsOf(kind: Trouble | Volume, loudness: number | undefined): string {
  switch (kind) {
    case 'black':
      return 'The picture is black: look at the scene in the encoder, and at the camera and its cover.';
    case 'frozen':
      return 'The picture does not change: check that its source in the encoder still runs.';
    case 'silent':
      return 'Nothing can be heard: check in the encoder that the microphone or the other source of sound is not muted.';
    case 'loud':
      return `The sound is very loud (${lufs(loudness)}; ${USUAL}): turn it down in the encoder, or it distorts.`;
    case 'quiet':
      return `The sound is very quiet (${lufs(loudness)}; ${USUAL}): turn it up in the encoder.`;
  }
}

const lufs = (loudness = 0): string => `${loudness < 0 ? '−' : ''}${Math.abs(Math.round(loudness))} LUFS`;
