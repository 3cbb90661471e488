import type { LogError } from '../chunk-log.js';
import { Wake } from '../wake.js';

/** Records that have come from the reader process and wait for who wants them: no more than it sends unasked. */
export class RemoteTail {
  readonly #wake = new Wake();
  readonly #waiting: Buffer[] = [];
  #problem: LogError | undefined;

  push(body: Buffer): void {
    this.#waiting.push(body);
    this.#wake.ring();
  }

  /** There will be no more; what has come before is given out first. */
  fail(problem: LogError): void {
    this.#problem = problem;
    this.#wake.ring();
  }

  /** Until the signal ends it. @throws {LogError} when the tail is over */
  async *bodies(signal: AbortSignal): AsyncGenerator<Buffer, void> {
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
