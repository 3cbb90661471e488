import type { StreamId } from '@topicast/contracts/stream-id';
import { milliseconds } from '@topicast/contracts/units';
import type { ChunkReader, ChunkWriter, NewRecord } from '@topicast/log';

/** Before the first append: what another encoder has written while ours started. */
const LOOK_BACK = 100;
const READ_LIMIT = milliseconds(2_000);

type Log = Pick<ChunkWriter, 'append'> & Pick<ChunkReader, 'tail'>;

/** The part of a partition that is not ours and that we have not looked at. */
interface Unknown {
  readonly from: number;
  readonly to: number;
}

/**
 * Appends, and notices from the offsets alone whether somebody else writes in between; only then does it read what that
 * was. In this way a producer that hung learns with its first appends that another one has taken over its stream,
 * whatever has happened to status rows and groups.
 */
export class OvertakenWatch {
  readonly #log: Log;
  readonly #stream: StreamId;
  /** The offset after our last record, by rendition. */
  readonly #next = new Map<number, number>();
  readonly #unknown = new Map<number, Unknown>();
  readonly #closing = new AbortController();
  #looking: Promise<void> | undefined;
  #highest: number | undefined;

  constructor(log: Log, stream: StreamId) {
    this.#log = log;
    this.#stream = stream;
  }

  /** The highest session that others have written. */
  get highest(): number | undefined {
    return this.#highest;
  }

  /** See `append` in the log's contract. */
  readonly append: ChunkWriter['append'] = async (stream, rendition, records) => {
    const first = await this.#log.append(stream, rendition, records);
    this.#note(rendition, first, records);
    return first;
  };

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#looking;
  }

  #note(rendition: number, first: number, records: readonly NewRecord[]): void {
    const expected = this.#next.get(rendition) ?? Math.max(0, first - LOOK_BACK);
    this.#next.set(rendition, first + records.length);
    if (first > expected) {
      const from = this.#unknown.get(rendition)?.from ?? expected;
      this.#unknown.set(rendition, { from, to: first });
    }
    if (this.#unknown.size > 0 && !this.#closing.signal.aborted) this.#looking ??= this.#look();
  }

  /** If it cannot be read now, it is read after another append. */
  async #look(): Promise<void> {
    for (const [rendition, unknown] of [...this.#unknown]) {
      this.#unknown.delete(rendition);
      const isRead = await this.#read(rendition, unknown).catch(() => false);
      if (!isRead)
        this.#unknown.set(rendition, { ...unknown, to: this.#unknown.get(rendition)?.to ?? unknown.to });
    }
    this.#looking = undefined;
  }

  /** @returns false if not all could be read in time. */
  async #read(rendition: number, { from, to }: Unknown): Promise<boolean> {
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(READ_LIMIT)]);
    for await (const records of this.#log.tail(
      this.#stream,
      rendition,
      { at: 'offset', offset: from },
      signal,
    )) {
      for (const { offset, header } of records) {
        if (offset < to && header) this.#highest = Math.max(this.#highest ?? 0, header.session);
      }
      if ((records.at(-1)?.offset ?? 0) >= to - 1) return true;
    }
    return false;
  }
}
