import { PRODUCER_SILENCE_MS, producerHeartbeat } from '@topicast/contracts/tables';
import { type Milliseconds, milliseconds } from '@topicast/contracts/units';

/**
 * Which producers are alive. A heartbeat counts from when it was heard, on this host's clock; only what stood in the
 * table when it was opened counts from the time written in it.
 */
export class Producers {
  readonly #heardAt = new Map<string, Milliseconds>();

  /** `now` is monotonic. */
  heard(producer: string, now: Milliseconds): void {
    this.#heardAt.set(producer, now);
  }

  /** A heartbeat found in the table. */
  found(producer: string, row: string, now: Milliseconds, wallClock: Milliseconds): void {
    const beat = producerHeartbeat.safeParse(parseJson(row));
    if (!beat.success) return;
    const age = Math.max(0, wallClock - Date.parse(beat.data.at));
    this.heard(producer, milliseconds(now - age));
  }

  /** It left in order. */
  left(producer: string): void {
    this.#heardAt.delete(producer);
  }

  isAlive(producer: string, now: Milliseconds): boolean {
    const heardAt = this.#heardAt.get(producer);
    return heardAt !== undefined && now - heardAt < PRODUCER_SILENCE_MS;
  }
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
