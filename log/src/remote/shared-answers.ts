import type { StreamId } from '@topicast/contracts/stream-id';
import type { ServedLog } from '../chunk-log.js';

interface Answer {
  readonly value: Promise<unknown>;
  /** On the monotonic clock; undefined while the log is asked. */
  givenAt: number | undefined;
  readonly takers: Set<object>;
}

const FRESH_MS = 1_000;

/**
 * What all clients ask the log for again and again: which topics there are, and where they end. An answer that is on its
 * way, or younger than a second, serves all clients, but each only once: a client that asks again wants to see a change.
 */
export class SharedAnswers {
  readonly #log: Pick<ServedLog, 'topics' | 'ends'>;
  readonly #answers = new Map<string, Answer>();

  constructor(log: Pick<ServedLog, 'topics' | 'ends'>) {
    this.#log = log;
  }

  topics(client: object): Promise<StreamId[]> {
    return this.#share('topics', client, () => this.#log.topics());
  }

  ends(client: object, streams: readonly StreamId[]): Promise<Map<StreamId, (number | undefined)[]>> {
    return this.#share(`ends ${[...streams].sort().join()}`, client, () => this.#log.ends(streams));
  }

  /** Make a change of topics, after which no earlier answer is given. */
  async change(make: () => Promise<void>): Promise<void> {
    try {
      await make();
    } finally {
      this.#answers.clear();
    }
  }

  #share<T>(question: string, client: object, ask: () => Promise<T>): Promise<T> {
    this.#dropOld(performance.now());
    const known = this.#answers.get(question);
    if (known && !known.takers.has(client)) {
      known.takers.add(client);
      // The question determines the type.
      return known.value as Promise<T>;
    }
    const value = ask();
    const answer: Answer = { value, givenAt: undefined, takers: new Set([client]) };
    this.#answers.set(question, answer);
    value.then(
      () => {
        answer.givenAt = performance.now();
      },
      () => {
        if (this.#answers.get(question) === answer) this.#answers.delete(question);
      },
    );
    return value;
  }

  #dropOld(now: number): void {
    for (const [question, { givenAt }] of this.#answers) {
      if (givenAt !== undefined && now - givenAt >= FRESH_MS) this.#answers.delete(question);
    }
  }
}
