import { Milliseconds, type Ticks90k, ticks90k } from '@topicast/contracts/units';
import type { Found } from '@topicast/ingest';
import type { NewRecord } from '@topicast/log';
import { SessionCatalog } from '../encoder/session-catalog.js';
import { adviceOn } from './advice.js';

/** Before two pictures tell: 25 a second. */
const FIRST_STEP = ticks90k(3_600);
/** A longer one is a pause. */
const LONGEST_STEP = 45_000;

/** What the chunks of one session have shown. */
export class SessionReport {
  readonly session: number;
  readonly offered: SessionCatalog;
  #liveSince: Milliseconds | undefined;
  /** When the last picture became a chunk; before the first one, when a picture was announced. */
  #lastPicture: Milliseconds | undefined;
  #lastChunk = Milliseconds.never;
  #last: Ticks90k | undefined;
  #step = FIRST_STEP;
  #end = ticks90k(0);

  constructor(session: number) {
    this.session = session;
    this.offered = new SessionCatalog(session, 1);
  }

  /** Something of it is on its way to the log. */
  get isLive(): boolean {
    return this.#liveSince !== undefined;
  }

  get hasPicture(): boolean {
    return this.offered.kinds.includes('video');
  }

  /** The time stamp that a next picture would have, without a pause. */
  get end(): Ticks90k {
    return this.#end;
  }

  noteTracks(tracks: Parameters<SessionCatalog['noteTracks']>[1]): void {
    this.offered.noteTracks(0, tracks);
    if (this.hasPicture) this.#lastPicture ??= Milliseconds.now();
  }

  noteRecord(rendition: number, record: NewRecord): void {
    this.offered.noteRecord(rendition, record);
    if (rendition > 0) return;
    this.#lastChunk = Milliseconds.now();
    this.#liveSince ??= this.#lastChunk;
    if (!record.header.audioOnly) this.#lastPicture = this.#lastChunk;
    if (!record.header.audioOnly || !this.hasPicture) this.#follow(record.header);
  }

  /** What the owner of the encoder should know. */
  notes(found: Found): string[] {
    const now = Milliseconds.now();
    const since = (time = now): Milliseconds => Milliseconds.sub(now, time);
    const { kinds, structure } = this.offered;
    const advice = adviceOn({
      ...{ kinds, structure, liveFor: since(this.#liveSince), damaged: found.damaged },
      ...{ pictureMissingFor: since(this.#lastPicture), nothingFor: since(this.#lastChunk) },
    });
    return [...found.notes, ...advice];
  }

  #follow({ decodeTime, presentationOffset }: NewRecord['header']): void {
    const step = decodeTime - (this.#last ?? decodeTime);
    if (step > 0 && step <= LONGEST_STEP) this.#step = ticks90k(step);
    const end = decodeTime + presentationOffset + this.#step;
    // Of pictures in another order than they are shown, the last one shown counts; after a jump, the new time line.
    this.#end = ticks90k(Math.abs(step) <= LONGEST_STEP ? Math.max(this.#end, end) : end);
    this.#last = decodeTime;
  }
}
