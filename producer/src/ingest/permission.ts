import { randomUUID } from 'node:crypto';
import type { StreamId } from '@topicast/contracts/stream-id';
import type { StreamRow } from '@topicast/contracts/tables';
import { milliseconds } from '@topicast/contracts/units';
import type { Refusal } from '@topicast/ingest';
import { post, type Receiver } from '@topicast/sources/webhook';
import type { Place } from './places.js';
import type { Refusals } from './refusals.js';

/** Encoders wait as long, and most of them wait ten seconds at least. */
const ANSWER_WITHIN = milliseconds(3_000);
const NO: ReadonlySet<number> = new Set([401, 403]);

/** What an encoder wants, which has shown a valid key. */
interface Wish {
  readonly stream: StreamId;
  readonly row: Pick<StreamRow, 'title'>;
  readonly place: Place;
}

/** Asks the operator's own program whether an encoder may publish. Its key is not told. */
export class Permission {
  readonly #receiver: Receiver | undefined;
  readonly #refusals: Pick<Refusals, 'note'>;

  /** @param receiver undefined: everybody may who has a key */
  constructor(receiver: Receiver | undefined, refusals: Pick<Refusals, 'note'>) {
    this.#receiver = receiver;
    this.#refusals = refusals;
  }

  /**
   * @returns why it may not. A program that does not answer, or not with yes or no, keeps everybody out: whoever asks
   * for a yes does not want streams without one.
   */
  async ask({ stream, row: { title }, place }: Wish, gone: AbortSignal): Promise<Refusal | undefined> {
    if (!this.#receiver) return undefined;
    const id = `msg_${randomUUID()}`;
    const body = JSON.stringify({ id, at: Date.now(), event: 'publish', stream, title, encoder: place });
    try {
      const status = await post(this.#receiver, { id, body }, { within: ANSWER_WITHIN, signal: gone });
      if (status >= 200 && status < 300) return undefined;
      if (NO.has(status)) return 'forbidden';
      throw new Error(`it answered ${status}`);
    } catch (error) {
      if (!gone.aborted) this.#refusals.note(stream, 'unavailable', noAnswer(error));
      return 'unavailable';
    }
  }
}

const noAnswer = (cause: unknown): Error => {
  const problem = cause instanceof Error ? cause.message : String(cause);
  const words = `TOPICAST_PUBLISH_WEBHOOK_URL does not say whether an encoder may publish: ${problem}`;
  return new Error(words, { cause });
};
