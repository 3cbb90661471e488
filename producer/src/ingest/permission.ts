import { randomUUID } from 'node:crypto';
import type { StreamRow } from '@topicast/contracts/tables';
import { milliseconds } from '@topicast/contracts/units';
import type { Refusal } from '@topicast/ingest';
import { post, type Receiver } from '@topicast/sources/webhook';
import type { Logger } from 'pino';
import type { Place } from './places.js';

/** Encoders wait as long, and most of them wait ten seconds at least. */
const ANSWER_WITHIN = milliseconds(3_000);
const NO: ReadonlySet<number> = new Set([401, 403]);

/** What an encoder wants, which has shown a valid key. */
interface Wish {
  readonly row: StreamRow;
  readonly place: Place;
}

/** Asks the operator's own program whether an encoder may publish. Its key is not told. */
export class Permission {
  readonly #receiver: Receiver | undefined;
  readonly #logger: Logger;

  /** @param receiver undefined: everybody may who has a key */
  constructor(receiver: Receiver | undefined, logger: Logger) {
    this.#receiver = receiver;
    this.#logger = logger;
  }

  /**
   * @returns why it may not. A program that does not answer, or not with yes or no, keeps everybody out: whoever asks
   * for a yes does not want streams without one.
   */
  async ask({ row, place }: Wish, gone: AbortSignal): Promise<Refusal | undefined> {
    if (!this.#receiver) return undefined;
    const id = `msg_${randomUUID()}`;
    const wish = { id, at: Date.now(), event: 'publish', stream: row.id, title: row.title, encoder: place };
    const body = JSON.stringify(wish);
    try {
      const status = await post(this.#receiver, { id, body }, { within: ANSWER_WITHIN, signal: gone });
      if (status >= 200 && status < 300) return undefined;
      if (NO.has(status)) return 'forbidden';
      throw new Error(`it answered ${status}`);
    } catch (error) {
      if (!gone.aborted) this.#warn(row.id, error);
      return 'unavailable';
    }
  }

  #warn(stream: string, error: unknown): void {
    const problem = error instanceof Error ? error.message : String(error);
    this.#logger.warn(
      { stream, problem },
      'TOPICAST_PUBLISH_WEBHOOK_URL does not say whether an encoder may publish, so it may not',
    );
  }
}
