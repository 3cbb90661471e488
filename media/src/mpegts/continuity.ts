import { announcesDiscontinuity, continuityOf, hasPayload, hasTransportError } from './packet.js';

/** `repeat`: drop it; `gap`: at least one packet before it is missing. */
export type Continuity = 'next' | 'repeat' | 'gap';

/** Checks the 4-bit counters of each PID (ISO 13818-1 2.4.3.3). */
export class ContinuityCheck {
  private readonly last = new Map<number, number>();

  check(packet: Uint8Array, pid: number): Continuity {
    const counter = continuityOf(packet);
    const before = this.last.get(pid);
    if (!hasPayload(packet)) return 'next'; // the counter stands still then
    this.last.set(pid, counter);
    if (hasTransportError(packet)) return 'gap';
    if (before === undefined || announcesDiscontinuity(packet)) return 'next';
    if (counter === before) return 'repeat';
    return counter === ((before + 1) & 0x0f) ? 'next' : 'gap';
  }
}
