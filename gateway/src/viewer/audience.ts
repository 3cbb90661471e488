import { setTimeout as sleep } from 'node:timers/promises';
import { CloseCode } from '@topicast/contracts/close-codes';
import type { StreamId } from '@topicast/contracts/stream-id';
import type { Milliseconds } from '@topicast/contracts/units';
import type { Protocol } from '../metrics/metrics.js';
import type { ViewerSession } from './session.js';

export interface AudienceLimits {
  readonly viewers: number;
  readonly viewersPerAddress: number;
}

const LEAVE_MS = 2_500;

/** All viewers of this gateway: who watches what, from where. */
export class Audience {
  readonly #byStream = new Map<StreamId, Set<ViewerSession>>();
  readonly #byAddress = new Map<string, number>();
  readonly #byProtocol: Record<Protocol, number> = { raw: 0, v1: 0 };

  constructor(private readonly limits: AudienceLimits) {}

  get size(): number {
    return this.#byProtocol.raw + this.#byProtocol.v1;
  }

  count(protocol: Protocol): number {
    return this.#byProtocol[protocol];
  }

  countOf(stream: StreamId): number {
    return this.#byStream.get(stream)?.size ?? 0;
  }

  hasRoomFor(address: string): boolean {
    return (
      this.size < this.limits.viewers && (this.#byAddress.get(address) ?? 0) < this.limits.viewersPerAddress
    );
  }

  /** Returns the function that takes the viewer out again. */
  add(viewer: ViewerSession, address: string): () => void {
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

  *of(stream: StreamId): IterableIterator<ViewerSession> {
    yield* this.#byStream.get(stream) ?? [];
  }

  *all(): IterableIterator<ViewerSession> {
    for (const viewers of this.#byStream.values()) yield* viewers;
  }

  tick(now: Milliseconds): void {
    for (const viewer of this.all()) viewer.tick(now);
  }

  closeStream(stream: StreamId, code: CloseCode, reason: string): void {
    for (const viewer of this.of(stream)) viewer.close(code, reason);
  }

  /** Send all away, and give them some time to go. */
  async close(): Promise<void> {
    for (const viewer of this.all()) viewer.close(CloseCode.goingAway, 'the gateway is going down');
    const deadline = performance.now() + LEAVE_MS;
    while (this.size > 0 && performance.now() < deadline) await sleep(20);
    for (const viewer of this.all()) viewer.terminate();
  }
}
