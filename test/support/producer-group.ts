import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { streamId } from '@topicast/contracts/stream-id';
import { STATUS_TABLE, STREAMS_TABLE, type StreamStatus, streamStatusKey } from '@topicast/contracts/tables';
import type { ChunkLog, Table } from '@topicast/log';
import { startChildScript } from './child-script.js';
import { FFMPEG } from './ffprobe.js';
import { openKafkaLog } from './kafka-log.js';
import { until } from './poll.js';
import { childrenOf } from './processes.js';
import { logger } from './services.js';
import { readSessions, type SessionReader } from './session-reader.js';
import { temporaryFolder } from './temporary.js';

/** Names that are spread evenly over the partitions of the table, because partitions are what is shared out. */
export const FILMS = [0, 1, 2, 3, 5, 11, 12, 13].map((n) => `film-${n}`);

let groups = 0;

/** Producers as processes that share the films, with their own topics and group; removed at the end of the block. */
export class ProducerGroup implements AsyncDisposable {
  readonly producers = new Map<string, ChildProcess>();
  readonly #readers = new Map<string, SessionReader>();
  readonly #folder = temporaryFolder();
  #statuses!: Table;

  private constructor(
    readonly brokers: string,
    readonly prefix: string,
    readonly log: ChunkLog,
  ) {}

  /** Resolves when these producers share the films. */
  static async start(brokers: string, ids: readonly string[]): Promise<ProducerGroup> {
    const prefix = `group-${process.pid}-${groups++}.`;
    const log = await openKafkaLog({ brokers: brokers.split(','), topicPrefix: prefix, logger });
    const group = new ProducerGroup(brokers, prefix, log);
    try {
      await group.#begin(ids);
    } catch (error) {
      await group[Symbol.asyncDispose]();
      throw error;
    }
    return group;
  }

  get folder(): string {
    return this.#folder.path;
  }

  async startProducer(id: string): Promise<ChildProcess> {
    const child = await startChildScript(join(import.meta.dirname, 'producer-process.ts'), [], {
      env: {
        ...process.env,
        KAFKA_BROKERS: this.brokers,
        KAFKA_TOPIC_PREFIX: this.prefix,
        TOPICAST_PRODUCER_ID: id,
        TOPICAST_MEDIA_DIRS: this.folder,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.producers.set(id, child);
    const begun = await Promise.race([
      once(child.stdout!, 'data'),
      once(child, 'exit').then(() => undefined),
    ]);
    if (!begun) throw new Error(`the producer "${id}" ended at its start`);
    return child;
  }

  reader(film: string): SessionReader {
    return this.#readers.get(film)!;
  }

  /** The newest session in the film's topic. */
  sessionOf(film: string): number {
    return this.reader(film).taken.at(-1)?.session ?? 0;
  }

  producerOf(film: string): string {
    return this.#status(film).producer;
  }

  filmsOf(producer: string): string[] {
    return FILMS.filter((film) => this.producerOf(film) === producer);
  }

  snapshot(): Map<string, { producer: string; session: number }> {
    return new Map(
      FILMS.map((film) => [film, { producer: this.producerOf(film), session: this.sessionOf(film) }]),
    );
  }

  /**
   * Resolves when these producers encode all films: each producer some of them, each film by one encoder, which has the
   * newest session.
   */
  async settled(...ids: string[]): Promise<void> {
    const look = (): boolean => {
      const shares = ids.map((id) => ({ films: this.filmsOf(id).length, encoders: this.#encodersOf(id) }));
      const live = FILMS.every((film) => {
        const { state, session } = this.#status(film);
        return state === 'live' && session === this.sessionOf(film);
      });
      const fair = shares.every(({ films, encoders }) => films > 0 && films === encoders);
      return live && fair && shares.reduce((sum, { films }) => sum + films, 0) === FILMS.length;
    };
    try {
      await until(`${ids} share the films`, look);
    } catch (error) {
      const encoders = ids.map((id) => [id, this.#encodersOf(id)]);
      const films = FILMS.map((film) => [film, this.sessionOf(film), JSON.stringify(this.#status(film))]);
      console.log('what there was instead:', encoders, films);
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const reader of this.#readers.values()) reader.close();
    for (const child of this.producers.values()) child.kill('SIGKILL');
    await this.log.close();
    this.#folder[Symbol.dispose]();
  }

  async #begin(ids: readonly string[]): Promise<void> {
    makeClip(join(this.folder, 'clip.mp4'));
    const [streams, statuses] = await Promise.all([
      this.log.table(STREAMS_TABLE),
      this.log.table(STATUS_TABLE),
    ]);
    this.#statuses = statuses;
    await Promise.all(FILMS.map((film) => streams.put(film, rowOf(film))));
    await Promise.all(ids.map((id) => this.startProducer(id)));
    for (const film of FILMS) {
      await until(`${film} has a topic`, async () => (await this.log.topics()).includes(streamId(film)));
      this.#readers.set(film, readSessions(this.log, streamId(film)));
    }
    await this.settled(...ids);
  }

  /** The state in the log, as seen by a reader that opens the table now. */
  #status(film: string): StreamStatus {
    return JSON.parse(this.#statuses.get(streamStatusKey(film)) ?? '{}');
  }

  #encodersOf(producer: string): number {
    const { pid } = this.producers.get(producer)!;
    return childrenOf(pid!).filter(({ command }) => command.includes('clip.mp4')).length;
  }
}

const rowOf = (id: string): string =>
  JSON.stringify({
    ...{ id, title: id, enabled: true, startCount: 0, createdAt: new Date().toISOString() },
    source: { kind: 'file', path: 'clip.mp4', copy: true },
  });

function makeClip(file: string): void {
  const picture = 'testsrc2=size=320x180:rate=30:duration=6';
  const video = '-c:v libx264 -preset ultrafast -pix_fmt yuv420p -bf 0 -g 30 -keyint_min 30 -sc_threshold 0';
  execFileSync(FFMPEG, ['-v', 'error', '-f', 'lavfi', '-i', picture, ...video.split(' '), file]);
}
