import type { PartitionOfTopic, SessionFields, Wanted } from '../wire/fetch-api.js';
import { type Change, keyOf } from './followers.js';

/** Epochs of a session are 1 .. this, and then 1 again. */
const LAST_EPOCH = 0x7fff_ffff;

/**
 * A broker remembers what we want from it, and a fetch names only the changes since the previous one (KIP-227), so a
 * thousand quiet topics cost nothing on the wire. This class says what to write into the next fetch.
 */
export class FetchSession {
  #id = 0;
  /** The epoch of the next fetch; 0 begins a session. */
  #epoch = 0;
  /** What the broker will know when it has the last fetch. */
  readonly #told = new Map<string, Wanted>();

  /** @param all everything that is wanted, for a new session; a session in progress needs only the changes. */
  next(changes: readonly Change[], all: () => readonly Wanted[]): SessionFields {
    return this.#epoch === 0 ? this.#begin(all()) : this.#goOn(changes);
  }

  /** The offset from which the last fetch asked for a partition; undefined if it did not. */
  askedFrom(partition: PartitionOfTopic): number | undefined {
    return this.#told.get(keyOf(partition))?.offset;
  }

  /** The last fetch was answered. The broker gave the session this id, or 0 if it has no room for a session. */
  answered(sessionId: number): void {
    this.#id = sessionId;
    if (sessionId === 0) this.#epoch = 0;
    else this.#epoch = this.#epoch === LAST_EPOCH ? 1 : this.#epoch + 1;
  }

  /**
   * Nobody knows whether the broker got the last fetch. The next one ends this session, if it exists, and begins a new
   * one.
   */
  lost(): void {
    this.#epoch = 0;
  }

  #begin(wanted: readonly Wanted[]): SessionFields {
    this.#told.clear();
    for (const each of wanted) this.#told.set(keyOf(each), each);
    return { sessionId: this.#id, sessionEpoch: 0, wanted, forgotten: [] };
  }

  #goOn(changes: readonly Change[]): SessionFields {
    const wanted: Wanted[] = [];
    const forgotten: PartitionOfTopic[] = [];
    for (const change of changes) {
      const key = keyOf(change);
      const told = this.#told.get(key);
      if (!change.wanted) {
        if (told) forgotten.push(change);
        this.#told.delete(key);
      } else if (told?.offset !== change.wanted.offset) {
        wanted.push(change.wanted);
        this.#told.set(key, change.wanted);
      }
    }
    return { sessionId: this.#id, sessionEpoch: this.#epoch, wanted, forgotten };
  }
}
