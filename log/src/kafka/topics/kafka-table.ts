import { Partitioners } from 'kafkajs';
import { type Bounds, LogError } from '../../chunk-log.js';
import { Serial } from '../../serial.js';
import { TableView } from '../../table-view.js';
import { closedLog } from '../errors.js';
import type { Follower } from '../read/followers.js';
import type { Reader } from '../read/reader.js';
import type { KafkaRecord } from '../wire/record-batch.js';

/** Writes one row: undefined deletes it. Resolves with its offset when it is durable. */
type WriteRow = (partition: number, key: string, value: string | undefined) => Promise<number>;

/**
 * A compacted topic and its rows in memory. A view follows all partitions from their first offset on. A write shows
 * when it comes back from the log, so all processes see the changes of a key in the same order.
 */
export class KafkaTable extends TableView {
  readonly #reader: Pick<Reader, 'follow' | 'unfollow'>;
  readonly #write: WriteRow;
  readonly #partitions: readonly PartitionView[];
  readonly #order: readonly Serial[];
  /** Resolves, with the reason, when one of its partitions is no longer followed; writes to it then do not show. */
  readonly failed: Promise<Error>;
  /** Which partition a row lies in, by its key. */
  readonly partitionOf: (key: string) => number;

  constructor(
    /** The topic's. */
    readonly name: string,
    bounds: readonly Bounds[],
    reader: Pick<Reader, 'follow' | 'unfollow'>,
    write: WriteRow,
  ) {
    super();
    this.#reader = reader;
    this.#write = write;
    let fail: (reason: Error) => void = () => undefined;
    this.failed = new Promise((resolve) => {
      fail = resolve;
    });
    const show = (record: KafkaRecord): void => this.#show(record);
    this.#partitions = bounds.map(({ earliest }, n) => new PartitionView(name, n, earliest, show, fail));
    this.#order = bounds.map(() => new Serial());
    this.partitionOf = partitioner(name, bounds.length);
    for (const partition of this.#partitions) reader.follow(partition);
  }

  get partitionCount(): number {
    return this.#partitions.length;
  }

  /**
   * Resolves when everything that was in it at the start has been read. If it rejects, the table is closed.
   * @throws {LogError} `unavailable` if that takes longer than the limit; or the error that ended one of its partitions
   */
  async caughtUp(bounds: readonly Bounds[], limitMs: number): Promise<void> {
    const impatience = setTimeout(() => {
      const seconds = Math.round(limitMs / 1000);
      this.close(
        new LogError('unavailable', `"${this.name}" could not be read within ${seconds} s; try again later`),
      );
    }, limitMs);
    try {
      await Promise.all(this.#partitions.map((partition, n) => partition.reached(bounds[n]!.next)));
    } catch (error) {
      this.close(error as Error);
      throw error;
    } finally {
      clearTimeout(impatience);
    }
  }

  close(reason: Error = closedLog()): void {
    for (const partition of this.#partitions) {
      this.#reader.unfollow(partition);
      partition.fail(reason);
    }
  }

  protected override async change(key: string, value: string | undefined): Promise<void> {
    const n = this.partitionOf(key);
    const partition = this.#partitions[n]!;
    partition.check();
    const offset = await this.#order[n]!.run(() => this.#write(n, key, value));
    await partition.reached(offset + 1);
  }

  #show({ key, value, isTombstone }: KafkaRecord): void {
    if (key !== undefined) this.apply(key, isTombstone ? undefined : Buffer.from(value).toString('utf8'));
  }
}

/** Follows one partition of a table, and lets writers wait until it has reached their write. */
class PartitionView implements Follower {
  readonly #show: (record: KafkaRecord) => void;
  readonly #failed: (reason: Error) => void;
  #failure: Error | undefined;
  #waiting: {
    readonly offset: number;
    readonly resolve: () => void;
    readonly reject: (error: Error) => void;
  }[] = [];

  constructor(
    readonly topic: string,
    readonly partition: number,
    public next: number,
    show: (record: KafkaRecord) => void,
    failed: (reason: Error) => void,
  ) {
    this.#show = show;
    this.#failed = failed;
  }

  take(records: readonly KafkaRecord[], next: number): void {
    this.next = next;
    for (const record of records) this.#show(record);
    const reached = this.#waiting.filter(({ offset }) => offset <= next);
    this.#waiting = this.#waiting.filter(({ offset }) => offset > next);
    for (const { resolve } of reached) resolve();
  }

  fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
    this.#failed(this.#failure);
  }

  /** @throws what ended it */
  check(): void {
    if (this.#failure) throw this.#failure;
  }

  async reached(offset: number): Promise<void> {
    this.check();
    if (this.next < offset) {
      await new Promise<void>((resolve, reject) => this.#waiting.push({ offset, resolve, reject }));
    }
  }
}

/** The hash that the Java client and kafkajs use for keys, so that any other client's writes go the same way. */
function partitioner(topic: string, partitions: number): (key: string) => number {
  const choose = Partitioners.DefaultPartitioner();
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
    partitionId,
    partitionErrorCode: 0,
    leader: 0,
    replicas: [],
    isr: [],
  }));
  return (key) => choose({ topic, partitionMetadata, message: { key, value: null } });
}
