import type { StreamId } from '@topicast/contracts/stream-id';
import { StreamTables } from '@topicast/contracts/stream-tables';
import type { StreamRow, StreamStatus } from '@topicast/contracts/tables';
import { type Change, LaggingTable } from './lagging-table.js';
import { ModelProducer } from './model-producer.js';

/** All producers of a log, as a model: the real rules and views, and a log that processes read and write late. */
export class LateWorld {
  readonly rows = new Map<StreamId, StreamRow>();
  readonly changes: Change[] = [];
  /** The sessions of each stream's chunks, in the order of the log. */
  readonly topics = new Map<StreamId, number[]>();
  readonly producers: readonly ModelProducer[];
  /** The owner that the group has given each stream. */
  owners = new Map<StreamId, string>();
  now = 1_000;

  constructor(names: readonly string[], skews: readonly number[]) {
    this.producers = names.map((name, index) => new ModelProducer(name, skews[index] ?? 0, this));
  }

  ownerOf(id: StreamId): ModelProducer {
    return this.producers.find(({ name }) => name === this.owners.get(id)) ?? this.producers[0]!;
  }

  /** The group gives streams without an awake owner to others. */
  rebalance(choose: (id: StreamId) => number): void {
    const awake = this.producers.filter(({ isHung }) => !isHung);
    const [first] = awake;
    if (!first) return;
    for (const id of this.rows.keys()) {
      this.owners.set(id, (awake[choose(id) % awake.length] ?? first).name);
    }
  }

  /** Everybody is awake and reads, writes and decides, until nothing changes. @returns whether that happens */
  settle(): boolean {
    for (const producer of this.producers) producer.wake();
    for (let round = 0; round < 60; round++) {
      const before = JSON.stringify(this.#shape());
      for (const producer of this.producers) {
        producer.learnGroup();
        producer.flush();
        producer.read();
        producer.step();
        producer.flush();
      }
      if (JSON.stringify(this.#shape()) === before && this.producers.every(({ isIdle }) => isIdle))
        return true;
    }
    return false;
  }

  /** The statuses as seen by somebody who opens the compacted table now. */
  compactedStatuses(): ReadonlyMap<StreamId, StreamStatus> {
    const table = new LaggingTable([...new Map(this.changes)]);
    table.read();
    return new StreamTables({ streams: new LaggingTable([]), status: table }).statuses.rows;
  }

  #shape(): unknown {
    return [this.changes.length, this.producers.map((producer) => producer.sessions())];
  }
}
