import type { StreamId } from '@topicast/contracts/stream-id';
import { Milliseconds, milliseconds } from '@topicast/contracts/units';

/** An encoder that reconnects takes over from itself once; this many in a minute are two encoders in turn. */
const CONTESTED_AFTER = 3;
const WITHIN = milliseconds(60_000);
/** Long enough for one of them to be on air, and longer than an encoder needs that was cut off (10 s). */
const REST = milliseconds(30_000);

/** When the encoders of a stream took over from each other, so that two with one key do not do so for ever. */
export class Takeovers {
  /** The last ones of each stream, oldest first. */
  readonly #times = new Map<StreamId, readonly Milliseconds[]>();

  note(stream: StreamId, now: Milliseconds): void {
    for (const [each, times] of this.#times) {
      if (Milliseconds.sub(now, times.at(-1)!) > WITHIN) this.#times.delete(each);
    }
    this.#times.set(stream, [...(this.#times.get(stream) ?? []), now].slice(-CONTESTED_AFTER));
  }

  /** Two encoders have the key, as far as the last takeovers show. */
  isContested(stream: StreamId): boolean {
    const times = this.#times.get(stream) ?? [];
    return times.length === CONTESTED_AFTER && Milliseconds.sub(times.at(-1)!, times[0]!) <= WITHIN;
  }

  /** Whether a newcomer has to leave the stream to the encoder that has it. */
  mustRest(stream: StreamId, now: Milliseconds): boolean {
    const last = this.#times.get(stream)?.at(-1) ?? Milliseconds.never;
    return this.isContested(stream) && Milliseconds.sub(now, last) < REST;
  }
}
