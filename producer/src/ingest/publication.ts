import { mostRenditions } from '@topicast/contracts/ladder';
import { type StreamId, streamId } from '@topicast/contracts/stream-id';
import type { StreamTables } from '@topicast/contracts/stream-tables';
import type { StreamRow, StreamStatus } from '@topicast/contracts/tables';
import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import type { PublisherEnd, Seat } from '@topicast/ingest';
import type { Chunk } from '@topicast/media/mpegts';
import type { Logger } from 'pino';
import type { ProducerMetrics } from '../health/metrics.js';
import type { Reports } from '../health/reports.js';
import type { Outlet } from '../publish/outlet.js';
import type { ReelMaker } from '../slate/workshop.js';
import type { StatusWriter } from '../status/status-writer.js';
import { awayWords, noSlateWords, nothingPasses } from './advice.js';
import { Air } from './air.js';
import { type Dismissal, reasonToDismiss, WORDS } from './dismissal.js';
import type { Encoder } from './encoder.js';
import { Encoders } from './encoders.js';
import { nextStep } from './gap.js';
import type { Place } from './places.js';
import type { MakerTools } from './renditions/maker.js';
import { Renditions } from './renditions/renditions.js';

const LOOK_EVERY_MS = 1_000;
/** How late a silent encoder is noticed. */
const LISTEN_EVERY_MS = 200;
/** Longer than any encoder needs for its first keyframe. */
const LATE = milliseconds(5_000);
/** What was said about the moment is history then. */
const REMARKED_FOR = milliseconds(60_000);
/** Sound that comes first does not end the picture of a slate; after this time there is no picture to wait for. */
const PICTURE_COMES_WITHIN = milliseconds(3_000);
const SILENT_TOO_LONG = 'Nothing has come from the encoder for too long, and the stream has ended.';

interface PublicationOptions {
  readonly row: StreamRow;
  /** Of its first encoder. */
  readonly place: Place;
  /** Whose status row is this publication's, until it takes a higher one. */
  readonly session: number;
  readonly me: string;
  readonly tables: StreamTables;
  readonly outlet: Outlet;
  readonly status: StatusWriter;
  /** Aborted by this publication when it ends. */
  readonly stopping: AbortController;
  readonly metrics: ProducerMetrics;
  readonly reports: Pick<Reports, 'happened'>;
  /** See `choosePlace`. */
  readonly backAfter: Milliseconds | undefined;
  /** How long viewers may see a slate while the encoder is away; 0: not at all. */
  readonly gap: Milliseconds;
  readonly reels: ReelMaker;
  /** What makes the lower renditions. */
  readonly tools: Omit<MakerTools, 'logger'>;
  /** Whether this producer will be here for an encoder that comes back. */
  readonly isStaying: () => boolean;
  /** Names the stream in each line. */
  readonly logger: Logger;
}

/**
 * A stream that is published here, from the admission of its first encoder until it has ended. Encoders come and go; each
 * is a session, and so is the slate between them. The status row follows what viewers get.
 */
export class Publication {
  /** Resolves when all of it is in the log, and its status says so. */
  readonly ended: Promise<void>;
  readonly #options: PublicationOptions;
  readonly #stream: StreamId;
  readonly #renditions: Renditions;
  readonly #stopListening: readonly (() => void)[];
  readonly #timers: readonly NodeJS.Timeout[];
  readonly #encoders: Encoders;
  readonly #air: Air;
  readonly #begun = Milliseconds.now();
  #startedAt: string | undefined;
  /** Words for the owner, each with the time when they are no longer news. */
  readonly #remarks = new Map<string, Milliseconds>();
  #resolveEnded: (end: Promise<void>) => void = () => undefined;
  #isWidening = false;
  #isOver = false;

  constructor(options: PublicationOptions) {
    this.#options = options;
    const { row, place, session, tables, reels, status, outlet, tools, logger, gap, backAfter, metrics } =
      options;
    this.#stream = streamId(row.id);
    this.#renditions = new Renditions({ ...tools, logger, publisher: outlet.publisher });
    this.#startedAt = status.current.startedAt;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.#encoders = new Encoders(place, row, {
      ...{ gap, backAfter },
      canBegin: ({ came }, { audioOnly }) =>
        !audioOnly || !this.#air.report.hasPicture || since(came) >= PICTURE_COMES_WITHIN,
      onChunk: (encoder, chunk) => this.#onChunk(encoder, chunk),
      onLeft: (encoder, end) => this.#onLeft(encoder, end),
    });
    this.#air = new Air(session, this.#encoders.main, {
      ...{ outlet, renditions: this.#renditions, reels, hasSlates: gap > 0, metrics, logger },
      onLive: () => this.#onLive(),
    });
    const look = (): void => this.#look();
    this.#stopListening = [tables.rows.onChange(look), tables.statuses.onChange(look)];
    this.#timers = [
      setInterval(() => {
        this.#look();
        this.#tell();
      }, LOOK_EVERY_MS),
      // What has come while this process was stopped is read first: then it is not the encoder that was silent.
      setInterval(() => setImmediate(() => this.review()), LISTEN_EVERY_MS),
    ];
    // The tables may have changed since the row was read, and tell only what changes from now on.
    look();
  }

  /** Of the encoder that has this place, or had it last. */
  seatOf(place: Place): Seat {
    return this.#encoders.of(place).seat;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** See there. */
  isTaken(place: Place): boolean {
    return this.#encoders.isTaken(place);
  }

  /** See there. */
  welcome(place: Place, row: StreamRow): void {
    this.#encoders.welcome(place, row);
  }

  /** Say so in the notes, for a minute. */
  remark(words: string): void {
    const now = Milliseconds.now();
    for (const [said, until] of this.#remarks) if (now >= until) this.#remarks.delete(said);
    this.#remarks.set(words, Milliseconds.add(now, REMARKED_FOR));
  }

  /** End it, and tell the encoder why. */
  dismiss(why: Dismissal): void {
    if (this.#isOver) return;
    this.#options.logger.info({ why }, 'the encoder is disconnected');
    if (why === 'overtaken') this.#options.metrics.overtaken++;
    this.#encoders.dismiss(WORDS[why]);
    this.#end();
  }

  /** See whether the encoder is there, and what viewers should get if it is not. */
  review(): void {
    if (this.#isOver) return;
    this.#choose();
    const { gap, isStaying } = this.#options;
    const { present, main, silentFor } = this.#encoders;
    const heldFor = this.#heldFor;
    const isHeld = heldFor !== undefined;
    const step = nextStep({
      ...{ encoder: present.length > 0 ? 'here' : main.presence, silentFor, gap },
      onAir: isHeld ? 'elsewhere' : this.#air.kind,
      awayFor: heldFor ?? this.#air.awayFor,
      canHold: isStaying() && (isHeld || this.#air.canHold),
    });
    switch (step) {
      case 'go on':
        return;
      case 'slate':
        this.#air.showSlate(main.presence);
        return;
      case 'clear':
        this.#air.clear();
        // The words about the slate are no longer true.
        this.#options.status.update({
          ...{ state: 'starting', problem: undefined, catalog: undefined, awaySince: undefined },
        });
        return;
      case 'end':
        this.#encoders.dismiss(SILENT_TOO_LONG);
        this.#leave();
    }
  }

  /** How long viewers have seen the slate of the producer that had the stream before; undefined: they see none. */
  get #heldFor(): Milliseconds | undefined {
    const { awaySince } = this.#options.status.current;
    if (this.#air.kind !== 'nothing' || awaySince === undefined) return undefined;
    // Their clock may be behind ours, or ahead.
    return Milliseconds.max(since(this.#begun), milliseconds(Date.now() - Date.parse(awaySince)));
  }

  #onChunk(encoder: Encoder, chunk: Chunk): void {
    if (this.#isOver) return;
    if (this.#air.writing === encoder) {
      this.#air.publish(encoder, chunk);
      return;
    }
    encoder.standby.push(chunk);
    if (chunk.keyframe) this.#choose();
  }

  /** Let viewers have the encoder that should be on air. */
  #choose(): void {
    const chosen = this.#encoders.choose(this.#air.writing);
    if (!chosen || chosen === this.#air.writing) return;
    const { tables, reports } = this.#options;
    const { place } = chosen;
    if (place !== this.#encoders.main.place) reports.happened(this.#stream, { kind: 'switched', place });
    this.#encoders.main = chosen;
    this.#air.switchTo(chosen, tables.statuses.get(this.#stream)?.session ?? 0);
  }

  #onLive(): void {
    if (this.#isOver) return;
    const { session, offered } = this.#air.report;
    const { catalog } = offered;
    this.#startedAt ??= new Date().toISOString();
    const startedAt = this.#startedAt;
    this.#options.status.update({ state: 'live', session, startedAt, catalog, ...this.#words });
  }

  /** What the status says in words, and about the absence of the encoder. */
  get #words(): Pick<StreamStatus, 'problem' | 'notes' | 'awaySince'> {
    const { outlet, gap } = this.#options;
    const { trouble } = outlet.publisher.state;
    const now = Milliseconds.now();
    const remarks = [...this.#remarks].filter(([, until]) => now < until).map(([words]) => words);
    const logTrouble = trouble && `The log does not accept chunks at the moment: ${trouble}`;
    const { awaySince, writing, report, slateProblem } = this.#air;
    if (awaySince !== undefined) {
      const isConnected = this.#encoders.present.length > 0;
      return { problem: logTrouble ?? awayWords({ isConnected, gap }), notes: remarks, awaySince };
    }
    const notes = [
      ...remarks,
      ...this.#encoders.notes(writing),
      ...report.notes(this.#encoders.main.found),
      ...noSlateWords(slateProblem),
      ...this.#renditions.notes,
    ];
    return { problem: logTrouble, notes, awaySince: undefined };
  }

  #tell(): void {
    if (this.#isOver) return;
    const { outlet, status } = this.#options;
    if (this.#air.kind === 'nothing') {
      // The words of the producer that shows a slate still hold.
      if (this.#encoders.present.length === 0) return;
      const { came, tracks } = this.#encoders.main;
      const isLate = since(came) >= LATE;
      const hasSound = tracks.some((track) => track.kind === 'audio' && track.codec !== undefined);
      const { notes } = this.#words;
      if (isLate) status.update({ problem: nothingPasses({ hasSound }), notes });
      return;
    }
    outlet.countDrops();
    const { catalog } = this.#air.report.offered;
    const encoderLog = [...this.#renditions.lines];
    status.update({ catalog, encoderLog, droppedChunks: outlet.publisher.state.dropped, ...this.#words });
  }

  #look(): void {
    const { me, row, tables, outlet } = this.#options;
    const why = reasonToDismiss({
      ...{ me, session: this.#air.report.session, begunWith: row, seenInTopic: outlet.seenInTopic },
      ...{ row: tables.rows.get(this.#stream), status: tables.statuses.get(this.#stream) },
      showsSlate: this.#air.kind === 'slate',
    });
    if (why) this.dismiss(why);
    if (this.#isOver) return;
    if (this.#encoders.checkKeys(tables.rows.get(this.#stream) ?? row)) this.dismiss('key renewed');
    else void this.#wantLadder(tables.rows.get(this.#stream) ?? row);
  }

  /** As soon as the topic has room for it; if the log is away, a look after that tries again. */
  async #wantLadder(row: StreamRow): Promise<void> {
    if (this.#isWidening) return;
    const { tables, outlet, logger } = this.#options;
    this.#isWidening = true;
    try {
      await outlet.widen(mostRenditions(row));
      if ((tables.rows.get(this.#stream) ?? row) === row) this.#renditions.want(row.ladder);
    } catch (error) {
      logger.debug({ error }, 'the topic could not be given more partitions');
    } finally {
      this.#isWidening = false;
    }
  }

  #onLeft(encoder: Encoder, end: PublisherEnd): void {
    if (this.#isOver) return;
    const { damaged } = encoder.found;
    const { place, stats } = encoder;
    const { droppedAccessUnits, droppedUnits } = stats;
    const problem = end.why === 'cut' ? end.problem : undefined;
    const facts = { session: this.#air.report.session, place, why: end.why, problem, damaged };
    this.#options.logger.info({ ...facts, droppedAccessUnits, droppedUnits }, 'the encoder has left');
    if (problem !== undefined && this.#encoders.present.length === 0) {
      this.#leave(problem);
      return;
    }
    if (problem !== undefined) this.remark(problem);
    this.review();
  }

  #leave(problem?: string): void {
    if (this.#air.kind !== 'nothing')
      this.#options.reports.happened(this.#stream, { kind: 'left', ...(problem && { problem }) });
    this.#end(problem);
  }

  #end(problem?: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const timer of this.#timers) clearInterval(timer);
    for (const stop of this.#stopListening) stop();
    this.#air.clear();
    this.#resolveEnded(this.#settle(problem));
  }

  async #settle(problem: string | undefined): Promise<void> {
    const { outlet, status, stopping, tables, me } = this.#options;
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
    // The row may lag behind by a session; a higher one is another publication's.
    else if (shown?.producer === me && (shown.session ?? 0) <= (last.session ?? 0))
      await tables.statuses.put(this.#stream, farewell(last, problem));
  }
}

const since = (time: Milliseconds): Milliseconds => Milliseconds.sub(Milliseconds.now(), time);

/** If it was cut, its owner should read why until it comes back. */
const farewell = (last: StreamStatus, problem: string | undefined): StreamStatus => ({
  ...last,
  ...{ state: problem === undefined ? 'offline' : 'failed', problem, notes: [] },
  ...{ catalog: undefined, awaySince: undefined },
});
