import { randomBytes } from 'node:crypto';
import { type Milliseconds, milliseconds } from '@topicast/contracts/units';

/** After the first time without a sign of life, a viewer is asked for one; after the second, it is given up. */
const ASK_AFTER = milliseconds(10_000);
const GIVE_UP_AFTER = milliseconds(30_000);
const PAYLOAD_BYTES = 8;

type Verdict =
  | { readonly kind: 'alive' }
  /** Send a ping with this payload. */
  | { readonly kind: 'ask'; readonly payload: Buffer }
  | { readonly kind: 'gone' };

const ALIVE: Verdict = { kind: 'alive' };
const GONE: Verdict = { kind: 'gone' };

/**
 * Whether a viewer still reads. Its messages prove nothing, because it can send them without reading. Only a reader can
 * give proof: an answer to a question among the chunks, room for data that did not fit into the connection at first, or
 * the pong to our ping, whose payload nobody can guess and which is written after everything else.
 */
export class ViewerLiveness {
  #provedAt: Milliseconds;
  #askedAt: Milliseconds;
  #payload: Buffer | undefined;

  constructor(now: Milliseconds) {
    this.#provedAt = now;
    this.#askedAt = now;
  }

  prove(now: Milliseconds): void {
    this.#provedAt = now;
  }

  /** Whether this pong answers our ping. */
  pong(payload: Buffer, now: Milliseconds): void {
    if (!this.#payload?.equals(payload)) return;
    this.#payload = undefined;
    this.prove(now);
  }

  /** Called about once a second. */
  check(now: Milliseconds): Verdict {
    const silence = now - this.#provedAt;
    if (silence > GIVE_UP_AFTER) return GONE;
    if (silence <= ASK_AFTER || now - this.#askedAt <= ASK_AFTER) return ALIVE;
    this.#askedAt = now;
    this.#payload = randomBytes(PAYLOAD_BYTES);
    return { kind: 'ask', payload: this.#payload };
  }
}
