import type { ChunkHeader } from '@topicast/contracts/chunk-header';
import { streamId } from '@topicast/contracts/stream-id';
import { StreamTables } from '@topicast/contracts/stream-tables';
import { type StreamStatus, streamRow } from '@topicast/contracts/tables';
import { MemoryTable } from '@topicast/contracts/testing/memory-table';
import { milliseconds } from '@topicast/contracts/units';
import type { NewRecord, Share } from '@topicast/log';
import { headerOf } from '@topicast/test/headers';
import type { EndReason, Processor, ReadChunk, StreamView, Work } from '../worker/processor.js';

export const STREAM = streamId('demo');
export const RETAINED = { partitions: 1, retentionMs: milliseconds(600_000) };

export const rowOf = (fields: { readonly enabled?: boolean } = {}) =>
  streamRow.parse({
    ...{ id: STREAM, title: 'Demo', source: { kind: 'test' }, enabled: true },
    ...{ createdAt: new Date().toISOString() },
    ...fields,
  });

export const statusOf = (fields: Partial<StreamStatus> = {}): StreamStatus => ({
  ...{ producer: 'one', state: 'live', session: 1, notes: [], encoderLog: [], restarts: 0, droppedChunks: 0 },
  ...fields,
});

/** The tables of one stream that is on air. */
export async function tablesOnAir(): Promise<StreamTables> {
  const tables = new StreamTables({ streams: new MemoryTable(), status: new MemoryTable() });
  await tables.rows.put(STREAM, rowOf());
  await tables.statuses.put(STREAM, statusOf());
  return tables;
}

/** A share that the test gives and takes. */
export class TestShare implements Share {
  readonly confirmed = true;
  readonly #listeners = new Set<() => void>();
  #isOurs = true;

  give(isOurs: boolean): void {
    this.#isOurs = isOurs;
    for (const tell of this.#listeners) tell();
  }

  owns(): boolean {
    return this.#isOurs;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async leave(): Promise<void> {
    this.give(false);
  }
}

/** Chunks from `from` on, a keyframe every `gop`. */
export const chunks = (
  from: number,
  count: number,
  { gop = 4, ...fields }: Partial<ChunkHeader> & { readonly gop?: number } = {},
): NewRecord[] =>
  Array.from({ length: count }, (_, n) => ({
    header: headerOf(from + n, {
      keyframe: (from + n) % gop === 0,
      sinceKeyframe: (from + n) % gop,
      ...fields,
    }),
    value: new Uint8Array(188).fill(0x47),
  }));

/** Writes down what it is given. */
export class NotingProcessor implements Processor {
  readonly name = 'noting';
  readonly taken: ReadChunk[] = [];
  readonly ended: EndReason[] = [];
  readonly updates: StreamView[] = [];
  begun = 0;
  /** Called before each chunk is noted. */
  onTake: (chunk: ReadChunk) => void | Promise<void> = () => undefined;
  wants: (stream: StreamView) => number | undefined = ({ status }) =>
    status?.state === 'live' ? 0 : undefined;

  renditionOf(stream: StreamView): number | undefined {
    return this.wants(stream);
  }

  follow(): Work {
    this.begun += 1;
    return {
      take: async (chunk) => {
        await this.onTake(chunk);
        this.taken.push(chunk);
      },
      update: (stream) => {
        this.updates.push(stream);
      },
      close: async (because) => {
        this.ended.push(because);
      },
    };
  }

  get sequences(): number[] {
    return this.taken.map(({ header }) => header.sequence);
  }
}
