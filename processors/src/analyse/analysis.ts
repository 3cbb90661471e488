import {
  ANALYSIS_EVERY_MS,
  type AnalysisRow,
  type Finding,
  openAnalyses,
} from '@topicast/contracts/analysis';
import type { StreamId } from '@topicast/contracts/stream-id';
import type { TypedTable } from '@topicast/contracts/typed-table';
import { Milliseconds } from '@topicast/contracts/units';
import type { Logger } from 'pino';
import type { ProcessorContext } from '../processors.js';
import { smallestPicture } from '../rendition-choice.js';
import {
  type EndReason,
  isLive,
  type Processor,
  type ReadChunk,
  type StreamView,
  type Work,
} from '../worker/processor.js';
import { Analyser } from './analyser.js';
import { Judge } from './judge.js';

interface AnalysisOptions {
  readonly table: TypedTable<StreamId, AnalysisRow>;
  readonly ffmpegPath: string;
  readonly counts: { skipped: number };
  readonly logger: Logger;
}

export const openAnalysis = ({ status, ffmpegPath, metrics, logger }: ProcessorContext): Processor =>
  new AnalysisProcessor({
    table: openAnalyses(status, (stream, error) =>
      logger.warn({ stream, err: error }, 'a row about picture and sound cannot be read'),
    ),
    ...{ ffmpegPath, counts: metrics.analysis, logger },
  });

/** Looks and listens for what viewers would miss: a row of `topicast.status` for each live stream. */
class AnalysisProcessor implements Processor {
  readonly name = 'analyse';
  readonly #options: AnalysisOptions;
  readonly #tidying = new Set<StreamId>();

  constructor(options: AnalysisOptions) {
    this.#options = options;
  }

  /** All renditions have the same sound. */
  renditionOf(stream: StreamView): number | undefined {
    const catalog = isLive(stream) ? stream.status?.catalog : undefined;
    return catalog && (smallestPicture(catalog, 0)?.rendition ?? catalog.renditions[0]?.rendition);
  }

  follow({ id }: StreamView): Work {
    return new Watch(id, this.#options);
  }

  known(): Iterable<StreamId> {
    return this.#options.table.rows.keys();
  }

  tidy(id: StreamId): void {
    if (this.#tidying.has(id)) return;
    this.#tidying.add(id);
    const { table, logger } = this.#options;
    table
      .delete(id)
      .catch((error: unknown) => logger.debug({ stream: id, err: error }, 'a row could not be removed'))
      .finally(() => this.#tidying.delete(id));
  }

  async close(): Promise<void> {
    this.#options.table.close();
  }
}

/** Watches one stream. */
class Watch implements Work {
  readonly #stream: StreamId;
  readonly #options: AnalysisOptions;
  readonly #timer: NodeJS.Timeout;
  #running: { readonly session: number; readonly analyser: Analyser; readonly judge: Judge } | undefined;
  #writing: Promise<void> | undefined;
  #told = '';
  #isClosed = false;

  constructor(stream: StreamId, options: AnalysisOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#timer = setInterval(() => this.#tell(), ANALYSIS_EVERY_MS);
  }

  take({ header, value, gap }: ReadChunk): void | Promise<void> {
    // Another encoder may have other tracks, and has other times.
    if (!this.#running || gap?.reason === 'session') return this.#begin(header.session, value);
    this.#running.analyser.take(value, header.keyframe);
  }

  async close(because: EndReason): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    await this.#running?.analyser.close();
    await this.#writing;
    if (because === 'over') await this.#options.table.delete(this.#stream);
  }

  async #begin(session: number, keyframe: Uint8Array): Promise<void> {
    await this.#running?.analyser.close();
    if (this.#isClosed) return;
    const judge = new Judge();
    const { ffmpegPath, counts } = this.#options;
    const analyser = new Analyser({
      ffmpegPath,
      onFact: (fact) => {
        judge.take(fact, Milliseconds.wallClock());
        if (judge === this.#running?.judge && kindsOf(judge.analysis.findings) !== this.#told) this.#tell();
      },
      onSkipped: () => {
        counts.skipped += 1;
      },
    });
    this.#running = { session, analyser, judge };
    analyser.take(keyframe, true);
  }

  /** One write at a time; what comes meanwhile is told by the next one. */
  #tell(): void {
    if (!this.#running || this.#writing || this.#isClosed) return;
    const { session, judge } = this.#running;
    const { analysis } = judge;
    const { table, logger } = this.#options;
    this.#told = kindsOf(analysis.findings);
    this.#writing = table
      .put(this.#stream, { at: new Date().toISOString(), session, ...analysis })
      .then(
        () => undefined,
        (error: unknown) => logger.debug({ stream: this.#stream, err: error }, 'a row could not be written'),
      )
      .finally(() => {
        this.#writing = undefined;
      });
  }
}

const kindsOf = (findings: readonly Finding[]): string => findings.map(({ kind }) => kind).join();
