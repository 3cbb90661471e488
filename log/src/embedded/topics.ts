import { isDeepStrictEqual } from 'node:util';
import { isStreamId, type StreamId } from '@topicast/contracts/stream-id';
import { LogError, type TopicSettings } from '../chunk-log.js';
import { checkPartition, checkPartitionCount } from '../records.js';
import { Serial } from '../serial.js';
import type { DamageReport } from './damage-report.js';
import type { FileTable } from './file-table.js';
import { Partition } from './partition.js';
import type { TopicId } from './record-format.js';
import type { Store } from './store.js';

interface Topic {
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

/**
 * Which topics there are: streams' topics by their ids, event topics by names with a dot, which no id has. The rows are
 * in a table file; a topic exists exactly as long as its row.
 */
export class Topics {
  readonly #rows: FileTable;
  readonly #store: Store;
  readonly #damage: DamageReport;
  readonly #open = new Map<string, Topic>();
  /** Ids of deleted topics whose records are still to be removed. */
  readonly #trash = new Set<TopicId>();
  readonly #changes = new Serial();
  #lastId: TopicId = 0;

  constructor(rows: FileTable, store: Store, damage: DamageReport) {
    this.#rows = rows;
    this.#store = store;
    this.#damage = damage;
    const known = new Set<TopicId>();
    for (const [stream, text] of rows.entries()) {
      const row = readRow(text);
      if (!row || known.has(row.id)) {
        // Its writer will create the topic again. Its records are removed below, with all others that no topic owns.
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

  streams(): StreamId[] {
    return [...this.#open.keys()].filter(isStreamId);
  }

  /** Undefined if there is no such topic. */
  partitions(name: string): readonly Partition[] | undefined {
    return this.#open.get(name)?.partitions;
  }

  all(): IterableIterator<Topic> {
    return this.#open.values();
  }

  /** An existing topic takes the new retention, gets the partitions that it lacks, and otherwise stays as it is. */
  create(name: string, { partitions, retentionMs, retentionBytes }: TopicSettings): Promise<void> {
    return this.#changes.run(async () => {
      const known = this.#open.get(name);
      const settings: TopicSettings = {
        partitions: Math.max(known?.settings.partitions ?? 0, partitions),
        retentionMs,
        ...(retentionBytes && { retentionBytes }),
      };
      if (known && isDeepStrictEqual(settings, known.settings)) return;
      const row: Row = { id: known?.id ?? ++this.#lastId, ...settings };
      await this.#rows.put(name, JSON.stringify(row));
      this.#show(name, row);
    });
  }

  delete(name: string): Promise<void> {
    return this.#changes.run(async () => {
      const topic = this.#open.get(name);
      if (!topic) return;
      await this.#rows.delete(name);
      this.#open.delete(name);
      this.#trash.add(topic.id);
      for (const partition of topic.partitions) partition.wake();
    });
  }

  /** @throws {LogError} `unknown-topic`, `invalid` */
  partition(name: string, rendition: number): Partition {
    const topic = this.#open.get(name);
    if (!topic) throw new LogError('unknown-topic', `"${name}" has no topic`);
    checkPartition(rendition, topic.partitions.length);
    return topic.partitions[rendition]!;
  }

  /** Whether the partition is still one of the topic that has the name. */
  holds(name: string, partition: Partition): boolean {
    return this.#open.get(name)?.partitions.includes(partition) ?? false;
  }

  /** Remove up to `limit` records of deleted topics; true if there are more. */
  emptyTrash(limit: number): boolean {
    const [id] = this.#trash;
    if (id === undefined) return false;
    if (!this.#store.removeSome(id, limit)) this.#trash.delete(id);
    return this.#trash.size > 0;
  }

  #show(name: string, { id, ...settings }: Row): void {
    this.#lastId = Math.max(this.#lastId, id);
    // Tails keep references to the existing partitions.
    const known = this.#open.get(name)?.partitions ?? [];
    const added = Array.from(
      { length: settings.partitions - known.length },
      (_, n) => new Partition(this.#store, id, known.length + n, () => this.#damage.record()),
    );
    this.#open.set(name, { id, settings, partitions: [...known, ...added] });
  }
}
