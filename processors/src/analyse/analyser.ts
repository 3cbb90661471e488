import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { killConfined, startConfined } from '../ffmpeg/confined.js';
import { Lines } from '../ffmpeg/lines.js';
import { ANALYSIS_ARGUMENTS } from './arguments.js';
import { type Fact, FilterWords } from './filter-words.js';

/** What may wait for ffmpeg: some 20 s of 3 Mbit/s. */
const MOST_WAITING_BYTES = 8 * 1024 * 1024;
/** Time in which it takes nothing at all. */
const HANGS_AFTER_MS = 30_000;

interface AnalyserOptions {
  readonly ffmpegPath: string;
  readonly onFact: (fact: Fact) => void;
  /** Chunks that were left out because too many wait. */
  readonly onSkipped: () => void;
}

/** One ffmpeg that looks at one run of MPEG-TS. */
export class Analyser {
  readonly #options: AnalyserOptions;
  readonly #child: ChildProcess;
  readonly #input: Writable;
  readonly #closed: Promise<unknown>;
  #isSkipping = false;
  /** When it last took something, or there was nothing to take. */
  #takenAt = 0;
  #ended: string | undefined;
  #lastWords = '';

  constructor(options: AnalyserOptions) {
    this.#options = options;
    const child = startConfined(options.ffmpegPath, ANALYSIS_ARGUMENTS, 2);
    this.#child = child;
    this.#input = child.stdin as Writable;
    for (const pipe of [child.stdout, child.stdio[3]]) this.#listen(pipe as Readable);
    const said = new Lines((line) => {
      this.#lastWords = line;
    });
    (child.stderr as Readable).setEncoding('utf8').on('data', (text: string) => said.push(text));
    this.#closed = once(child, 'close').then(
      ([code, signal]) => this.#end(signal ?? `exit code ${code}`),
      (error: unknown) => this.#end(String(error)),
    );
  }

  /** @throws {Error} if ffmpeg has ended, or hangs */
  take(value: Uint8Array, isKeyframe: boolean): void {
    if (this.#ended !== undefined) throw new Error(this.#ended);
    const now = performance.now();
    const waiting = this.#input.writableLength;
    if (waiting === 0) this.#takenAt = now;
    else if (now - this.#takenAt > HANGS_AFTER_MS) throw new Error('ffmpeg takes nothing any more');
    const isFull = waiting + value.byteLength > MOST_WAITING_BYTES;
    this.#isSkipping = isFull || (this.#isSkipping && !isKeyframe);
    if (this.#isSkipping) this.#options.onSkipped();
    else this.#input.write(value, () => this.#onTaken());
  }

  async close(): Promise<void> {
    killConfined(this.#child);
    await this.#closed;
  }

  #onTaken(): void {
    this.#takenAt = performance.now();
  }

  #listen(pipe: Readable): void {
    const words = new FilterWords();
    const lines = new Lines((line) => {
      const fact = words.read(line);
      if (fact) this.#options.onFact(fact);
    });
    pipe.setEncoding('utf8').on('data', (text: string) => lines.push(text));
  }

  #end(how: string): void {
    this.#ended = `ffmpeg ended (${how})${this.#lastWords && `: ${this.#lastWords}`}`;
  }
}
