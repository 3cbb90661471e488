import { maskSecrets } from './mask-secrets.js';

const LINES = 40;
const LINE_LENGTH = 300;
/** How much of a line we look at: enough for an address with a long query, which shrinks. */
const LOOKED_AT = LINE_LENGTH * 4;

/**
 * What nobody can do anything about: options for a track that the source does not have (before it is opened, nobody knows
 * which it has), and what somebody at a terminal could try.
 */
const isNoise = (line: string): boolean =>
  (line.includes('Codec AVOption ') && line.includes(' has not been used for any stream')) ||
  line.startsWith('Consider increasing the value for the ');

/** The last lines that ffmpeg wrote, for the streamer: bounded, and without the secrets in addresses. */
export class StderrTail {
  readonly #keep: number;
  readonly #onLine: (line: string) => void;
  #lines: string[] = [];
  #rest = '';

  constructor(keep = LINES, onLine: (line: string) => void = () => undefined) {
    this.#keep = keep;
    this.#onLine = onLine;
  }

  push(text: string): void {
    const parts = (this.#rest + text).split(/\r\n|\n|\r/);
    // An endless line is cut before it grows, because nobody needs its end.
    this.#rest = (parts.pop() ?? '').slice(0, LOOKED_AT + 1);
    for (const part of parts.filter(Boolean).slice(-this.#keep)) this.#add(part);
  }

  lines(): string[] {
    // The line may continue.
    const last = tidy(this.#rest, true);
    return last ? [...this.#lines, last].slice(-this.#keep) : [...this.#lines];
  }

  #add(line: string): void {
    const clean = tidy(line);
    if (!clean || isNoise(line)) return;
    this.#onLine(clean);
    this.#lines.push(clean);
    if (this.#lines.length > this.#keep) this.#lines.shift();
  }
}

// Names and tags of files come here too, and can have any length, so cut first.
const tidy = (line: string, isPart = line.length > LOOKED_AT): string =>
  maskSecrets(line.slice(0, LOOKED_AT), isPart)
    // The address of a context in ffmpeg's memory means nothing to anybody.
    .replace(/ @ 0x[0-9a-f]{1,16}\]/g, ']')
    .trimEnd()
    .slice(0, LINE_LENGTH);
