import type { Arrival } from '@topicast/test/byte-exact-viewer';

/** A chunk that the log has acknowledged. */
export type Acknowledged = Pick<Arrival, 'session' | 'sequence' | 'hash'>;

interface Delivery {
  /** Acknowledged after the first chunk that the viewer got, and never delivered, or delivered with other bytes. */
  readonly lost: number;
  /** Deliveries of a chunk that had been delivered before. */
  readonly doubled: number;
  /** First deliveries of a chunk that comes before one that had been delivered. */
  readonly outOfOrder: number;
}

/** Compares what a viewer that never left got with what the log accepted. */
export function judgeDelivery(acknowledged: readonly Acknowledged[], arrivals: readonly Arrival[]): Delivery {
  const nameOf = ({ session, sequence }: Acknowledged): string => `${session}/${sequence}`;
  const delivered = new Map<string, string>();
  let newest: Arrival | undefined;
  let doubled = 0;
  let outOfOrder = 0;
  for (const arrival of arrivals) {
    const name = nameOf(arrival);
    if (delivered.has(name)) doubled++;
    else if (newest && isBefore(arrival, newest)) outOfOrder++;
    else newest = arrival;
    delivered.set(name, arrival.hash);
  }
  const first = arrivals[0];
  const due = first ? acknowledged.filter((chunk) => !isBefore(chunk, first)) : acknowledged;
  const lost = due.filter((chunk) => delivered.get(nameOf(chunk)) !== chunk.hash).length;
  return { lost, doubled, outOfOrder };
}

const isBefore = (a: Acknowledged, b: Acknowledged): boolean =>
  a.session < b.session || (a.session === b.session && a.sequence < b.sequence);

/** The longest time without an event in a stretch of time, its edges included; ms. */
export function longestGap(times: readonly number[], from: number, to: number): number {
  const before = times.findLast((time) => time <= from) ?? from;
  const edges = [before, ...times.filter((time) => time > from && time < to), to];
  return Math.max(...edges.slice(1).map((time, index) => time - edges[index]!));
}

/**
 * The chunks that a reader of a topic must deliver, in the records' order, without those of replaced encoders and those
 * written twice (PROTOCOL.md 2); and how many sequence numbers are missing between them.
 */
export function deliverable(records: readonly Acknowledged[]): {
  readonly chunks: Acknowledged[];
  readonly missing: number;
} {
  const chunks: Acknowledged[] = [];
  let missing = 0;
  for (const record of records) {
    const last = chunks.at(-1);
    if (last && !isBefore(last, record)) continue;
    if (last?.session === record.session) missing += record.sequence - last.sequence - 1;
    chunks.push(record);
  }
  return { chunks, missing };
}
