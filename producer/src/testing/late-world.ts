import { type StreamId, streamId } from '@topicast/contracts/stream-id';
import { StreamTables } from '@topicast/contracts/stream-tables';
import { type StreamRow, type StreamStatus, streamStatus, streamStatusKey } from '@topicast/contracts/tables';
import type { KeyValueTable } from '@topicast/contracts/typed-table';
import { nextSession } from '../encoder/session.js';
import { decide, fingerprint } from '../reconcile/decide.js';

type Change = readonly [key: string, value: string | undefined];

/** A table in one process, which shows the log's changes when that process reads them. */
class LaggingTable implements KeyValueTable {
  readonly #write: (change: Change) => void;
  readonly #rows = new Map<string, string>();
  readonly #listeners = new Set<(key: string, value: string | undefined) => void>();
  position = 0;

  constructor(
    readonly log: readonly Change[],
    write: (change: Change) => void = () => undefined,
  ) {
    this.#write = write;
  }

  /** Read on, at most this many changes. */
  read(most = Number.POSITIVE_INFINITY): void {
    for (const [key, value] of this.log.slice(this.position, this.position + most)) {
      this.position++;
      if (this.#rows.get(key) === value) continue;
      if (value === undefined) this.#rows.delete(key);
      else this.#rows.set(key, value);
      for (const tell of this.#listeners) tell(key, value);
    }
  }

  get = (key: string): string | undefined => this.#rows.get(key);
  entries = (): IterableIterator<[string, string]> => this.#rows.entries();
  onChange(listener: (key: string, value: string | undefined) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  async put(key: string, value: string): Promise<void> {
    this.#write([key, value]);
  }
  async delete(key: string): Promise<void> {
    this.#write([key, undefined]);
  }
}

/** What a process has of an encoder: a claim, or a running encoder with a status row to maintain. */
interface Encoder {
  readonly fingerprint: string;
  readonly claimed: number;
  isClaimShown: boolean;
  session: number | undefined;
  seenInTopic: number | undefined;
  status: StreamStatus;
  isDirty: boolean;
  /** The steps for which it keeps encoding until a successor is there. */
  ending: number | undefined;
}

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

class ModelProducer {
  readonly #skew: number;
  readonly #world: LateWorld;
  readonly encoders = new Map<StreamId, Encoder>();
  readonly tables: StreamTables;
  isHung = false;
  readonly #status: LaggingTable;
  /** Written, and not in the log yet. */
  readonly #outbox: Change[] = [];
  #owned = new Set<StreamId>();
  #isConfirmed = true;
  #alive = new Set<string>();

  constructor(
    readonly name: string,
    skew: number,
    world: LateWorld,
  ) {
    this.#skew = skew;
    this.#world = world;
    this.#status = new LaggingTable(world.changes, (change) => this.#outbox.push(change));
    this.tables = new StreamTables({ streams: new LaggingTable([]), status: this.#status });
    this.tables.statuses.onLate((id) => this.#spoil(id));
    this.tables.statuses.onChange((id, row) => row === undefined && this.#spoil(id));
  }

  get isIdle(): boolean {
    const isDone = ({ session, isDirty, ending }: Encoder): boolean =>
      session !== undefined && !isDirty && ending === undefined;
    return this.#outbox.length === 0 && [...this.encoders.values()].every(isDone);
  }

  sessions(): unknown {
    return [...this.encoders].map(([id, { session }]) => [id, session]);
  }

  hang(): void {
    this.isHung = true;
    // What it knows about the group and the others is old by the time it comes back.
    this.#isConfirmed = false;
    this.#alive.clear();
  }

  /** The first thing it does is to write what it knew. */
  wake(): void {
    if (!this.isHung) return;
    this.isHung = false;
    for (const encoder of this.encoders.values()) encoder.isDirty = true;
    this.step();
  }

  learnGroup(): void {
    this.#owned = new Set([...this.#world.rows.keys()].filter((id) => this.#world.ownerOf(id) === this));
    this.#isConfirmed = true;
    this.#alive = new Set(
      this.#world.producers.filter((each) => each !== this && !each.isHung).map(({ name }) => name),
    );
  }

  flush(most = Number.POSITIVE_INFINITY): void {
    this.#world.changes.push(...this.#outbox.splice(0, most));
  }

  read(most?: number): void {
    if (!this.isHung) this.#status.read(most);
  }

  step(): void {
    if (this.isHung) return;
    for (const [id, encoder] of [...this.encoders]) this.#run(id, encoder);
    for (const action of decide(this.#view())) {
      const id = streamId(action.id);
      const encoder = this.encoders.get(id);
      if (action.do === 'start') this.#claim(id, action.row);
      else if (action.do === 'stop' && encoder && encoder.ending === undefined) {
        encoder.ending = action.because === 'moved' ? 3 : 0;
        encoder.isDirty = false;
        if (action.because === 'deleted') void this.tables.statuses.delete(id);
      } else if (action.do === 'release') this.#put(id, { ...action.status, state: 'offline' });
      else if (action.do === 'restore') this.#put(id, action.status);
      else if (action.do === 'forget') void this.tables.statuses.delete(id);
    }
  }

  #view(): Parameters<typeof decide>[0] {
    return {
      me: this.name,
      rows: this.#world.rows,
      statuses: this.tables.statuses.rows,
      overwritten: this.tables.statuses.overwritten,
      alive: this.#alive,
      running: this.encoders,
      share: { owns: (id) => this.#owned.has(streamId(id)), confirmed: this.#isConfirmed },
    };
  }

  #claim(id: StreamId, row: StreamRow): void {
    const before = this.tables.statuses.get(id);
    const claimed = nextSession(this.#clock(), before?.session ?? 0);
    const status = streamStatus.parse({
      ...before,
      producer: this.name,
      state: 'starting',
      session: claimed,
    });
    this.#put(id, status);
    const unset = { session: undefined, seenInTopic: undefined, ending: undefined };
    this.encoders.set(id, {
      ...{ fingerprint: fingerprint(row), claimed, isClaimShown: false, status, isDirty: false, ...unset },
    });
  }

  #run(id: StreamId, encoder: Encoder): void {
    if (encoder.ending !== undefined) {
      this.#end(id, encoder);
      return;
    }
    if (!encoder.isClaimShown) {
      // Its claim comes back from the log after all that was written before it.
      if (this.#outbox.length > 0 || this.#status.position < this.#world.changes.length) return;
      const shown = this.tables.statuses.get(id);
      encoder.isClaimShown = shown?.producer === this.name && shown.session === encoder.claimed;
      if (!encoder.isClaimShown) this.encoders.delete(id);
      return;
    }
    const topic = this.#world.topics.get(id) ?? [];
    this.#world.topics.set(id, topic);
    if (encoder.session === undefined) {
      encoder.session = nextSession(this.#clock(), Math.max(encoder.claimed, ...topic.slice(-3)));
      encoder.status = { ...encoder.status, state: 'live', session: encoder.session };
      encoder.isDirty = true;
    }
    topic.push(encoder.session);
    encoder.seenInTopic = Math.max(...topic);
    if (encoder.isDirty && !this.#isOvertaken(id, encoder)) {
      this.#put(id, encoder.status);
      encoder.isDirty = false;
    }
  }

  #end(id: StreamId, encoder: Encoder): void {
    const { session } = encoder;
    const topic = this.#world.topics.get(id);
    encoder.ending = (encoder.ending ?? 0) - 1;
    const isFollowed = session === undefined || (topic ?? []).some((other) => other > session);
    if (encoder.ending > 0 && !isFollowed) {
      topic?.push(session);
      return;
    }
    this.encoders.delete(id);
    if (this.tables.statuses.get(id)?.producer === this.name && this.#world.rows.has(id)) {
      this.#put(id, { ...encoder.status, state: 'offline' });
    }
  }

  #isOvertaken(id: StreamId, { status }: Encoder): boolean {
    const shown = this.tables.statuses.get(id);
    return (
      shown !== undefined && shown.producer !== this.name && (shown.session ?? 0) >= (status.session ?? 0)
    );
  }

  #spoil(id: StreamId): void {
    const encoder = this.encoders.get(id);
    if (encoder && encoder.session !== undefined && encoder.ending === undefined) encoder.isDirty = true;
  }

  #put(id: StreamId, status: StreamStatus): void {
    this.#outbox.push([streamStatusKey(id), JSON.stringify(status)]);
  }

  #clock(): number {
    this.#world.now += 1;
    return this.#world.now + this.#skew;
  }
}
