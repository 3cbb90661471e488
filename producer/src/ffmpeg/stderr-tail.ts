const LINES = 40;
const LINE_LENGTH = 300;

/** The last lines that ffmpeg wrote, for the streamer: bounded, and without what is secret in addresses. */
export class StderrTail {
  #lines: string[] = [];
  #rest = '';

  constructor(private readonly keep = LINES) {}

  push(text: string): void {
    const parts = (this.#rest + text).split(/\r\n|\n|\r/);
    // An endless line is cut before it grows: its end is of no use to anybody.
    this.#rest = (parts.pop() ?? '').slice(0, LINE_LENGTH * 4);
    for (const part of parts) this.#add(part);
  }

  lines(): string[] {
    const last = tidy(this.#rest);
    return last ? [...this.#lines, last].slice(-this.keep) : [...this.#lines];
  }

  #add(line: string): void {
    const clean = tidy(line);
    if (!clean) return;
    this.#lines.push(clean);
    if (this.#lines.length > this.keep) this.#lines.shift();
  }
}

const tidy = (line: string): string =>
  maskSecrets(line)
    // The address of a context in ffmpeg's memory says nothing to anybody.
    .replace(/ @ 0x[0-9a-f]+\]/g, ']')
    .trimEnd()
    .slice(0, LINE_LENGTH);

/** User names, passwords and queries (keys, SRT passphrases) of addresses, wherever they stand in a text. */
export const maskSecrets = (text: string): string =>
  text
    .replace(/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/?#'"]*@/gi, '$1***@')
    .replace(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s?#'"]*)\?[^\s'"]*/gi, '$1?***');
