import { Milliseconds } from '@topicast/contracts/units';
import type { NewRecord } from '@topicast/log';
import { type Chunk, Chunker } from '@topicast/media/mpegts';
import type { Logger } from 'pino';
import { nextSession } from '../encoder/session.js';
import type { ProducerMetrics } from '../health/metrics.js';
import type { Outlet } from '../publish/outlet.js';
import { ReelKeeper } from '../slate/reel-keeper.js';
import { Slate } from '../slate/slate.js';
import type { ReelMaker } from '../slate/workshop.js';
import type { Encoder } from './encoder.js';
import type { OnAir } from './gap.js';
import type { Renditions } from './renditions/renditions.js';
import { SessionReport } from './session-report.js';

interface AirOptions {
  readonly outlet: Outlet;
  readonly renditions: Renditions;
  readonly reels: ReelMaker;
  /** Slates are wanted. */
  readonly hasSlates: boolean;
  readonly metrics: ProducerMetrics;
  /** The first chunk of a session is on its way to the log. */
  readonly onLive: () => void;
  readonly logger: Logger;
}

/** What viewers see while the encoder is away. */
interface Shown {
  readonly slate: Slate;
  readonly since: Milliseconds;
  /** For the status row. */
  readonly awaySince: string;
}

/** What viewers get of a stream that is published here: one session after another, of encoders and of slates. */
export class Air {
  readonly #options: AirOptions;
  readonly #keeper: ReelKeeper;
  #writing: Encoder | undefined;
  #shown: Shown | undefined;
  #report: SessionReport;

  /** @param session that was claimed for this encoder */
  constructor(session: number, encoder: Encoder, options: AirOptions) {
    this.#options = options;
    this.#keeper = new ReelKeeper(options.reels, options.logger);
    this.#writing = encoder;
    this.#report = this.#begin(session, false);
  }

  get kind(): OnAir {
    if (this.#shown) return 'slate';
    return this.#writing && this.#report.isLive ? 'encoder' : 'nothing';
  }

  /** The one whose chunks are the present session. */
  get writing(): Encoder | undefined {
    return this.#writing;
  }

  /** Of the present session. */
  get report(): SessionReport {
    return this.#report;
  }

  /** Since when viewers have seen a slate, by the wall clock. */
  get awaySince(): string | undefined {
    return this.#shown?.awaySince;
  }

  get awayFor(): Milliseconds {
    return this.#shown ? Milliseconds.sub(Milliseconds.now(), this.#shown.since) : Milliseconds.zero;
  }

  /** A slate is shown, or there is one, or there will be in a moment. */
  get canHold(): boolean {
    return this.#shown !== undefined || this.#keeper.isReady;
  }

  /** Why there could be no slate. */
  get slateProblem(): string | undefined {
    return this.#keeper.problem;
  }

  /** The next chunk of the encoder that is on air. */
  publish(encoder: Encoder, chunk: Chunk): void {
    const { renditions, hasSlates } = this.#options;
    this.#report.noteTracks(encoder.tracks);
    renditions.push(chunk, encoder.tracks);
    if (chunk.keyframe && hasSlates) this.#keeper.note(chunk.data, encoder.tracks);
  }

  /**
   * Go on with this encoder, from the GOP on that it has ready.
   * @param above a session that others have claimed
   */
  switchTo(encoder: Encoder, above: number): void {
    const { outlet, logger } = this.#options;
    const highest = Math.max(this.#report.session, outlet.seenInTopic ?? 0, above);
    const { place } = encoder;
    if (this.#shown) logger.info({ place, awayFor: this.awayFor }, 'an encoder is back');
    else logger.info({ place }, 'viewers get another encoder');
    const wasOnAir = this.#writing?.presence === 'here';
    this.#endSlate();
    this.#writing = encoder;
    this.#report = this.#begin(nextSession(Date.now(), highest), this.#isAlone);
    const { gop, skipped } = encoder.standby.take();
    // What a backup sends meanwhile is no loss.
    if (skipped > 0 && !wasOnAir) {
      outlet.publisher.lose(skipped, 'they came before the keyframe of the encoder that is back');
    }
    for (const chunk of gop) this.publish(encoder, chunk);
  }

  /** If there is one by now; a stream that has just begun may have none yet. */
  showSlate(why: string): void {
    const { reel } = this.#keeper;
    if (!reel) return;
    const { logger, metrics, renditions } = this.#options;
    const { end, session, offered } = this.#report;
    const { tracks = [] } = offered.catalog.renditions[0] ?? {};
    metrics.slates++;
    logger.info({ session, why }, 'the encoder is away, viewers see a slate');
    this.#writing = undefined;
    // The smallest number that is above the encoder's, so that whoever takes the stream at this moment has a higher one.
    const report = this.#begin(session + 1, this.#isAlone);
    this.#report = report;
    const chunker: Chunker = new Chunker((chunk) => renditions.push(chunk, chunker.tracks));
    const slate = new Slate(reel, end, (bytes) => {
      chunker.push(bytes);
      report.noteTracks(chunker.tracks);
    });
    this.#shown = { slate, since: Milliseconds.now(), awaySince: new Date().toISOString() };
    // The picture that viewers saw last, if there is time to encode it.
    void this.#keeper.renew(tracks).then((newest) => newest && slate.use(newest));
  }

  /** Nothing is to be seen until an encoder begins. */
  clear(): void {
    this.#endSlate();
  }

  #endSlate(): void {
    this.#shown?.slate.close();
    this.#shown = undefined;
  }

  /** Nobody else has written since the present session began. */
  get #isAlone(): boolean {
    return (this.#options.outlet.seenInTopic ?? 0) <= this.#report.session;
  }

  #begin(session: number, follows: boolean): SessionReport {
    const { outlet, renditions } = this.#options;
    const report = new SessionReport(session);
    outlet.countDrops();
    outlet.publisher.beginSession({
      ...{ session, renditions: renditions.count, follows },
      onRecord: (rendition, record) => this.#onRecord(report, rendition, record),
    });
    renditions.beginSession(report.offered);
    return report;
  }

  #onRecord(report: SessionReport, rendition: number, record: NewRecord): void {
    const wasLive = report.isLive;
    report.noteRecord(rendition, record);
    if (wasLive || report !== this.#report) return;
    const { logger, onLive } = this.#options;
    if (!this.#shown) logger.info({ session: report.session }, 'live');
    onLive();
  }
}
