import type { ChunkHeader } from '@topicast/contracts/chunk-header';
import type { Position } from '@topicast/contracts/position';
import type { Gap, LogRecord } from '@topicast/log';
import { type Chunk, Chunker, type ChunkerStats } from '@topicast/media/mpegts';
import { WallClockEstimate } from './wall-clock.js';

export interface ForeignChunk {
  readonly position: Position;
  readonly header: ChunkHeader;
  readonly data: Uint8Array;
  readonly gap: Gap | undefined;
}

/** What was missing or damaged, as far as the bytes themselves tell. */
export type Damage = Readonly<Pick<ChunkerStats, 'continuityErrors' | 'droppedAccessUnits'>>;

/** A record in which a chunk may begin, and how many chunks already have. */
interface Origin {
  /** Position of its first byte among all bytes read. */
  readonly start: number;
  readonly offset: number;
  parts: number;
}

/** We remember at most this many records without a finished chunk; if there are more, this is not video. */
const MAX_ORIGINS = 16_384;
const MAX_PART = 0xffff;
/** Nobody can tell how many chunks a gap swallowed, because they have no numbers. */
const LOSS: Gap = { reason: 'lost', missing: 0 };
const NO_DAMAGE: Damage = { continuityErrors: 0, droppedAccessUnits: 0 };

/**
 * Chunks from the records of somebody else's producer, which end anywhere. Their positions have session 0, the record
 * in which a chunk begins, and its index among the chunks that begin there.
 */
export class ForeignReader {
  readonly #rendition: number;
  #out: ForeignChunk[] = [];
  #origins: Origin[] = [];
  #bytes = 0;
  #sequence = 0;
  /** The chunker's count when it was last reported; undefined before the first chunk. */
  #toldDamage: Damage | undefined;
  #timestamp: LogRecord['timestamp'];
  readonly #wallClock = new WallClockEstimate();
  readonly #chunker = new Chunker((chunk) => this.#add(chunk));

  constructor(rendition: number, startedAt: LogRecord['timestamp']) {
    this.#rendition = rendition;
    this.#timestamp = startedAt;
  }

  /** The chunks that a record completes. */
  push(record: LogRecord): readonly ForeignChunk[] {
    // Logs without timestamps say -1 or 0.
    if (record.timestamp > 0) this.#timestamp = record.timestamp;
    this.#origins.push({ start: this.#bytes, offset: record.offset, parts: 0 });
    if (this.#origins.length > MAX_ORIGINS) this.#origins.shift();
    this.#bytes += record.value.byteLength;
    this.#chunker.push(record.value);
    const out = this.#out;
    this.#out = [];
    return out;
  }

  /** Counted since the last call. What precedes the first keyframe is not damage: reading began in the middle of it. */
  takeDamage(): Damage {
    const told = this.#toldDamage;
    if (!told) return NO_DAMAGE;
    const { continuityErrors, droppedAccessUnits } = this.#chunker.stats;
    this.#toldDamage = { continuityErrors, droppedAccessUnits };
    return {
      continuityErrors: continuityErrors - told.continuityErrors,
      droppedAccessUnits: droppedAccessUnits - told.droppedAccessUnits,
    };
  }

  #add(chunk: Chunk): void {
    while (this.#origins.length > 1 && this.#origins[1]!.start <= chunk.start) this.#origins.shift();
    const origin = this.#origins[0]!;
    const part = Math.min(origin.parts, MAX_PART);
    const position = { rendition: this.#rendition, session: 0, offset: origin.offset, part };
    origin.parts += 1;
    const { keyframe, discontinuity, audioOnly, sinceKeyframe, decodeTime, presentationOffset } = chunk;
    const isFirst = this.#sequence === 0;
    this.#toldDamage ??= this.#chunker.stats;
    this.#out.push({
      position,
      data: chunk.data,
      // Only a keyframe chunk may follow a jump.
      gap: discontinuity && keyframe && !isFirst ? LOSS : undefined,
      header: {
        keyframe,
        discontinuity,
        audioOnly,
        sinceKeyframe,
        decodeTime,
        presentationOffset,
        session: 0,
        sequence: this.#sequence,
        wallClock: this.#wallClock.at(decodeTime, this.#timestamp),
        gop: 0,
      },
    });
    this.#sequence += 1;
  }
}
