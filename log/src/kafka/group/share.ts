import type { Logger } from 'pino';
import type { Share, ShareOptions } from '../../chunk-log.js';
import type { KafkaTable } from '../topics/kafka-table.js';
import { Group, type GroupClient } from './group.js';
import { groupAssigner } from './group-assigner.js';

interface KafkaShareOptions extends ShareOptions {
  readonly client: GroupClient;
}

/**
 * A member's part of a table: the partitions that a consumer group assigns to it. During a rebalance, and while the
 * group is out of reach for however long, the last assignment counts. Two owners for a while do no harm, because the
 * later one's chunks have the higher session; having no owner would.
 */
export class KafkaShare implements Share {
  readonly #table: Pick<KafkaTable, 'name' | 'partitionCount' | 'partitionOf'>;
  readonly #groupName: string;
  readonly #group: Group;
  readonly #logger: Logger;
  readonly #listeners = new Set<() => void>();
  #owned: ReadonlySet<number> = new Set();
  #left: Promise<void> | undefined;

  constructor(
    table: Pick<KafkaTable, 'name' | 'partitionCount' | 'partitionOf'>,
    group: string,
    { client, member, sessionTimeout }: KafkaShareOptions,
  ) {
    this.#table = table;
    this.#groupName = group;
    this.#logger = client.logger;
    // Before the first join the silence is infinite, which JSON cannot express; the member then claims nothing either.
    const claim = () => ({
      owned: [...this.#owned],
      silentMs: Math.min(this.#group.silence, Number.MAX_VALUE),
    });
    this.#group = new Group({
      ...{ group, sessionTimeout, topic: table.name },
      client: { ...client, clientId: `${client.clientId}-${member}` },
      assigner: groupAssigner(table.name, table.partitionCount, claim),
      onAssignment: (assigned) => this.#take(assigned),
    });
  }

  get confirmed(): boolean {
    return this.#group.silence < this.#group.sessionTimeout;
  }

  owns(key: string): boolean {
    return this.#owned.has(this.#table.partitionOf(key));
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  leave(): Promise<void> {
    this.#left ??= this.#leave();
    return this.#left;
  }

  async #leave(): Promise<void> {
    const left = this.#group.leave();
    this.#own(new Set());
    await left;
  }

  #take(assigned: readonly number[]): void {
    if (this.#left) return;
    const before = this.#owned;
    const after = new Set([...assigned].sort((a, b) => a - b));
    this.#logger.info(
      {
        group: this.#groupName,
        gained: [...after].filter((partition) => !before.has(partition)),
        lost: [...before].filter((partition) => !after.has(partition)),
      },
      `the group gives this member ${assigned.length} of ${this.#table.partitionCount} parts`,
    );
    this.#own(after);
  }

  #own(owned: ReadonlySet<number>): void {
    const same =
      owned.size === this.#owned.size && [...owned].every((partition) => this.#owned.has(partition));
    this.#owned = owned;
    if (!same) for (const listener of [...this.#listeners]) listener();
  }
}
