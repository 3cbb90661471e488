import type { PathDelays } from '@topicast/contracts/server-message';
import { type Milliseconds, milliseconds } from '@topicast/contracts/units';
import {
  addClockSample,
  type ClockEstimate,
  type ClockSample,
  estimateClock,
  wallClockNow,
} from '../core/clock.js';

const FIRST_PERIOD_MS = 150;
const GROWTH = 1.5;
const PERIOD_MS = 3_000;

/** Asks the gateway for its time: often while the burst of a join may hold up the answers, then less often. */
export class ClockExchange {
  readonly #ask: (client: Milliseconds) => void;
  readonly #onEstimate: (estimate: ClockEstimate) => void;
  #samples: readonly ClockSample[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #period = FIRST_PERIOD_MS;

  constructor(ask: (client: Milliseconds) => void, onEstimate: (estimate: ClockEstimate) => void) {
    this.#ask = ask;
    this.#onEstimate = onEstimate;
  }

  /** Called on each new connection, because another gateway has another clock. */
  start(): void {
    this.stop();
    this.#samples = [];
    this.#period = FIRST_PERIOD_MS;
    this.#exchange();
  }

  /** Once more now: an answer shows that the connection works. */
  askNow(): void {
    this.#ask(wallClockNow());
  }

  answer(client: number, gateway: Milliseconds, delays: PathDelays | undefined): void {
    this.#samples = addClockSample(this.#samples, {
      sent: milliseconds(client),
      received: wallClockNow(),
      gateway,
    });
    const estimate = estimateClock(this.#samples);
    if (estimate) this.#onEstimate({ ...estimate, delays });
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #exchange(): void {
    this.#ask(wallClockNow());
    this.#timer = setTimeout(() => this.#exchange(), this.#period);
    this.#period = Math.min(PERIOD_MS, this.#period * GROWTH);
  }
}
