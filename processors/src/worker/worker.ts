import type { Liveness } from '@topicast/contracts/liveness';
import type { StreamId } from '@topicast/contracts/stream-id';
import type { StreamTables } from '@topicast/contracts/stream-tables';
import type { ChunkReader, Share } from '@topicast/log';
import type { Logger } from 'pino';
import { type Action, decide } from './decide.js';
import { type FollowCounts, Follower } from './follower.js';
import type { EndReason, Processor, StreamView } from './processor.js';

/** Silence causes no event, so we have to look for it. */
const LOOK_EVERY_MS = 1_000;

export interface WorkerOptions {
  readonly processor: Processor;
  readonly log: Pick<ChunkReader, 'tail'>;
  readonly tables: Pick<StreamTables, 'rows' | 'statuses'>;
  readonly liveness: Pick<Liveness, 'isAlive'>;
  readonly share: Pick<Share, 'owns' | 'onChange' | 'leave'>;
  readonly counts: FollowCounts;
  readonly logger: Logger;
}

interface Entry {
  readonly follower: Follower;
  ending: boolean;
}

/** Makes what a processor does here match the tables and its share of the streams, whenever they change. */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #followed = new Map<StreamId, Entry>();
  readonly #stopListening: readonly (() => void)[];
  readonly #timer: NodeJS.Timeout;
  #ending = new Set<Promise<void>>();
  #scheduled = false;
  #closing: Promise<void> | undefined;

  constructor(options: WorkerOptions) {
    this.#options = options;
    const { tables, share, processor } = options;
    const look = (): void => this.#schedule();
    this.#stopListening = [
      tables.rows.onChange((id) => this.#onRow(id)),
      tables.statuses.onChange((id) => this.#onRow(id)),
      share.onChange(look),
      processor.onChange?.(look) ?? (() => undefined),
    ];
    this.#timer = setInterval(look, LOOK_EVERY_MS);
    this.#schedule();
  }

  get name(): string {
    return this.#options.processor.name;
  }

  /** The number of streams that are worked on here. */
  get streams(): number {
    return this.#followed.size;
  }

  /** Give up all streams, so that others take them over at once, and end all work. Never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    clearInterval(this.#timer);
    for (const stop of this.#stopListening) stop();
    const left = this.#options.share.leave();
    for (const [id, entry] of this.#followed) if (!entry.ending) this.#stop(id, entry, 'moved');
    while (this.#ending.size > 0) await Promise.all(this.#ending);
    await left;
    await this.#options.processor.close?.();
  }

  #onRow(id: StreamId): void {
    const entry = this.#followed.get(id);
    const stream = entry && !entry.ending ? this.#streamOf(id) : undefined;
    if (stream) entry?.follower.work?.update?.(stream);
    this.#schedule();
  }

  // Tables report every change separately; several changes at once need only one look.
  #schedule(): void {
    if (this.#scheduled || this.#closing) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (!this.#closing) this.#look();
    });
  }

  #look(): void {
    const { processor, share, tables } = this.#options;
    const streams = [...tables.rows.rows.keys()].flatMap((id) => this.#streamOf(id) ?? []);
    const actions = decide({
      streams: new Map(streams.map((stream) => [stream.id, stream])),
      followed: new Map(
        [...this.#followed].map(([id, { follower, ending }]) => [
          id,
          { rendition: follower.rendition, ending },
        ]),
      ),
      known: new Set(processor.known?.()),
      owns: (id) => share.owns(id),
      renditionOf: (stream) => processor.renditionOf(stream),
    });
    for (const action of actions) this.#apply(action);
  }

  #streamOf(id: StreamId): StreamView | undefined {
    const { tables, liveness } = this.#options;
    const row = tables.rows.get(id);
    if (!row) return undefined;
    const status = tables.statuses.get(id);
    return { id, row, status: status && liveness.isAlive(status.producer) ? status : undefined };
  }

  #apply(action: Action): void {
    switch (action.do) {
      case 'start':
        this.#start(action.stream, action.rendition);
        break;
      case 'stop': {
        const entry = this.#followed.get(action.id);
        if (entry) this.#stop(action.id, entry, action.because);
        break;
      }
      case 'tidy':
        this.#options.processor.tidy?.(action.id, action.stream);
        break;
    }
  }

  #start(stream: StreamView, rendition: number): void {
    const { processor, log, counts, logger } = this.#options;
    const { id } = stream;
    const follower = new Follower({
      ...{ log, stream: id, rendition, counts },
      logger: logger.child({ processor: processor.name, stream: id }),
      // It may begin again, and the stream is another one by then.
      begin: () => processor.follow(this.#streamOf(id) ?? stream),
    });
    this.#followed.set(id, { follower, ending: false });
  }

  #stop(id: StreamId, entry: Entry, because: EndReason): void {
    entry.ending = true;
    const ended = entry.follower.close(because).then(() => {
      this.#followed.delete(id);
      this.#ending.delete(ended);
      this.#schedule();
    });
    this.#ending.add(ended);
  }
}
