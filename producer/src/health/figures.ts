import type { ProducerFigures } from '@topicast/contracts/stream-health';
import { Milliseconds, milliseconds, type Ticks90k, ticksToMs } from '@topicast/contracts/units';
import type { ChunkWriter } from '@topicast/log';
import type { Chunk } from '@topicast/media/mpegts';
import { waitsForReordering } from '@topicast/media/mpegts';
import { Meter } from '../encoder/meter.js';
import { Lateness } from './lateness.js';
import { quantile, Steps } from './quantiles.js';
import { Speed } from './speed.js';

/** A bitstream is read for its reordering only so often. */
const INSPECT_EVERY_MS = 10_000;
const JUMPS_COUNT_MS = 60_000;
/** A stream whose time stamps jump all the time is no worse than this many. */
const MOST_JUMPS = 1_000;

type Row = Omit<ProducerFigures, 'from' | 'process' | 'session' | 'way' | 'dropped'>;

interface Rates {
  readonly bytes: number;
  readonly pictures: number;
}

const NO_RATES: Rates = { bytes: 0, pictures: 0 };

/** What the chunks of one stream show on their way from its encoder to the log. All times are of the monotonic clock. */
export class StreamFigures {
  #since: Milliseconds;
  #before = { length: 0, rates: [] as Rates[] };
  #rates: Rates[] = [];
  #arrivedAt = new WeakMap<Uint8Array, Milliseconds>();
  #queued: number[] = [];
  #appends: number[] = [];
  #jumps: Milliseconds[] = [];
  #lastKeyframe: Ticks90k | undefined;
  #keyframeInterval: Milliseconds | undefined;
  #inspectedAt = Milliseconds.never;
  #waits: boolean | undefined;
  #lateness = new Lateness();
  #steps = new Steps();
  #meter = new Meter();
  readonly #speed = new Speed();

  constructor(now: Milliseconds) {
    this.#since = now;
  }

  /** Another encoder begins. */
  beginSession(): void {
    this.#rates = [];
    this.#before = { length: 0, rates: [] };
    this.#lastKeyframe = undefined;
    this.#keyframeInterval = undefined;
    this.#inspectedAt = Milliseconds.never;
    this.#waits = undefined;
    this.#lateness = new Lateness();
    this.#steps = new Steps();
    this.#meter = new Meter();
    this.#jumps = [];
  }

  arrive(rendition: number, chunk: Chunk, at: Milliseconds): void {
    if (this.#rates.length === 0 && this.#before.rates.length === 0) this.#since = at;
    const { bytes, pictures } = this.#rates[rendition] ?? NO_RATES;
    this.#rates[rendition] = {
      bytes: bytes + chunk.data.byteLength,
      pictures: pictures + (chunk.audioOnly ? 0 : 1),
    };
    if (rendition > 0) return;
    this.#arrivedAt.set(chunk.data, at);
    if (chunk.discontinuity) this.#jump(at);
    if (!chunk.audioOnly) this.#takePicture(chunk, at);
  }

  /** The log's `append`, with measurement. */
  measured(append: ChunkWriter['append']): ChunkWriter['append'] {
    return async (stream, rendition, records) => {
      const begun = Milliseconds.now();
      if (rendition === 0) for (const { value } of records) this.#noteQueued(value, begun);
      const offset = await append(stream, rendition, records);
      const now = Milliseconds.now();
      this.#appends.push(now - begun);
      const newest = records.at(-1)?.header;
      if (newest && rendition === 0) this.#speed.add(newest, now);
      return offset;
    };
  }

  /** The figures of the time since the last call. */
  take(now: Milliseconds): Row {
    const length = now - this.#since;
    const seconds = Math.max(0.001, (this.#before.length + length) / 1_000);
    const count = Math.max(this.#rates.length, this.#before.rates.length);
    const sum = (rendition: number, of: keyof Rates): number =>
      (this.#rates[rendition]?.[of] ?? 0) + (this.#before.rates[rendition]?.[of] ?? 0);
    const renditions = Array.from({ length: count }, (_, rendition) => ({
      bitrate: Math.round((sum(rendition, 'bytes') * 8) / seconds),
      frameRate: Math.round((sum(rendition, 'pictures') * 10) / seconds) / 10,
    }));
    this.#jumps = this.#jumps.filter((at) => now - at < JUMPS_COUNT_MS);
    const speed = this.#speed.now;
    const [p50, p95, queued] = [
      quantile(this.#appends, 0.5),
      quantile(this.#appends, 0.95),
      quantile(this.#queued, 0.5),
    ];
    const uneven = this.#steps.take();
    const row: Row = {
      renditions,
      jumps: this.#jumps.length,
      hasReordering: this.#meter.structure.hasReordering,
      ...(speed !== undefined && { speed: Math.round(Math.max(0, speed) * 1_000) / 1_000 }),
      ...(this.#keyframeInterval !== undefined && { keyframeInterval: this.#keyframeInterval }),
      ...this.#lateness.take(),
      ...(queued !== undefined && { queued }),
      ...(p50 !== undefined && p95 !== undefined && { append: { p50, p95 } }),
      ...(uneven !== undefined && { uneven }),
      ...(this.#waits !== undefined && { waitsForReordering: this.#waits }),
    };
    this.#before = { length, rates: this.#rates };
    this.#rates = [];
    this.#since = now;
    this.#queued = [];
    this.#appends = [];
    return row;
  }

  #noteQueued(value: Uint8Array, at: Milliseconds): void {
    const arrivedAt = this.#arrivedAt.get(value);
    if (arrivedAt !== undefined) this.#queued.push(at - arrivedAt);
  }

  #jump(at: Milliseconds): void {
    // The first chunk of an encoder continues nothing.
    if (this.#lateness.hasBegun && this.#jumps.length < MOST_JUMPS) this.#jumps.push(at);
    this.#lateness = new Lateness();
    this.#steps.restart();
    this.#lastKeyframe = undefined;
  }

  #takePicture(chunk: Chunk, at: Milliseconds): void {
    const { decodeTime, keyframe } = chunk;
    this.#lateness.add(Milliseconds.sub(at, ticksToMs(decodeTime)));
    this.#steps.add(decodeTime);
    this.#meter.add(chunk, at);
    const since =
      this.#lastKeyframe === undefined
        ? undefined
        : milliseconds(Math.max(0, Math.round((decodeTime - this.#lastKeyframe) / 90)));
    // One that has not ended counts as well, as soon as it is the longer one.
    if (since !== undefined && (keyframe || since > (this.#keyframeInterval ?? 0)))
      this.#keyframeInterval = since;
    if (!keyframe) return;
    this.#lastKeyframe = decodeTime;
    if (at - this.#inspectedAt < INSPECT_EVERY_MS) return;
    this.#inspectedAt = at;
    this.#waits = waitsForReordering(chunk.data);
  }
}
