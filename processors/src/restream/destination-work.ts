import {
  DESTINATION_NEWS_MS,
  DESTINATION_SILENCE_MS,
  type DestinationHealth,
  type DestinationKey,
  type DestinationStatus,
  type DestinationTables,
} from '@topicast/contracts/destination';
import { Milliseconds } from '@topicast/contracts/units';
import type { Logger } from 'pino';
import type { DestinationSender } from './destination-sender.js';
import type { SentChunk } from './outlet.js';

interface DestinationWorkOptions {
  readonly key: DestinationKey;
  readonly statuses: DestinationTables['statuses'];
  /** The name of this process. */
  readonly processor: string;
  readonly logger: Logger;
  readonly begin: (onChange: () => void) => DestinationSender;
}

type Standing =
  /** We have said that it is our turn, and do not know yet whether it is. */
  | { readonly is: 'claiming' }
  | { readonly is: 'ours'; readonly sender: DestinationSender }
  /** Another process has taken a higher turn. `heard`: its last news. */
  | { readonly is: 'theirs'; readonly heard: Milliseconds };

const OFF: DestinationHealth = { state: 'off', attempts: 0, droppedPictures: 0 };

/**
 * One destination in this process. Two processes may believe for a moment that they have its stream; so each takes a
 * turn in the status row, higher than all before, and connects only when the row is written. Whoever sees a higher one
 * ends its connection, and takes a turn again only if nobody has reported for a while.
 */
export class DestinationWork {
  readonly #options: DestinationWorkOptions;
  readonly #unlisten: () => void;
  #standing: Standing = { is: 'theirs', heard: Milliseconds.never };
  #turn = 0;
  #writing: Promise<void> | undefined;
  #hasNews = false;
  #written = Milliseconds.never;
  readonly #ending = new Set<Promise<void>>();
  #isClosed = false;

  constructor(options: DestinationWorkOptions) {
    this.#options = options;
    this.#unlisten = options.statuses.onChange((key, row) => key === options.key && row && this.#onRow(row));
    this.#claim();
  }

  take(chunk: SentChunk): void {
    if (this.#standing.is === 'ours') this.#standing.sender.take(chunk);
  }

  /** Call this once a second. */
  tick(): void {
    const now = Milliseconds.now();
    const standing = this.#standing;
    if (standing.is === 'theirs' && now - standing.heard > DESTINATION_SILENCE_MS) this.#claim();
    if (standing.is !== 'ours') return;
    standing.sender.tick();
    if (this.#hasNews || now - this.#written >= DESTINATION_NEWS_MS) this.#report();
  }

  /** @param isGone nobody wants it any more, so its status goes too. Never rejects. */
  async close(isGone: boolean): Promise<void> {
    this.#isClosed = true;
    this.#unlisten();
    const wasOurs = this.#standing.is === 'ours';
    this.#yield();
    await Promise.all(this.#ending);
    await this.#writing;
    if (isGone && wasOurs) await this.#options.statuses.delete(this.#options.key).catch(this.#note);
  }

  #claim(): void {
    const { statuses, key } = this.#options;
    this.#turn = Math.max(Date.now(), (statuses.get(key)?.turn ?? 0) + 1);
    this.#standing = { is: 'claiming' };
    this.#write(OFF, (counts) => {
      if (this.#isClosed || this.#standing.is !== 'claiming') return;
      if (counts) this.#begin();
      else this.#standing = { is: 'theirs', heard: Milliseconds.now() };
    });
  }

  #begin(): void {
    const sender = this.#options.begin(() => this.#report());
    this.#standing = { is: 'ours', sender };
  }

  #onRow({ processor, turn }: DestinationStatus): void {
    if (processor === this.#options.processor && turn === this.#turn) return;
    if (turn < this.#turn) return;
    if (this.#standing.is === 'ours') {
      this.#options.logger.info({ by: processor }, 'another process sends to the destination now');
    }
    this.#yield();
    this.#standing = { is: 'theirs', heard: Milliseconds.now() };
  }

  #yield(): void {
    const standing = this.#standing;
    this.#standing = { is: 'theirs', heard: Milliseconds.now() };
    if (standing.is !== 'ours') return;
    const ended = standing.sender.close().finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
  }

  #report(): void {
    if (this.#standing.is !== 'ours') return;
    this.#hasNews = true;
    // One write in flight; the next one says what is true by then.
    if (this.#writing) return;
    this.#hasNews = false;
    this.#write(this.#standing.sender.health, () => {
      if (this.#hasNews) this.#report();
    });
  }

  #write(health: DestinationHealth, then: (counts: boolean) => void): void {
    const { statuses, key, processor } = this.#options;
    this.#written = Milliseconds.now();
    const row = { processor, turn: this.#turn, at: new Date().toISOString(), health };
    this.#writing = statuses
      .put(key, row)
      .then((counts) => {
        this.#writing = undefined;
        then(counts);
      })
      .catch((error: unknown) => {
        this.#writing = undefined;
        // A claim that was not written is made again; other news with the next tick.
        if (this.#standing.is === 'claiming') this.#standing = { is: 'theirs', heard: Milliseconds.never };
        this.#note(error);
      });
  }

  readonly #note = (error: unknown): void => {
    this.#options.logger.debug({ err: error }, 'the state of a destination could not be written');
  };
}
