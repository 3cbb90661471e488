import { comparePositions, type Position } from '@topicast/contracts/position';
import { type Milliseconds, milliseconds } from '@topicast/contracts/units';
import type { LiveChunk } from './live-chunk.js';

type Place = Pick<Position, 'offset' | 'part'>;

/** Chunks of one rendition, sent one after the other. */
interface Run {
  readonly number: number;
  readonly rendition: number;
  readonly first: Place;
  readonly last: Place;
}

/** The oldest chunk that may not have arrived yet. */
interface Question extends Place {
  readonly run: number;
  readonly time: Milliseconds;
  readonly since: Milliseconds;
}

/** How many runs we remember while a question is open. A viewer that does not answer is held after a second. */
const MOST_RUNS = 16;

/**
 * What a viewer was sent and has acknowledged. Acknowledgements come in the order of the chunks, but positions of
 * different renditions have no order. So we remember a run until the questions before it have been answered.
 *
 * Lag is the media time that was sent and is not acknowledged, but never more than the age of the oldest open question
 * ("have you got this chunk?"). So neither a burst that was just written nor a pause of the encoder counts as lag.
 */
export class Delivery {
  #sent: LiveChunk | undefined;
  #run = 0;
  #first: Place | undefined;
  #earlier: Run[] = [];
  #question: Question | undefined;

  /** The session of the chunk that was sent last. */
  get session(): number | undefined {
    return this.#sent?.session;
  }

  lag(now: Milliseconds): Milliseconds {
    if (!this.#question || !this.#sent) return milliseconds(0);
    return milliseconds(Math.min(this.#sent.time - this.#question.time, now - this.#question.since));
  }

  record(chunk: LiveChunk, now: Milliseconds): void {
    if (!this.#first) this.#first = placeOf(chunk);
    if (chunk.asksForAck && !this.#question) {
      this.#question = { ...placeOf(chunk), run: this.#run, time: chunk.time, since: now };
    }
    this.#sent = chunk;
  }

  /** Stop waiting for answers: the viewer continues elsewhere. */
  forget(): void {
    this.#question = undefined;
    this.#earlier = [];
    this.#first = undefined;
    this.#run += 1;
  }

  /** The chunks that follow belong to another rendition, in whose ring the same moment is this much later. */
  cross(later: number): void {
    const question = this.#question;
    if (question && this.#sent && this.#first) {
      const { rendition } = this.#sent;
      this.#earlier.push({
        number: this.#run,
        rendition,
        first: this.#first,
        last: placeOf(this.#sent),
      });
      if (this.#earlier.length > MOST_RUNS) this.#earlier.shift();
      this.#question = { ...question, time: milliseconds(question.time + later) };
    }
    this.#first = undefined;
    this.#run += 1;
  }

  /**
   * The viewer says that everything up to this chunk has arrived. A position that was never sent says nothing.
   * @returns whether it answers what was asked
   */
  acknowledge(position: Position): boolean {
    const question = this.#question;
    const run = this.#runOf(position);
    if (!question || run === undefined || run < question.run) return false;
    if (run === question.run && comparePositions(position, question) < 0) return false;
    this.#question = undefined;
    this.#earlier = [];
    return true;
  }

  #runOf(position: Position): number | undefined {
    const { rendition } = position;
    const isIn = (run: Pick<Run, 'rendition' | 'first' | 'last'>): boolean =>
      run.rendition === rendition &&
      comparePositions(run.first, position) <= 0 &&
      comparePositions(position, run.last) <= 0;
    const sent = this.#sent;
    if (sent && this.#first && isIn({ rendition: sent.rendition, first: this.#first, last: sent }))
      return this.#run;
    return this.#earlier.findLast(isIn)?.number;
  }
}

const placeOf = ({ offset, part }: Place): Place => ({ offset, part });
