import { type StreamId, streamId } from '@topicast/contracts/stream-id';
import { StreamTables } from '@topicast/contracts/stream-tables';
import { type StreamRow, type StreamStatus, streamStatus } from '@topicast/contracts/tables';
import { nextSession } from '../encoder/session.js';
import { decide, fingerprint } from '../reconcile/decide.js';
import { type Change, LaggingTable } from './lagging-table.js';
import type { LateWorld } from './late-world.js';

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

/** One process of the model: the real rules and views, and writes that reach the log late. */
export class ModelProducer {
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
      publishing: new Set(),
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
    void this.tables.statuses.put(id, status);
  }

  #clock(): number {
    this.#world.now += 1;
    return this.#world.now + this.#skew;
  }
}
