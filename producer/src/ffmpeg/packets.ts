/** What the first packets of a source show, beside what its headers say. */

/** Media to look at: enough for a track that begins a little later; and for slides. */
const LOOK_S = { usual: 3, longest: 40 } as const;
/** So many pictures tell their rate. */
const ENOUGH_PICTURES = { exactly: 25, roughly: 3 } as const;
const LONGEST_LINE = 200;
/** The last one is always the newest. */
const MOST_TIMES = 400;
/** Rates that are used: a slide each ten seconds, and a very fast camera. */
const RATES = { least: 0.1, most: 240 } as const;

type Kind = 'video' | 'audio';

/** A track of ffmpeg's output. */
interface Seen {
  readonly kind: Kind;
  readonly secondsPerTick: number;
  /** Decode times in seconds, as far as they are needed: they are always there, and in order. */
  readonly times: number[];
}

/**
 * Options that have ffmpeg print each packet of these tracks, in their order. Nothing waits for a track that pauses.
 * @param maps by default, all picture tracks without covers, then all sound tracks
 */
export const packetList = (maps: readonly string[] = ['0:V?', '0:a?']): string[] => [
  ...maps.flatMap((map) => ['-map', map]),
  ...['-c', 'copy', '-max_interleave_delta', '1', '-flush_packets', '1', '-f', 'framecrc', 'pipe:1'],
];

/** Reads the output of {@link packetList}. */
export class PacketList {
  readonly #tracks = new Map<number, Seen>();
  readonly #ticks = new Map<number, number>();
  readonly #decoder = new TextDecoder();
  #rest = '';

  push(bytes: Uint8Array): void {
    const lines = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split('\n');
    this.#rest = lines.pop()!.slice(0, LONGEST_LINE);
    for (const line of lines) if (line.length <= LONGEST_LINE) this.#read(line);
  }

  /** More would tell nothing new. */
  get isEnough(): boolean {
    const tracks = [...this.#tracks.values()];
    if (tracks.length === 0) return false;
    const isFound = (pictures: number, of = tracks): boolean =>
      of.every(({ kind, times }) => times.length >= (kind === 'video' ? pictures : 1));
    if (isFound(ENOUGH_PICTURES.exactly)) return true;
    const { span } = this;
    // A track may be empty, but it is worth a wait if there is no other of its kind.
    const present = tracks.filter(({ times }) => times.length > 0);
    const isWhole = tracks.every(({ kind }) => present.some((track) => track.kind === kind));
    return span >= (isWhole && isFound(ENOUGH_PICTURES.roughly, present) ? LOOK_S.usual : LOOK_S.longest);
  }

  /** Seconds of the media that were seen. */
  get span(): number {
    return Math.max(0, ...[...this.#tracks.values()].map(({ times }) => spanOf(times)));
  }

  /** So much was seen that a track of which nothing has come is an empty one. */
  get isThorough(): boolean {
    return this.span >= LOOK_S.longest;
  }

  /** @param track its number among those that were asked for */
  has(track: number): boolean {
    return this.#timesOf(track).length > 0;
  }

  /** Pictures a second; undefined if there were too few to tell. */
  rateOf(track: number): number | undefined {
    return rateOf(this.#timesOf(track));
  }

  #timesOf(track: number): readonly number[] {
    return this.#tracks.get(track)?.times ?? [];
  }

  #read(line: string): void {
    const [, ticked, numerator, denominator] = /^#tb (\d{1,4}): (\d{1,10})\/(\d{1,10})$/.exec(line) ?? [];
    if (ticked) this.#ticks.set(Number(ticked), Number(numerator) / Number(denominator));
    const [, typed, kind] = /^#media_type (\d{1,4}): (video|audio)$/.exec(line) ?? [];
    if (typed) {
      const secondsPerTick = this.#ticks.get(Number(typed)) ?? 1;
      this.#tracks.set(Number(typed), { kind: kind as Kind, secondsPerTick, times: [] });
    }
    const [, track, time] = /^(\d{1,4}), *(-?\d{1,19}),/.exec(line) ?? [];
    const seen = track && this.#tracks.get(Number(track));
    if (!seen) return;
    if (seen.times.length === MOST_TIMES) seen.times.pop();
    seen.times.push(Number(time) * seen.secondsPerTick);
  }
}

const spanOf = (times: readonly number[]): number => (times.at(-1) ?? 0) - (times[0] ?? 0);

/** The mean of the intervals without the gaps between them: time stamps are rounded, and screens pause. */
function rateOf(times: readonly number[]): number | undefined {
  const sorted = [...times].sort((a, b) => a - b);
  const intervals = sorted
    .slice(1)
    .map((time, index) => time - sorted[index]!)
    .filter((interval) => interval > 0)
    .sort((a, b) => a - b);
  const median = intervals[intervals.length >> 1];
  if (median === undefined) return undefined;
  const usual = intervals.filter((interval) => interval <= 2 * median);
  const rate = usual.length / usual.reduce((sum, interval) => sum + interval, 0);
  return Math.min(RATES.most, Math.max(RATES.least, rate));
}
