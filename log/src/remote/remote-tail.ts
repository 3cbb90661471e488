import type { LogError } from '../chunk-log.js';
import { Wake } from '../wake.js';

/**
 * Pieces of a tail that have arrived and wait for their reader; never more than the other end sends without an
 * acknowledgement.
 */
export class RemoteTail {
  readonly #wake = new Wake();
  readonly #waiting: Buffer[] = [];
  #problem: LogError | undefined;

  push(body: Buffer): void {
    this.#waiting.push(body);
    this.#wake.ring();
  }

  /** There will be no more pieces; those that have arrived are given out first. */
  fail(problem: LogError): void {
    this.#problem = problem;
    this.#wake.ring();
  }

  /** Until the signal aborts. @throws {LogError} when the tail is over */
  async *pieces(signal: AbortSignal): AsyncGenerator<Buffer, void> {
    const ring = (): void => this.#wake.ring();
    signal.addEventListener('abort', ring);
    try {
      while (!signal.aborted) {
        const body = this.#waiting.shift();
        if (body) yield body;
        else if (this.#problem) throw this.#problem;
        else await this.#wake.rung();
      }
    } finally {
      signal.removeEventListener('abort', ring);
    }
  }
}
