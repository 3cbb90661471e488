import { mostRenditions } from '@topicast/contracts/ladder';
import { type StreamId, streamId } from '@topicast/contracts/stream-id';
import type { StreamTables } from '@topicast/contracts/stream-tables';
import type { StreamRow, StreamStatus } from '@topicast/contracts/tables';
import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import type { Found, PublisherEnd, Seat } from '@topicast/ingest';
import type { NewRecord } from '@topicast/log';
import { Chunker } from '@topicast/media/mpegts';
import type { Logger } from 'pino';
import { SessionCatalog } from '../encoder/session-catalog.js';
import type { ProducerMetrics } from '../health/metrics.js';
import type { Outlet } from '../publish/outlet.js';
import type { StatusWriter } from '../status/status-writer.js';
import { adviceOn, nothingPasses } from './advice.js';
import { type Dismissal, reasonToDismiss, WORDS } from './dismissal.js';
import type { MakerTools } from './renditions/maker.js';
import { Renditions } from './renditions/renditions.js';

const LOOK_EVERY_MS = 1_000;
/** Longer than any encoder needs for its first keyframe. */
const LATE = milliseconds(5_000);
/** What was said about the moment is history then. */
const REMARKED_FOR = milliseconds(60_000);

interface PublicationOptions {
  readonly row: StreamRow;
  /** Whose status row is this publication's. */
  readonly session: number;
  readonly me: string;
  readonly tables: StreamTables;
  readonly outlet: Outlet;
  readonly status: StatusWriter;
  /** Aborted by this publication when it ends. */
  readonly stopping: AbortController;
  readonly metrics: ProducerMetrics;
  /** What makes its lower renditions. */
  readonly tools: Omit<MakerTools, 'logger'>;
  /** Names the stream in each line. */
  readonly logger: Logger;
}

/**
 * One encoder that publishes here, from its admission to its end: its bytes become chunks of one session, and its
 * status row follows what it sends.
 */
export class Publication {
  /** For the listener. */
  readonly seat: Seat;
  /** Resolves when all of it is in the log, and its status says so. */
  readonly ended: Promise<void>;
  readonly #options: PublicationOptions;
  readonly #stream: StreamId;
  readonly #dismissal = new AbortController();
  readonly #offered: SessionCatalog;
  readonly #renditions: Renditions;
  readonly #chunker = new Chunker((chunk) => this.#renditions.push(chunk, this.#chunker.tracks));
  readonly #stopListening: readonly (() => void)[];
  readonly #timer: NodeJS.Timeout;
  #found: Found = { notes: [], damaged: 0 };
  readonly #begun = Milliseconds.now();
  #liveSince: Milliseconds | undefined;
  /** When the last picture became a chunk; before the first one, when a picture was announced. */
  #lastPicture: Milliseconds | undefined;
  #lastChunk = Milliseconds.never;
  /** Words for the owner, each with the time when they are no longer news. */
  readonly #remarks = new Map<string, Milliseconds>();
  #resolveEnded: (end: Promise<void>) => void = () => undefined;
  #isOver = false;

  constructor(options: PublicationOptions) {
    this.#options = options;
    const { row, session, tables, outlet } = options;
    this.#stream = streamId(row.id);
    this.#offered = new SessionCatalog(session, 1);
    outlet.publisher.beginSession({
      session,
      renditions: 1,
      onRecord: (rendition, record) => this.#onRecord(rendition, record),
    });
    this.#renditions = new Renditions({
      ...{ ...options.tools, logger: options.logger },
      ...{ publisher: outlet.publisher, offered: this.#offered },
    });
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.seat = {
      dismissed: this.#dismissal.signal,
      take: (bytes) => this.#take(bytes),
      note: (found) => {
        this.#found = found;
      },
      leave: (end) => this.#end(end),
    };
    const look = (): void => this.#look();
    this.#stopListening = [tables.rows.onChange(look), tables.statuses.onChange(look)];
    this.#timer = setInterval(() => {
      this.#look();
      this.#report();
    }, LOOK_EVERY_MS);
    // The tables may have changed since the row was read, and tell only what changes from now on.
    look();
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Say so in the notes, for a minute. */
  remark(words: string): void {
    this.#remarks.set(words, Milliseconds.add(Milliseconds.now(), REMARKED_FOR));
  }

  /** End it, and tell the encoder why. */
  dismiss(why: Dismissal): void {
    if (this.#isOver) return;
    this.#options.logger.info({ why }, 'the encoder is disconnected');
    if (why === 'overtaken') this.#options.metrics.overtaken++;
    this.#dismissal.abort(new Error(WORDS[why]));
    this.#end({ why: 'gone' });
  }

  #take(bytes: Uint8Array): void {
    if (this.#isOver) return;
    this.#chunker.push(bytes);
    this.#offered.noteTracks(0, this.#chunker.tracks);
    if (this.#offered.kinds.includes('video')) this.#lastPicture ??= Milliseconds.now();
  }

  #onRecord(rendition: number, record: NewRecord): void {
    this.#offered.noteRecord(rendition, record);
    if (rendition > 0) return;
    this.#lastChunk = Milliseconds.now();
    if (!record.header.audioOnly) this.#lastPicture = this.#lastChunk;
    if (this.#liveSince !== undefined || this.#isOver) return;
    this.#liveSince = Milliseconds.now();
    const { session, status, logger } = this.#options;
    logger.info({ session }, 'live');
    this.#offered.noteTracks(0, this.#chunker.tracks);
    const { catalog } = this.#offered;
    const startedAt = new Date().toISOString();
    status.update({ state: 'live', session, startedAt, catalog, problem: undefined, notes: this.#notes });
  }

  get #notes(): string[] {
    const now = Milliseconds.now();
    const since = (time = now): Milliseconds => Milliseconds.sub(now, time);
    const { kinds, structure } = this.#offered;
    const advice = adviceOn({
      ...{ kinds, structure, liveFor: since(this.#liveSince), damaged: this.#found.damaged },
      ...{ pictureMissingFor: since(this.#lastPicture), nothingFor: since(this.#lastChunk) },
    });
    const remarks = [...this.#remarks].filter(([, until]) => now < until).map(([words]) => words);
    return [...remarks, ...this.#found.notes, ...advice, ...this.#renditions.notes];
  }

  #report(): void {
    if (this.#isOver) return;
    const { outlet, status } = this.#options;
    if (this.#liveSince === undefined) {
      const isLate = Milliseconds.sub(Milliseconds.now(), this.#begun) >= LATE;
      const problem = nothingPasses({ hasSound: this.#chunker.format.audio !== undefined });
      if (isLate) status.update({ problem, notes: this.#notes });
      return;
    }
    const { dropped, trouble } = outlet.publisher.state;
    outlet.countDrops();
    status.update({
      catalog: this.#offered.catalog,
      droppedChunks: dropped,
      encoderLog: [...this.#renditions.lines],
      problem: trouble && `The log does not accept chunks at the moment: ${trouble}`,
      notes: this.#notes,
    });
  }

  #look(): void {
    const { me, row, session, tables, outlet } = this.#options;
    const why = reasonToDismiss({
      ...{ me, session, begunWith: row, seenInTopic: outlet.seenInTopic },
      row: tables.rows.get(this.#stream),
      status: tables.statuses.get(this.#stream),
    });
    if (why) this.dismiss(why);
    else void this.#wantLadder(tables.rows.get(this.#stream) ?? row);
  }

  /** As soon as the topic has room for it; if the log is away, the next look tries again. */
  async #wantLadder(row: StreamRow): Promise<void> {
    const { tables, outlet, logger } = this.#options;
    try {
      await outlet.widen(mostRenditions(row));
      if ((tables.rows.get(this.#stream) ?? row) === row) this.#renditions.want(row.ladder);
    } catch (error) {
      logger.debug({ error }, 'the topic could not be given more partitions');
    }
  }

  #end(end: PublisherEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#timer);
    for (const stop of this.#stopListening) stop();
    this.#chunker.end();
    this.#resolveEnded(this.#settle(end));
  }

  async #settle(end: PublisherEnd): Promise<void> {
    const { outlet, status, stopping, tables, session, me, logger } = this.#options;
    const { damaged } = this.#found;
    const { droppedAccessUnits, droppedUnits } = this.#chunker.stats;
    const problem = end.why === 'cut' ? end.problem : undefined;
    logger.info({ session, problem, damaged, droppedAccessUnits, droppedUnits }, 'the encoder has left');
    // What waits for a topic that is gone gives up, and everything else is written.
    if (!tables.rows.get(this.#stream)) stopping.abort();
    await this.#renditions.close();
    outlet.publisher.lose(0, 'their encoder has left');
    await outlet.close();
    stopping.abort();
    const last = { ...status.current, droppedChunks: outlet.publisher.state.dropped };
    await status.close();
    const shown = tables.statuses.get(this.#stream);
    if (!tables.rows.get(this.#stream)) await tables.statuses.delete(this.#stream);
    else if (shown?.producer === me && shown.session === session)
      await tables.statuses.put(this.#stream, farewell(last, problem));
  }
}

/** If it was cut, its owner should read why until it comes back. */
const farewell = (last: StreamStatus, problem: string | undefined): StreamStatus => ({
  ...last,
  ...{ state: problem === undefined ? 'offline' : 'failed', problem, notes: [], catalog: undefined },
});
