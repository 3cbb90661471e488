import { type Backoff, pauseAfter } from '@topicast/contracts/backoff';
import type { DestinationHealth } from '@topicast/contracts/destination';
import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import { Bitrate } from './bitrate.js';
import { DestinationError } from './destination-error.js';
import type { Outlet, SentChunk } from './outlet.js';

/** For as long as this, a stream without chunks keeps its connections: its encoder may come back. */
const MOST_GAP = milliseconds(90_000);
const BACKOFF: Backoff = { first: milliseconds(1_000), longest: milliseconds(60_000) };
/** Of what a row may hold. Addresses are a part of it, and may be long. */
const LONGEST_PROBLEM = 2_000;
/** A connection that has held for this long has got over the failures before it. */
const STEADY_AFTER = milliseconds(60_000);

interface SenderOptions {
  /** @throws {DestinationError} */
  readonly open: (signal: AbortSignal) => Promise<Outlet>;
  /** The state has changed; the figures in it change without a call. */
  readonly onChange: () => void;
  /** Something went wrong that no destination can be blamed for. It is tried again all the same. */
  readonly onFault: (error: unknown) => void;
  /** Monotonic. */
  readonly now?: () => Milliseconds;
  readonly random?: () => number;
}

type State =
  | { readonly is: 'off' }
  | { readonly is: 'connecting'; readonly giveUp: AbortController; readonly problem: string | undefined }
  | { readonly is: 'live'; readonly outlet: Outlet; readonly at: Milliseconds; readonly since: Date }
  | {
      readonly is: 'waiting';
      readonly until: Milliseconds;
      readonly untilDate: Date;
      readonly problem: string;
    }
  | { readonly is: 'failed'; readonly problem: string };

/** Keeps one destination supplied: connects when the stream is on air, and again whenever the connection ends. */
export class DestinationSender {
  readonly #options: SenderOptions;
  readonly #now: () => Milliseconds;
  readonly #bitrate = new Bitrate();
  #state: State = { is: 'off' };
  #lastChunk = Milliseconds.never;
  #attempts = 0;
  #failures = 0;
  /** In connections that are over. */
  #droppedBefore = 0;
  /** What of us has not ended yet. */
  readonly #ending = new Set<Promise<unknown>>();
  #isClosed = false;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#now = options.now ?? Milliseconds.now;
  }

  get health(): DestinationHealth {
    const state = this.#state;
    const counts = { attempts: this.#attempts, droppedPictures: this.#droppedBefore };
    if (state.is === 'off') return { state: 'off', ...counts };
    if (state.is === 'connecting') return { state: 'connecting', problem: state.problem, ...counts };
    if (state.is === 'failed') return { state: 'failed', problem: state.problem, ...counts };
    if (state.is === 'waiting') {
      return { state: 'waiting', until: state.untilDate.toISOString(), problem: state.problem, ...counts };
    }
    const { problem, unsentBytes, droppedPictures } = state.outlet.figures;
    return {
      ...{ state: 'live', since: state.since.toISOString(), bitrate: this.#bitrate.bitsPerSecond },
      ...{ unsentBytes, problem, attempts: this.#attempts },
      droppedPictures: this.#droppedBefore + droppedPictures,
    };
  }

  take(chunk: SentChunk): void {
    const now = this.#now();
    this.#lastChunk = now;
    const state = this.#state;
    if (state.is === 'live') state.outlet.take(chunk);
    const isDue = state.is === 'off' || (state.is === 'waiting' && now >= state.until);
    if (isDue && chunk.mayConnect && !this.#isClosed)
      this.#connect(state.is === 'waiting' ? state.problem : undefined);
  }

  /** Call this once a second. */
  tick(): void {
    const now = this.#now();
    const state = this.#state;
    if (state.is === 'live') this.#bitrate.note(now, state.outlet.figures.sentBytes);
    const isSilent = Milliseconds.sub(now, this.#lastChunk) > MOST_GAP;
    if (!isSilent || (state.is !== 'live' && state.is !== 'waiting')) return;
    if (state.is === 'live') this.#leave(state.outlet);
    this.#failures = 0;
    this.#become({ is: 'off' });
  }

  /** End the connection in order. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const state = this.#state;
    if (state.is === 'connecting') state.giveUp.abort();
    if (state.is === 'live') this.#leave(state.outlet);
    this.#state = { is: 'off' };
    await Promise.all(this.#ending);
  }

  #connect(problem: string | undefined): void {
    const giveUp = new AbortController();
    this.#attempts++;
    this.#become({ is: 'connecting', giveUp, problem });
    const attempt = this.#options.open(giveUp.signal).then(
      (outlet) => {
        if (this.#isClosed) this.#leave(outlet);
        else this.#begin(outlet);
      },
      (error: unknown) => this.#onFailure(error),
    );
    this.#track(attempt);
  }

  #begin(outlet: Outlet): void {
    const state = { is: 'live', outlet, at: this.#now(), since: new Date() } as const;
    this.#bitrate.begin(state.at);
    this.#become(state);
    void outlet.ended.then((error) => {
      if (this.#state !== state) return;
      if (Milliseconds.sub(this.#now(), state.at) > STEADY_AFTER) this.#failures = 0;
      this.#droppedBefore += outlet.figures.droppedPictures;
      this.#onFailure(error);
    });
  }

  #onFailure(error: unknown): void {
    if (this.#isClosed) return;
    const isKnown = error instanceof DestinationError;
    if (!isKnown) this.#options.onFault(error);
    const problem = isKnown
      ? error.message.slice(0, LONGEST_PROBLEM)
      : 'The destination could not be served, for a fault of ours.';
    if (isKnown && error.code === 'barred') {
      this.#become({ is: 'failed', problem });
      return;
    }
    const pause = pauseAfter(BACKOFF, this.#failures++, (this.#options.random ?? Math.random)());
    const untilDate = new Date(Date.now() + pause);
    this.#become({ is: 'waiting', until: Milliseconds.add(this.#now(), pause), untilDate, problem });
  }

  #leave(outlet: Outlet): void {
    this.#droppedBefore += outlet.figures.droppedPictures;
    this.#track(outlet.close());
  }

  #track(work: Promise<unknown>): void {
    const ended = work.finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
  }

  #become(state: State): void {
    this.#state = state;
    this.#options.onChange();
  }
}
