import type { ChunkHeader } from '@topicast/contracts/chunk-header';
import type { ChunkMessage } from '@topicast/contracts/chunk-message';
import { Milliseconds, milliseconds, ticksToMs } from '@topicast/contracts/units';
import { ArrivalAges } from '../core/arrival-age.js';
import { ArrivalTrace } from '../core/arrival-trace.js';
import { Arrivals } from '../core/arrivals.js';
import { type ClockEstimate, wallClockNow } from '../core/clock.js';
import type { ToPage } from './messages.js';

const EVIDENCE_MS = 250;
/**
 * A chunk younger than this is at the live edge: the encoder, the log and the network take some tens of milliseconds.
 */
const LIVE_AGE_MS = 250;

/** Watches when chunks arrive, and tells the page. */
export class ArrivalWatch {
  /** Of the gateway; undefined before the clocks have been compared. */
  clock: ClockEstimate | undefined;
  readonly #post: (message: ToPage, transfer?: Transferable[]) => void;
  readonly #arrivals = new Arrivals();
  readonly #ages = new ArrivalAges();
  readonly #trace = new ArrivalTrace();
  #toldAt = Milliseconds.never;
  #newest: ChunkHeader | undefined;

  constructor(post: (message: ToPage, transfer?: Transferable[]) => void) {
    this.#post = post;
  }

  /** Whether the newest chunk is at the live edge; unknown before the clocks have been compared. */
  get isLive(): boolean | undefined {
    const age = this.#newest && this.#ageOf(this.#newest);
    return age === undefined ? undefined : age < LIVE_AGE_MS;
  }

  /** @param isLive chunks come one by one, as they are made */
  received(chunk: ChunkMessage, isLive: boolean): void {
    this.#newest = chunk.header;
    const takenIn = milliseconds(chunk.header.wallClock - (this.clock?.offset ?? 0));
    this.#trace.add({ at: wallClockNow(), takenIn, isLive }, chunk);
  }

  /**
   * What a live chunk teaches. Chunks with sound alone have times of their own, a little before or after those of the
   * pictures around them.
   * @param isRecovering it is late because of its rendition, and not because of the network
   */
  learn({ header }: ChunkMessage, isRecovering: boolean): void {
    if (header.audioOnly && !header.keyframe) return;
    const now = Milliseconds.now();
    const age = this.#ageOf(header);
    if (age !== undefined) this.#ages.add(now, age);
    if (isRecovering) this.#arrivals.forgetOverload(now);
    else this.#arrivals.add(now, milliseconds(ticksToMs(header.decodeTime)));
    if (now - this.#toldAt < EVIDENCE_MS) return;
    this.#toldAt = now;
    this.#post({ type: 'arrivals', evidence: this.#arrivals.evidence, age: this.#ages.take() });
  }

  tellTrace(): void {
    const arrivals = this.#trace.take(wallClockNow());
    this.#post({ type: 'trace', arrivals }, [arrivals.buffer]);
  }

  /** Since the encoder took it in. */
  #ageOf({ wallClock }: ChunkHeader): number | undefined {
    return this.clock && wallClockNow() + this.clock.offset - wallClock;
  }
}
