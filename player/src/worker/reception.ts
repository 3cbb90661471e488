import type { ChunkMessage } from '@topicast/contracts/chunk-message';
import { type ContinuityState, type Entry, follow } from '../core/continuity.js';
import type { WorkerCounters } from './messages.js';

/** What has been received since the start, and how the next chunk follows it. */
export class Reception {
  readonly #counters = { chunks: 0, bytes: 0, lost: 0, skipped: 0, reconnects: 0 };
  #before: ContinuityState | undefined;
  /** Since the last start. */
  #hasConnected = false;

  get counters(): Omit<WorkerCounters, 'at' | 'soundDropped' | 'reason' | 'ways'> {
    return this.#counters;
  }

  /** A chunk has come since the last break. */
  get isUnderWay(): boolean {
    return this.#before !== undefined;
  }

  /** At the start, or after a pause: the next connection does not count as a reconnect. */
  begin(): void {
    this.#hasConnected = false;
  }

  connected(): void {
    if (this.#hasConnected) this.#counters.reconnects += 1;
    this.#hasConnected = true;
  }

  /** How to play this chunk; undefined if not at all. */
  judge(chunk: ChunkMessage): Entry | undefined {
    const { verdict, lost, state } = follow(this.#before, chunk);
    this.#before = state;
    this.#counters.chunks += 1;
    this.#counters.bytes += chunk.data.byteLength;
    this.#counters.lost += lost;
    if (verdict.use === 'skip') this.skipped(1);
    return verdict.use === 'play' ? verdict.entry : undefined;
  }

  /** It came before, and brings its picture now. */
  again({ data }: ChunkMessage): void {
    this.#counters.bytes += data.byteLength;
  }

  /** This many chunks were left out on purpose. */
  skipped(count: number): void {
    this.#counters.skipped += count;
  }

  /** The next chunk does not continue the previous one. */
  forget(): void {
    this.#before = undefined;
  }
}
