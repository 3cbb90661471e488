import { comparePositions, type Position } from '@topicast/contracts/position';
import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import type { LiveChunk } from './live-chunk.js';
import type { Run } from './run.js';

type Place = Pick<Position, 'offset' | 'part'>;

/** Chunks of one rendition, sent one after the other. */
interface Stretch {
  readonly number: number;
  readonly rendition: number;
  readonly first: Place;
  readonly last: Place;
}

/** The oldest chunk that may not have arrived yet. */
interface Question extends Place {
  readonly stretch: number;
  readonly time: Milliseconds;
  readonly since: Milliseconds;
}

/** How many stretches we remember while a question is open. A viewer that does not answer is held after a second. */
const MOST_STRETCHES = 16;

/**
 * What a viewer was sent and has acknowledged. Acknowledgements come in the order of the chunks, but positions of
 * different renditions have no order. So we remember a stretch until the questions before it have been answered.
 *
 * Lag is the media time that was sent and is not acknowledged, but never more than the age of the oldest open question
 * ("have you got this chunk?"). So neither a burst that was just written nor a pause of the encoder counts as lag.
 */
export class Delivery {
  #sent: LiveChunk | undefined;
  #stretch = 0;
  #first: Place | undefined;
  #earlier: Stretch[] = [];
  #question: Question | undefined;

  /** The session of the chunk that was sent last. */
  get session(): number | undefined {
    return this.#sent?.session;
  }

  /** Since the oldest open question was asked; undefined if there is none. */
  unanswered(now: Milliseconds): Milliseconds | undefined {
    return this.#question && Milliseconds.sub(now, this.#question.since);
  }

  lag(now: Milliseconds): Milliseconds {
    if (!this.#question || !this.#sent) return milliseconds(0);
    return milliseconds(Math.min(this.#sent.time - this.#question.time, now - this.#question.since));
  }

  record({ first, last, asking }: Run, now: Milliseconds): void {
    this.#first ??= placeOf(first);
    if (asking && !this.#question) {
      this.#question = { ...placeOf(asking), stretch: this.#stretch, time: asking.time, since: now };
    }
    this.#sent = last;
  }

  /** Stop waiting for answers: the viewer continues elsewhere. */
  forget(): void {
    this.#question = undefined;
    this.#earlier = [];
    this.#first = undefined;
    this.#stretch += 1;
  }

  /** The chunks that follow belong to another rendition, in whose ring the same moment is this much later. */
  cross(later: number): void {
    const question = this.#question;
    if (question && this.#sent && this.#first) {
      const { rendition } = this.#sent;
      this.#earlier.push({
        number: this.#stretch,
        rendition,
        first: this.#first,
        last: placeOf(this.#sent),
      });
      if (this.#earlier.length > MOST_STRETCHES) this.#earlier.shift();
      this.#question = { ...question, time: milliseconds(question.time + later) };
    }
    this.#first = undefined;
    this.#stretch += 1;
  }

  /**
   * The viewer says that everything up to this chunk has arrived. A position that was never sent says nothing.
   * @returns whether it answers what was asked
   */
  acknowledge(position: Position): boolean {
    const question = this.#question;
    if (!question) return false;
    const stretch = this.#stretchOf(position);
    if (stretch === undefined || stretch < question.stretch) return false;
    if (stretch === question.stretch && comparePositions(position, question) < 0) return false;
    this.#question = undefined;
    this.#earlier = [];
    return true;
  }

  #stretchOf(position: Position): number | undefined {
    const sent = this.#sent;
    if (sent && this.#first && isWithin(position, sent.rendition, this.#first, sent)) return this.#stretch;
    return this.#earlier.findLast(({ rendition, first, last }) => isWithin(position, rendition, first, last))
      ?.number;
  }
}

const isWithin = (position: Position, rendition: number, first: Place, last: Place): boolean =>
  position.rendition === rendition &&
  comparePositions(first, position) <= 0 &&
  comparePositions(position, last) <= 0;

const placeOf = ({ offset, part }: Place): Place => ({ offset, part });
