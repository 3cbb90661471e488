import {
  LOOK_LIMIT_MS,
  type LookAnswer,
  type LookRequest,
  type LookTables,
  lookRequestKey,
} from '@topicast/contracts/look-tables';
import type { Share } from '@topicast/log';
import type { Logger } from 'pino';

interface LooksOptions {
  readonly tables: LookTables;
  readonly share: Pick<Share, 'owns' | 'onChange'>;
  /** Rejects when the signal ends it. */
  readonly look: (request: LookRequest, signal: AbortSignal) => Promise<LookAnswer>;
  readonly logger: Logger;
}

/** Each look runs an ffmpeg, and streams need the processor more. */
const MOST_AT_ONCE = 2;
/** Before the one who asks gives up. */
const ANSWERED_WITHIN_MS = LOOK_LIMIT_MS - 4_000;
const TIDY_EVERY_MS = 10_000;
/** With less time than this, most sources would seem to be too slow. */
const LEAST_LOOK_MS = 12_000;
/** Of another clock, which may be wrong by some minutes. */
const FORGOTTEN_MS = 600_000;
const BUSY = 'Other sources are being looked at: try again in a moment.';
const TOO_SLOW = 'The source did not show what is in it in time. It may be slow, or send nothing at present.';

interface UnderWay {
  readonly stop: AbortController;
  /** Resolves when the look is over and its answer is written; never rejects. */
  readonly done: Promise<void>;
}

/** Answers those who want to know what is in a source: the requests that this producer's share of the table has. */
export class Looks {
  readonly #options: LooksOptions;
  readonly #underWay = new Map<string, UnderWay>();
  /** When we first saw each request, on our own clock. */
  readonly #seen = new Map<string, number>();
  readonly #unlisten: (() => void)[];
  readonly #tidying: NodeJS.Timeout;
  #isClosed = false;

  constructor(options: LooksOptions) {
    this.#options = options;
    const { tables, share } = options;
    this.#unlisten = [
      tables.requests.onChange((name, request) => this.#onRequest(name, request)),
      share.onChange(() => this.#start()),
    ];
    this.#tidying = setInterval(() => this.#tidy(), TIDY_EVERY_MS);
    for (const name of tables.requests.rows.keys()) this.#note(name);
    this.#start();
  }

  /** Ends all looks; nobody gets an answer any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#tidying);
    for (const end of this.#unlisten) end();
    for (const { stop } of this.#underWay.values()) stop.abort(new Error('the producer is shutting down'));
    await Promise.all([...this.#underWay.values()].map(({ done }) => done));
  }

  #onRequest(name: string, request: LookRequest | undefined): void {
    if (request) {
      this.#note(name);
      this.#start();
      return;
    }
    this.#seen.delete(name);
    this.#underWay.get(name)?.stop.abort(new Error('nobody waits for the answer'));
    const { tables, share } = this.#options;
    if (tables.answers.get(name) && share.owns(lookRequestKey(name))) this.#delete('answers', name);
  }

  #note(name: string): void {
    if (!this.#seen.has(name)) this.#seen.set(name, performance.now());
  }

  #start(): void {
    const { tables, share } = this.#options;
    for (const [name, request] of tables.requests.rows) {
      if (this.#isClosed || this.#underWay.size >= MOST_AT_ONCE) return;
      if (this.#underWay.has(name) || tables.answers.get(name) || isForgotten(request)) continue;
      if (!share.owns(lookRequestKey(name))) continue;
      if (this.#left(name) < LEAST_LOOK_MS) this.#answer(name, { outcome: 'busy', problem: BUSY });
      else this.#look(name, request);
    }
  }

  #look(name: string, request: LookRequest): void {
    const { tables, look, logger } = this.#options;
    const stop = new AbortController();
    const slow = new Error(TOO_SLOW);
    const timer = setTimeout(() => stop.abort(slow), this.#left(name));
    const answer = async (): Promise<void> => {
      const told = await look(request, stop.signal).catch((error: unknown): LookAnswer | undefined => {
        if (error !== slow) return undefined;
        return { outcome: 'failed', problem: TOO_SLOW };
      });
      clearTimeout(timer);
      if (told && tables.requests.get(name)) await tables.answers.put(name, told);
    };
    const done = answer()
      .catch((error: unknown) => logger.debug({ err: error }, 'what was seen could not be written'))
      .finally(() => {
        this.#underWay.delete(name);
        // The request may have gone while the answer was written.
        if (!tables.requests.get(name) && tables.answers.get(name)) this.#delete('answers', name);
        this.#start();
      });
    this.#underWay.set(name, { stop, done });
  }

  #left(name: string): number {
    return ANSWERED_WITHIN_MS - (performance.now() - (this.#seen.get(name) ?? 0));
  }

  #answer(name: string, answer: LookAnswer): void {
    const { tables, logger } = this.#options;
    tables.answers
      .put(name, answer)
      .catch((error: unknown) => logger.debug({ err: error }, 'an answer could not be written'));
  }

  /** Whoever asked has died if nobody has removed the request by then. */
  #tidy(): void {
    const { tables, share } = this.#options;
    for (const [name, seen] of this.#seen) {
      const isOver = performance.now() - seen > LOOK_LIMIT_MS + TIDY_EVERY_MS;
      if (isOver && share.owns(lookRequestKey(name))) this.#delete('requests', name);
    }
    for (const name of tables.answers.rows.keys()) {
      if (!tables.requests.get(name) && share.owns(lookRequestKey(name))) this.#delete('answers', name);
    }
  }

  #delete(kind: 'requests' | 'answers', name: string): void {
    const { tables, logger } = this.#options;
    tables[kind]
      .delete(name)
      .catch((error: unknown) => logger.debug({ err: error }, 'a row of a look could not be removed'));
  }
}

/** Somebody asked who has died since, as have all who could have removed the request. */
const isForgotten = ({ at }: LookRequest): boolean => Date.now() - Date.parse(at) > FORGOTTEN_MS;
