import type { StreamId } from '@topicast/contracts/stream-id';
import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import type { Refusal } from '@topicast/ingest';
import type { Logger } from 'pino';

const SECOND = milliseconds(1_000);

/**
 * Logs which streams' encoders are refused although they have the key, each stream at most once a second. Whoever has
 * none might name any stream, so nothing is said about those.
 */
export class Refusals {
  readonly #logger: Logger;
  #since = Milliseconds.never;
  readonly #named = new Set<StreamId>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  note(stream: StreamId, why: Refusal, err?: unknown): void {
    if (why === 'unauthorized') return;
    const now = Milliseconds.now();
    if (Milliseconds.sub(now, this.#since) >= SECOND) {
      this.#since = now;
      this.#named.clear();
    }
    if (this.#named.has(stream)) return;
    this.#named.add(stream);
    const level = err === undefined ? 'info' : 'warn';
    this.#logger[level]({ stream, why, err }, 'an encoder with the stream key was refused');
  }
}
