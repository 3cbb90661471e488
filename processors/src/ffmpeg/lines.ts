/** No line that we read is longer than this. */
const LONGEST_LINE = 1_024;

/** Text in pieces, to lines. What is longer than a line can be is cut. */
export class Lines {
  readonly #onLine: (line: string) => void;
  #rest = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(text: string): void {
    const parts = (this.#rest + text).split('\n');
    this.#rest = (parts.pop() ?? '').slice(0, LONGEST_LINE);
    for (const part of parts) this.#onLine(part.slice(0, LONGEST_LINE).trimEnd());
  }
}
