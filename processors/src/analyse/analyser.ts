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
  /** Since when it has taken nothing of what waits; undefined: nothing waits. */
  #stuckSince: number | undefined;
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
    this.#input.on('drain', () => {
      this.#stuckSince = undefined;
    });
  }

  /** @throws {Error} if ffmpeg has ended, or hangs */
  take(value: Uint8Array, isKeyframe: boolean): void {
    if (this.#ended !== undefined) throw new Error(this.#ended);
    const now = performance.now();
    if (this.#stuckSince !== undefined && now - this.#stuckSince > HANGS_AFTER_MS)
      throw new Error('ffmpeg takes nothing any more');
    const isFull = this.#input.writableLength + value.byteLength > MOST_WAITING_BYTES;
    this.#isSkipping = isFull || (this.#isSkipping && !isKeyframe);
    if (this.#isSkipping) this.#options.onSkipped();
    else if (!this.#input.write(value)) this.#stuckSince ??= now;
  }

  async close(): Promise<void> {
    killConfined(this.#child);
    await this.#closed;
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
