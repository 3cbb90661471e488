import type { StreamRow } from '@topicast/contracts/tables';
import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import type { PublisherEnd } from '@topicast/ingest';
import type { Chunk } from '@topicast/media/mpegts';
import { BACKUP_IS_READY, backupWords } from './advice.js';
import { WORDS } from './dismissal.js';
import { Encoder } from './encoder.js';
import { isSilent } from './gap.js';
import { type Candidate, choosePlace, keyHashOf, PLACES, type Place } from './places.js';

/** After the slate, in case that there was none: a connection that has been silent for so much longer is dead. */
const DEAD_AFTER = milliseconds(5_000);

export interface EncodersOptions {
  /** See `choosePlace`. */
  readonly backAfter: Milliseconds | undefined;
  /** How long viewers may see a slate. */
  readonly gap: Milliseconds;
  /** Whether viewers can begin with this keyframe. */
  readonly canBegin: (encoder: Encoder, chunk: Chunk) => boolean;
  readonly onChunk: (encoder: Encoder, chunk: Chunk) => void;
  /** It has left by itself, or was cut. */
  readonly onLeft: (encoder: Encoder, end: PublisherEnd) => void;
}

/** The encoders of a stream: the last one of each place. */
export class Encoders {
  readonly #options: EncodersOptions;
  readonly #places = new Map<Place, Encoder>();
  /** The one that is on air, was on air last, or is the only one that could be. */
  main: Encoder;

  /** @param row whose key the first one has shown */
  constructor(place: Place, row: StreamRow, options: EncodersOptions) {
    this.#options = options;
    this.main = this.#seat(place, row);
  }

  /** Those that are connected. */
  get present(): Encoder[] {
    return [...this.#places.values()].filter(({ presence }) => presence === 'here');
  }

  /** Of this place, also if it has left. */
  of(place: Place): Encoder {
    return this.#places.get(place) ?? this.main;
  }

  /** It sends, or is about to. */
  isTaken(place: Place): boolean {
    const encoder = this.#places.get(place);
    return encoder?.presence === 'here' && !isSilent(since(encoder.lastChunk));
  }

  /** Another one has come, with the key that the row has now, and takes the place of the one before. */
  welcome(place: Place, row: StreamRow): Encoder {
    const before = this.#places.get(place);
    const encoder = this.#seat(place, row);
    before?.dismiss(WORDS.replaced);
    if (this.main === before || this.main.presence !== 'here') this.main = encoder;
    return encoder;
  }

  dismiss(words: string): void {
    for (const encoder of this.#places.values()) encoder.dismiss(words);
  }

  /** Those whose key is not valid any more have to go. @returns whether nobody can come back where viewers wait */
  checkKeys(row: StreamRow): boolean {
    const renewed = [...this.#places.values()].filter(
      ({ place, keyHash }) => keyHashOf(row, place) !== keyHash,
    );
    for (const encoder of renewed) encoder.dismiss(WORDS['key renewed']);
    return renewed.includes(this.main) && this.present.length === 0;
  }

  /** The one that viewers should get. @param writing the one that they get now */
  choose(writing: Encoder | undefined): Encoder | undefined {
    const onAir = writing?.presence === 'here' ? writing : undefined;
    const [primary, backup] = PLACES.map((place) => this.#candidate(place, onAir));
    const { backAfter } = this.#options;
    const place = choosePlace({ onAir: onAir?.place, primary, backup, backAfter });
    return place && this.#places.get(place);
  }

  /** Since the one that counts has sent something. */
  get silentFor(): Milliseconds {
    const { present, main } = this;
    const counting = present.length === 0 || present.includes(main) ? [main] : present;
    return since(Milliseconds.max(...counting.map(({ lastChunk }) => lastChunk)));
  }

  /** What the owner should know about the two. */
  notes(writing: Encoder | undefined): string[] {
    const isHere = (place: Place): boolean => this.#places.get(place)?.presence === 'here';
    const { backAfter } = this.#options;
    if (writing?.place === 'backup') return [backupWords({ isBack: isHere('primary'), backAfter })];
    return isHere('primary') && isHere('backup') ? [BACKUP_IS_READY] : [];
  }

  #seat(place: Place, row: StreamRow): Encoder {
    const { gap, canBegin, onChunk, onLeft } = this.#options;
    const encoder: Encoder = new Encoder({
      ...{ place, keyHash: keyHashOf(row, place) },
      patience: gap > 0 ? Milliseconds.add(gap, DEAD_AFTER) : undefined,
      canBegin: (chunk) => canBegin(encoder, chunk),
      onChunk: (chunk) => {
        if (this.#places.get(place) === encoder) onChunk(encoder, chunk);
      },
      onLeft: (end) => {
        if (this.#places.get(place) !== encoder) return;
        if (this.present.length === 0) this.main = encoder;
        onLeft(encoder, end);
      },
    });
    this.#places.set(place, encoder);
    return encoder;
  }

  #candidate(place: Place, onAir: Encoder | undefined): Candidate | undefined {
    const encoder = this.#places.get(place);
    if (encoder?.presence !== 'here') return undefined;
    const isReady = encoder === onAir || encoder.standby.isReady;
    return { isReady, silentFor: since(encoder.lastChunk), steadyFor: since(encoder.steadySince) };
  }
}

const since = (time: Milliseconds): Milliseconds => Milliseconds.sub(Milliseconds.now(), time);
