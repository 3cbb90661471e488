import { isDeepStrictEqual } from 'node:util';
import type { StreamId } from '@topicast/contracts/stream-id';
import { LogError, type TopicSettings } from '../chunk-log.js';
import { checkPartition, checkPartitionCount } from '../records.js';
import { Serial } from '../serial.js';
import type { DamageReport } from './damage-report.js';
import type { FileTable } from './file-table.js';
import { Partition } from './partition.js';
import type { TopicId } from './record-format.js';
import type { Store } from './store.js';

export interface Topic {
  readonly id: TopicId;
  readonly settings: TopicSettings;
  readonly partitions: readonly Partition[];
}

interface Row extends TopicSettings {
  readonly id: TopicId;
}

/** Undefined if the row is damaged. */
function readRow(text: string): Row | undefined {
  let row: Partial<Row>;
  try {
    row = JSON.parse(text) as Partial<Row>;
    checkPartitionCount(row.partitions as number);
  } catch {
    return undefined;
  }
  const isId = Number.isInteger(row.id) && row.id! > 0 && row.id! < 2 ** 32;
  return isId &&
    isPositive(row.retentionMs) &&
    (row.retentionBytes === undefined || isPositive(row.retentionBytes))
    ? (row as Row)
    : undefined;
}

const isPositive = (value: unknown): boolean => typeof value === 'number' && value > 0;

/** Which topics there are. The rows are in a table file; a topic exists as soon, and as long, as its row does. */
export class Topics {
  readonly #open = new Map<string, Topic>();
  /** Ids of deleted topics whose records are still to be removed. */
  readonly #trash = new Set<TopicId>();
  readonly #changes = new Serial();
  #lastId: TopicId = 0;

  constructor(
    private readonly rows: FileTable,
    private readonly store: Store,
    private readonly damage: DamageReport,
  ) {
    const known = new Set<TopicId>();
    for (const [stream, text] of rows.entries()) {
      const row = readRow(text);
      if (!row || known.has(row.id)) {
        // Its writer makes the topic again; what it held is removed below, with all that no topic owns.
        damage.topic(stream);
        continue;
      }
      known.add(row.id);
      this.#show(stream, row);
    }
    for (const id of store.storedTopics()) {
      this.#lastId = Math.max(this.#lastId, id);
      if (!known.has(id)) this.#trash.add(id);
    }
  }

  names(): StreamId[] {
    return [...this.#open.keys()] as StreamId[];
  }

  all(): IterableIterator<Topic> {
    return this.#open.values();
  }

  /** One that is there takes the new retention, and stays as it is in all else. */
  create(stream: StreamId, { partitions, retentionMs, retentionBytes }: TopicSettings): Promise<void> {
    return this.#changes.run(async () => {
      const known = this.#open.get(stream);
      const settings: TopicSettings = {
        partitions: known?.settings.partitions ?? partitions,
        retentionMs,
        ...(retentionBytes && { retentionBytes }),
      };
      if (known && isDeepStrictEqual(settings, known.settings)) return;
      const row: Row = { id: known?.id ?? ++this.#lastId, ...settings };
      await this.rows.put(stream, JSON.stringify(row));
      if (known) this.#open.set(stream, { ...known, settings });
      else this.#show(stream, row);
    });
  }

  delete(stream: StreamId): Promise<void> {
    return this.#changes.run(async () => {
      const topic = this.#open.get(stream);
      if (!topic) return;
      await this.rows.delete(stream);
      this.#open.delete(stream);
      this.#trash.add(topic.id);
      for (const partition of topic.partitions) partition.wake();
    });
  }

  /** @throws {LogError} `unknown-topic`, `invalid` */
  partition(stream: StreamId, rendition: number): Partition {
    const topic = this.#open.get(stream);
    if (!topic) throw new LogError('unknown-topic', `stream "${stream}" has no topic`);
    checkPartition(rendition, topic.partitions.length);
    return topic.partitions[rendition]!;
  }

  /** Whether the partition is still one of the stream's topic. */
  holds(stream: StreamId, partition: Partition): boolean {
    return this.#open.get(stream)?.partitions.includes(partition) ?? false;
  }

  /** Remove up to `limit` records of deleted topics; true if there are more. */
  emptyTrash(limit: number): boolean {
    const [id] = this.#trash;
    if (id === undefined) return false;
    if (!this.store.removeSome(id, limit)) this.#trash.delete(id);
    return this.#trash.size > 0;
  }

  #show(stream: string, { id, ...settings }: Row): void {
    this.#lastId = Math.max(this.#lastId, id);
    const partitions = Array.from(
      { length: settings.partitions },
      (_, index) => new Partition(this.store, id, index, () => this.damage.record()),
    );
    this.#open.set(stream, { id, settings, partitions });
  }
}
