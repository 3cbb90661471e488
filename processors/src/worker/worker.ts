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
/** Hundreds of streams change their rows many times a second, and each look is at all of them. */
const LOOK_PAUSE_MS = 50;

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
  /** What the work was told last. */
  view: StreamView;
  ending: boolean;
}

/** Makes what a processor does here match the tables and its share of the streams, whenever they change. */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #followed = new Map<StreamId, Entry>();
  readonly #stopListening: readonly (() => void)[];
  readonly #timer: NodeJS.Timeout;
  #ending = new Set<Promise<void>>();
  #scheduled: NodeJS.Timeout | undefined;
  #leftOut = 0;
  #closing: Promise<void> | undefined;

  constructor(options: WorkerOptions) {
    this.#options = options;
    const { tables, share, processor } = options;
    const look = (): void => this.#schedule();
    this.#stopListening = [
      tables.rows.onChange(look),
      tables.statuses.onChange(look),
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

  /** The number of streams that are not worked on, because there is no room for more. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** Give up all streams, so that others take them over at once, and end all work. Never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    clearInterval(this.#timer);
    clearTimeout(this.#scheduled);
    for (const stop of this.#stopListening) stop();
    const left = this.#options.share.leave();
    for (const [id, entry] of this.#followed) if (!entry.ending) this.#stop(id, entry, 'moved');
    while (this.#ending.size > 0) await Promise.all(this.#ending);
    await left;
    await this.#options.processor.close?.();
  }

  // Tables report every change separately; several changes at once need only one look.
  #schedule(): void {
    if (this.#scheduled || this.#closing) return;
    this.#scheduled = setTimeout(() => {
      this.#scheduled = undefined;
      if (!this.#closing) this.#look();
    }, LOOK_PAUSE_MS);
  }

  #look(): void {
    const { processor, share, tables } = this.#options;
    const views = [...tables.rows.rows.keys()].flatMap((id) => this.#streamOf(id) ?? []);
    const streams = new Map(views.map((stream) => [stream.id, stream]));
    this.#tell(streams);
    const { actions, leftOut } = decide({
      streams,
      followed: new Map(
        [...this.#followed].map(([id, { follower, ending }]) => [
          id,
          { rendition: follower.rendition, ending },
        ]),
      ),
      known: new Set(processor.known?.()),
      most: processor.mostStreams ?? Number.POSITIVE_INFINITY,
      owns: (id) => share.owns(id),
      renditionOf: (stream) => processor.renditionOf(stream),
    });
    for (const action of actions) this.#apply(action);
    this.#note(leftOut);
  }

  /** Give the work its stream as it is now. */
  #tell(streams: ReadonlyMap<StreamId, StreamView>): void {
    for (const [id, entry] of this.#followed) {
      const view = streams.get(id);
      const isSame = view?.row === entry.view.row && view.status === entry.view.status;
      if (!view || isSame || entry.ending) continue;
      entry.view = view;
      entry.follower.work?.update?.(view);
    }
  }

  #note(leftOut: number): void {
    const { processor, logger } = this.#options;
    if (leftOut > 0 && this.#leftOut === 0) {
      const facts = { processor: processor.name, streams: this.#followed.size, leftOut };
      logger.warn(facts, 'this process has no room for more streams: start another one, or allow more');
    }
    this.#leftOut = leftOut;
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
    this.#followed.set(id, { follower, view: stream, ending: false });
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
