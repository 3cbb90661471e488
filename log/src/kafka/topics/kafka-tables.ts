import type { Logger } from 'pino';
import { LogError } from '../../chunk-log.js';
import { OpenTables } from '../../open-tables.js';
import { checkTableName } from '../../table-view.js';
import type { Routes } from '../brokers/routes.js';
import { type Calls, SLOW_CALL_LIMIT_MS } from '../calls.js';
import type { Offsets } from '../read/offsets.js';
import type { Reader } from '../read/reader.js';
import { rowMessage } from '../write/messages.js';
import type { Writer } from '../write/writer.js';
import { KafkaTable } from './kafka-table.js';
import { type TopicChoices, tableConfig } from './topic-config.js';
import { checkTopicOfTable, type TopicNames } from './topic-names.js';
import type { Topics } from './topics.js';

interface KafkaTablesOptions {
  readonly calls: Calls;
  readonly names: TopicNames;
  readonly topics: Topics;
  readonly routes: Routes;
  readonly offsets: Offsets;
  readonly reader: Reader;
  readonly writer: Writer;
  readonly choices: TopicChoices;
  readonly logger: Logger;
}

/**
 * All rows of a key stay in one partition, so the number must never change. Tables with many rows have several
 * partitions.
 */
const PARTITIONS: Readonly<Record<string, number>> = {
  'topicast.streams': 32,
  'topicast.status': 8,
  'topicast.thumbnails': 8,
};
const partitionsOf = (name: string): number => PARTITIONS[name] ?? 1;

/** The open tables, one object for each name. */
export class KafkaTables {
  readonly #options: KafkaTablesOptions;
  readonly #open = new OpenTables((name) => this.#read(name));
  #lost: LogError | undefined;

  constructor(options: KafkaTablesOptions) {
    this.#options = options;
  }

  /** @throws {LogError} if an open table no longer shows writes */
  check(): void {
    if (this.#lost) throw this.#lost;
  }

  /** @throws {LogError} */
  async open(name: string): Promise<KafkaTable> {
    checkTableName(name);
    checkTopicOfTable(name);
    return this.#open.get(name);
  }

  async close(): Promise<void> {
    for (const table of await this.#open.all()) table.close();
  }

  async #read(name: string): Promise<KafkaTable> {
    const { calls, names, topics, routes, offsets, reader, writer, choices } = this.#options;
    const topic = names.of(name);
    await calls.slowly(() => topics.create(topic, partitionsOf(name), tableConfig(name, choices)));
    const bounds = await calls.slowly(async () => {
      const partitions = Array.from({ length: await routes.partitionCount(topic) }, (_, n) => n);
      return offsets.boundsOf(topic, partitions);
    });
    const table = new KafkaTable(topic, bounds, reader, (partition, key, value) => {
      const message = rowMessage(key, value);
      return calls.do(() => writer.write(topic, partition, [message]));
    });
    await table.caughtUp(bounds, SLOW_CALL_LIMIT_MS);
    void table.failed.then((reason) => this.#lose(name, reason));
    return table;
  }

  /** Its owner continues with rows that no longer change, so say so. Another request opens the table again. */
  #lose(name: string, cause: Error): void {
    const { calls, logger } = this.#options;
    if (calls.closing.aborted) return;
    this.#open.forget(name);
    const words = `the table "${name}" is no longer followed (${cause.message}); repair its topic and restart this process`;
    logger.error(words);
    this.#lost ??= new LogError('invalid', words, { cause });
  }
}
