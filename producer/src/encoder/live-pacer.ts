import { type Milliseconds, milliseconds, ticksToMs } from '@topicast/contracts/units';
import type { Chunk } from '@topicast/media/mpegts';

/** What comes later than it was due by less than this is jitter, which players bear. */
const JITTER_MS = 100;
/** How long a source has to be early until we believe that it stays so; each disappointment doubles it. */
const TRUST_MS = { first: 3_000, most: 120_000 } as const;
/** Media do not pause for longer; the time stamps have jumped. */
const JUMP_MS = 10_000;
/** A source that is this far ahead is not live: it sends as fast as we read. */
const MOST_LEAD_MS = 30_000;
const RESUME_MS = 20_000;
/** A recording is as far ahead again by then. */
const READ_FREELY_MS = 30_000;

/**
 * Releases what comes in bursts (segments, a proxy's buffers) at the pace of its time stamps, as late as its longest gap
 * demands and no later. What comes evenly passes at once. Of what comes faster than time goes by, the encoder is held back.
 */
export class LivePacer {
  readonly #emit: (chunk: Chunk) => void;
  readonly #encoder: { pause(): void; resume(): void };
  #queue: { readonly chunk: Chunk; readonly due: number }[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** The moment of decode time 0. */
  #origin: number | undefined;
  /** The newest time so far: the other track, if it comes later, does not tell when the source was late. */
  #newest = Number.NEGATIVE_INFINITY;
  #paused = false;
  /** Until when it is taken for a recording: as long as it comes faster than time goes by whenever it is read. */
  #recordingUntil = Number.NEGATIVE_INFINITY;
  #trust: number = TRUST_MS.first;
  /** Since then, every chunk came at least `slack` before it was due, and one of them `lead`. */
  #trial = { since: 0, slack: Number.POSITIVE_INFINITY, lead: 0 };
  #delay: number;
  #onEmpty: (() => void) | undefined;

  /** @param delay what is known of its bursts; zero: nothing */
  constructor(
    emit: (chunk: Chunk) => void,
    encoder: { pause(): void; resume(): void },
    delay: Milliseconds = milliseconds(0),
  ) {
    this.#emit = emit;
    this.#encoder = encoder;
    this.#delay = delay;
  }

  /** Enough is ready, so the encoder waits. */
  get isFull(): boolean {
    return this.#paused;
  }

  get isHolding(): boolean {
    return this.#queue.length > 0;
  }

  /** How long chunks of a live source have waited lately, at most. */
  get delay(): Milliseconds {
    return milliseconds(this.#isRecording ? 0 : this.#delay);
  }

  get #isRecording(): boolean {
    return this.#paused || performance.now() < this.#recordingUntil;
  }

  push(chunk: Chunk): void {
    // It may move the queue.
    const due = this.#dueOf(chunk);
    this.#queue.push({ chunk, due });
    if (!this.#paused && this.#lead >= MOST_LEAD_MS) {
      this.#paused = true;
      this.#encoder.pause();
    }
    this.#run();
  }

  /** Resolves when everything has been released at its time, or when it is aborted. */
  async drained(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
      signal.addEventListener('abort', () => resolve(), { once: true });
      this.#run();
    });
  }

  /** @returns how many chunks were held and will never be released. */
  close(): number {
    clearTimeout(this.#timer);
    return this.#queue.splice(0).length;
  }

  get #lead(): number {
    return Math.max(0, (this.#queue.at(-1)?.due ?? 0) - performance.now());
  }

  #dueOf({ decodeTime, discontinuity }: Chunk): number {
    const now = performance.now();
    const time = ticksToMs(decodeTime);
    const isElsewhere = discontinuity || Math.abs(time - this.#newest) > JUMP_MS;
    if (this.#origin === undefined || isElsewhere) {
      const wait = this.#origin === undefined ? this.#delay : this.#lead;
      this.#origin = now + wait - time;
      this.#newest = time;
      this.#judge(now, this.#delay);
      // It may have waited for the encoder to start, so it says nothing about those that follow.
      return this.#origin + time;
    }
    if (time >= this.#newest) this.#learn(now, this.#origin + time - now);
    this.#newest = Math.max(this.#newest, time);
    return this.#origin + time;
  }

  /** @param slack by how much a chunk that came now was early */
  #learn(now: number, slack: number): void {
    if (slack < -JITTER_MS) {
      this.#move(-slack);
      this.#trust = Math.min(TRUST_MS.most, this.#trust * 2);
      this.#judge(now, this.#delay - slack);
      return;
    }
    const { since } = this.#trial;
    this.#trial = {
      since,
      slack: Math.min(this.#trial.slack, Math.max(0, slack)),
      lead: Math.max(this.#trial.lead, slack),
    };
    if (this.#isRecording || now - since < this.#trust) return;
    const excess = this.#trial.slack > JITTER_MS ? this.#trial.slack : 0;
    this.#move(-excess);
    this.#judge(now, this.#trial.lead - excess);
  }

  #judge(now: number, delay: number): void {
    this.#delay = delay;
    this.#trial = { since: now, slack: Number.POSITIVE_INFINITY, lead: 0 };
  }

  /** Everything is due so much later, or earlier. */
  #move(ms: number): void {
    this.#origin! += ms;
    this.#queue = this.#queue.map(({ chunk, due }) => ({ chunk, due: due + ms }));
  }

  #run(): void {
    clearTimeout(this.#timer);
    const now = performance.now();
    for (let head = this.#queue[0]; head; head = this.#queue[0]) {
      if (head.due > now) {
        this.#timer = setTimeout(() => this.#run(), head.due - now);
        break;
      }
      this.#queue.shift();
      this.#emit(head.chunk);
    }
    if (this.#paused && this.#lead < RESUME_MS) {
      this.#paused = false;
      this.#recordingUntil = performance.now() + READ_FREELY_MS;
      this.#encoder.resume();
    }
    if (this.#queue.length === 0) this.#onEmpty?.();
  }
}
