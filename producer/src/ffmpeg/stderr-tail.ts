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

/** With the flag `level`, ffmpeg says how much each line matters. */
const LEVEL = /^(\[[^\]]{1,80}\] )?\[(panic|fatal|error|warning|info|verbose|debug)\] /;
const UNIMPORTANT: readonly string[] = ['info', 'verbose', 'debug'];

/** A line without its level. */
function read(line: string): { readonly said: string; readonly matters: boolean } {
  const [label = '', context = '', level = ''] = LEVEL.exec(line) ?? [];
  return { said: context + line.slice(label.length), matters: !UNIMPORTANT.includes(level) };
}

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
    for (const part of parts.filter(Boolean)) this.#add(part);
  }

  lines(): string[] {
    // The line may continue.
    const { said, matters } = read(tidy(this.#rest, true));
    return said && matters ? [...this.#lines, said].slice(-this.#keep) : [...this.#lines];
  }

  #add(line: string): void {
    const clean = tidy(line);
    if (!clean || isNoise(line)) return;
    const { said, matters } = read(clean);
    this.#onLine(said);
    if (!matters) return;
    this.#lines.push(said);
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
