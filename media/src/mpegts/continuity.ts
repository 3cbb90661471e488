import {
  announcesDiscontinuity,
  continuityOf,
  hasPayload,
  hasTransportError,
  PACKET_BYTES,
} from './packet.js';

/** `repeat`: drop it; `gap`: at least one packet before it is missing. */
type Continuity = 'next' | 'repeat' | 'gap';

/**
 * Checks the 4-bit counters of each PID (ISO 13818-1 2.4.3.3). A packet may be sent twice; the same counter with
 * other bytes means that 15 packets are missing. (16 missing ones leave no trace in the counter.)
 */
export class ContinuityCheck {
  readonly #last = new Map<number, Uint8Array>();

  check(packet: Uint8Array, pid: number): Continuity {
    if (!hasPayload(packet)) return 'next'; // the counter stands still then
    const before = this.#last.get(pid);
    if (!before) {
      // Not `slice`, which gives a view of the same bytes where the packet is in a Buffer of Node.js.
      this.#last.set(pid, new Uint8Array(packet));
      return hasTransportError(packet) ? 'gap' : 'next';
    }
    const order = announcesDiscontinuity(packet) ? 'next' : compare(packet, before);
    before.set(packet);
    return hasTransportError(packet) ? 'gap' : order;
  }
}

function compare(packet: Uint8Array, before: Uint8Array): Continuity {
  const counter = continuityOf(packet);
  if (counter === ((continuityOf(before) + 1) & 0x0f)) return 'next';
  return counter === continuityOf(before) && sameBesidesClock(packet, before) ? 'repeat' : 'gap';
}

/**
 * Everything but the clock reference in the adaptation field, which a repeated packet updates; so compare from the end.
 */
function sameBesidesClock(a: Uint8Array, b: Uint8Array): boolean {
  for (let at = PACKET_BYTES - 1; at >= 12; at--) if (a[at] !== b[at]) return false;
  return true;
}
