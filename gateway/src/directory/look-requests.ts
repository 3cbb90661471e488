import { randomUUID } from 'node:crypto';
import {
  LOOK_LIMIT_MS,
  type LookAnswer,
  type LookRequest,
  type LookTables,
} from '@topicast/contracts/look-tables';
import type { Logger } from 'pino';
import { OperationError } from './operations.js';

interface LookRequestsOptions {
  /** Undefined until the tables are opened. */
  readonly tables: () => LookTables | undefined;
  /** Whether somebody is there who could answer. */
  readonly hasProducer: () => boolean;
  readonly logger: Logger;
}

/** Each one waits for an ffmpeg of some producer. */
const MOST_AT_ONCE = 4;
const LATE = 'no producer has answered in time: are they overloaded?';

/** Asks the producers what is in a source: they have ffmpeg, and reach what an encoder would reach. */
export class LookRequests {
  readonly #options: LookRequestsOptions;
  #open = 0;

  constructor(options: LookRequestsOptions) {
    this.#options = options;
  }

  /**
   * @param signal nobody waits for the answer any more
   * @throws {OperationError} `no-answer` if there is no producer, or none answers; `busy`; {LogError}; the signal's reason
   */
  async ask(wanted: Omit<LookRequest, 'at'>, signal: AbortSignal): Promise<LookAnswer> {
    signal.throwIfAborted();
    const { tables: read, hasProducer, logger } = this.#options;
    const tables = read();
    if (!tables || !hasProducer()) {
      throw new OperationError('no-answer', 'no producer is running: only a producer can look into a source');
    }
    if (this.#open >= MOST_AT_ONCE) {
      throw new OperationError('busy', `${MOST_AT_ONCE} sources are being looked at: try again in a moment`);
    }
    this.#open++;
    const name = randomUUID();
    try {
      return await answerOf(tables, name, { at: new Date().toISOString(), ...wanted }, signal);
    } finally {
      this.#open--;
      // Not waited for: if the log is away, the request grows old.
      tables.requests
        .delete(name)
        .catch((error: unknown) => logger.debug({ err: error }, 'a request to look could not be removed'));
    }
  }
}

async function answerOf(
  tables: LookTables,
  name: string,
  request: LookRequest,
  signal: AbortSignal,
): Promise<LookAnswer> {
  const done = new AbortController();
  const answer = new Promise<LookAnswer>((resolve, reject) => {
    const unlisten = tables.answers.onChange((of, row) => {
      if (of === name && row) resolve(row);
    });
    const timer = setTimeout(() => reject(new OperationError('no-answer', LATE)), LOOK_LIMIT_MS);
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    done.signal.addEventListener('abort', () => {
      unlisten();
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    });
  });
  try {
    const [given] = await Promise.all([answer, tables.requests.put(name, request)]);
    return given;
  } finally {
    done.abort();
  }
}
