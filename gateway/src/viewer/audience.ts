import { setTimeout as sleep } from 'node:timers/promises';
import { CloseCode } from '@topicast/contracts/close-codes';
import type { StreamId } from '@topicast/contracts/stream-id';
import type { Milliseconds } from '@topicast/contracts/units';
import type { Protocol } from '../stream/protocol.js';
import type { ViewerConnection } from './connection.js';
import { type Counts, NOBODY, type Peers } from './peers.js';

interface AudienceLimits {
  readonly viewers: number;
  readonly viewersPerAddress: number;
}

const LEAVE_MS = 2_500;
const LOOK_MS = 20;
/** The share of the time to move in which viewers are told to move, one after the other. */
const TELL_SHARE = 0.5;
/** A small audience hears of a chunk at least this quickly. */
const LONGEST_GAP_MS = 20;

/**
 * All viewers of this process: who watches what, from where. The limits apply to the whole gateway, including its
 * peers.
 */
export class Audience {
  readonly #limits: AudienceLimits;
  readonly #peers: Peers | undefined;
  readonly #byStream = new Map<StreamId, Set<ViewerConnection>>();
  readonly #byAddress = new Map<string, number>();
  readonly #byProtocol: Record<Protocol, number> = { raw: 0, v1: 0 };

  constructor(limits: AudienceLimits, peers?: Peers) {
    this.#limits = limits;
    this.#peers = peers;
  }

  get #elsewhere(): Counts {
    return this.#peers?.counts ?? NOBODY;
  }

  get size(): number {
    return this.#byProtocol.raw + this.#byProtocol.v1;
  }

  count(protocol: Protocol): number {
    return this.#byProtocol[protocol];
  }

  /** Viewers of a stream, including those of the peers. */
  countOf(stream: StreamId): number {
    return (this.#byStream.get(stream)?.size ?? 0) + (this.#elsewhere.streams.get(stream) ?? 0);
  }

  /** What the peers need to know. */
  counts(): Counts {
    const streams = new Map([...this.#byStream].map(([stream, viewers]) => [stream, viewers.size]));
    return { viewers: this.size, streams, addresses: this.#byAddress };
  }

  /** Viewers of this process whose streams satisfy the condition. */
  countWhere(isSuch: (stream: StreamId) => boolean): number {
    let count = 0;
    for (const [stream, viewers] of this.#byStream) if (isSuch(stream)) count += viewers.size;
    return count;
  }

  hasRoomFor(address: string): boolean {
    const { viewers, addresses } = this.#elsewhere;
    const fromThere = (this.#byAddress.get(address) ?? 0) + (addresses.get(address) ?? 0);
    return this.size + viewers < this.#limits.viewers && fromThere < this.#limits.viewersPerAddress;
  }

  /** Returns a function that removes the viewer again. */
  add(viewer: ViewerConnection, address: string): () => void {
    const ofStream = this.#byStream.get(viewer.stream) ?? new Set();
    this.#byStream.set(viewer.stream, ofStream.add(viewer));
    this.#byAddress.set(address, (this.#byAddress.get(address) ?? 0) + 1);
    this.#byProtocol[viewer.protocol] += 1;
    return () => {
      if (!ofStream.delete(viewer)) return;
      if (ofStream.size === 0 && this.#byStream.get(viewer.stream) === ofStream)
        this.#byStream.delete(viewer.stream);
      const left = (this.#byAddress.get(address) ?? 1) - 1;
      if (left > 0) this.#byAddress.set(address, left);
      else this.#byAddress.delete(address);
      this.#byProtocol[viewer.protocol] -= 1;
    };
  }

  /** That have viewers in this process. */
  streams(): Iterable<StreamId> {
    return this.#byStream.keys();
  }

  *of(stream: StreamId): IterableIterator<ViewerConnection> {
    yield* this.#byStream.get(stream) ?? [];
  }

  *all(): IterableIterator<ViewerConnection> {
    for (const viewers of this.#byStream.values()) yield* viewers;
  }

  tick(now: Milliseconds): void {
    for (const viewer of this.all()) viewer.tick(now);
  }

  closeStream(stream: StreamId, code: CloseCode, reason: string): void {
    for (const viewer of this.of(stream)) viewer.close(code, reason);
  }

  /**
   * Tell viewers to go elsewhere, one after the other, so that they do not all arrive there at once. Wait until no
   * viewer is left that understands this, but no longer than `within`.
   */
  async drain(within: Milliseconds): Promise<void> {
    const deadline = performance.now() + within;
    const viewers = [...this.all()];
    const gap = Math.min(LONGEST_GAP_MS, (within * TELL_SHARE) / Math.max(1, viewers.length));
    let tellAt = performance.now();
    for (const viewer of viewers) {
      if (tellAt >= deadline) return;
      // Timers are coarse: tell all viewers that are due by now.
      if (tellAt > performance.now()) await sleep(LOOK_MS);
      if (viewer.move()) tellAt += gap;
    }
    while (this.#byProtocol.v1 > 0 && performance.now() < deadline) await sleep(LOOK_MS);
  }

  /** Close all viewers, and give them some time to go. */
  async close(): Promise<void> {
    for (const viewer of this.all()) viewer.close(CloseCode.goingAway, 'the gateway is going down');
    const deadline = performance.now() + LEAVE_MS;
    while (this.size > 0 && performance.now() < deadline) await sleep(LOOK_MS);
    for (const viewer of this.all()) viewer.terminate();
  }
}
