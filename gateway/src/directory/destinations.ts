import { randomUUID } from 'node:crypto';
import {
  DESTINATION_SILENCE_MS,
  type DestinationHealth,
  type DestinationInfo,
  type DestinationKey,
  type DestinationRow,
  type DestinationTables,
  destinationKey,
  isDestinationKey,
  MOST_DESTINATIONS,
  streamOfDestination,
} from '@topicast/contracts/destination';
import { type StreamId, streamId } from '@topicast/contracts/stream-id';
import type { StreamRow } from '@topicast/contracts/tables';
import { Milliseconds } from '@topicast/contracts/units';
import { LogError } from '@topicast/log';
import { type JudgedDestination, judgeDestination, shownDestination } from '@topicast/sources';
import { OperationError } from './operations.js';

const NOBODY =
  'No process sends it on at present: start the processors (they run with "npm start", or by themselves with "npm run processors").';
const NO_COUNTS = { attempts: 0, droppedPictures: 0 };
/** They were allowed when they were made. */
const ANY = { allowPrivate: true };

/** Where streams are sent on to, and how the processors say that this goes. */
export class Destinations {
  #tables: DestinationTables | undefined;
  #unlisten: readonly (() => void)[] = [];
  /** When each one was last heard of, monotonic. */
  readonly #heard = new Map<DestinationKey, Milliseconds>();
  /** When those that were made lately came, monotonic: no process can have said anything yet. */
  readonly #made = new Map<DestinationKey, Milliseconds>();

  /** The tables are open. */
  use(tables: DestinationTables): void {
    this.#tables = tables;
    const now = Milliseconds.now();
    for (const [key, { at }] of tables.statuses.rows) {
      const age = Math.max(0, Milliseconds.wallClock() - Date.parse(at));
      this.#heard.set(key, (now - age) as Milliseconds);
    }
    this.#unlisten = [
      tables.statuses.onChange((key, row) => {
        if (row) this.#heard.set(key, Milliseconds.now());
        else this.#heard.delete(key);
      }),
      tables.rows.onChange((key, row) => {
        if (row) this.#made.set(key, Milliseconds.now());
        else this.#made.delete(key);
      }),
    ];
  }

  close(): void {
    for (const stop of this.#unlisten) stop();
    this.#tables?.close();
  }

  /** In the order in which they were made. */
  list(stream: StreamRow): DestinationInfo[] {
    return this.#of(stream)
      .sort(([, one], [, other]) => one.createdAt.localeCompare(other.createdAt))
      .map(([key, row]) => this.#info(key, row, stream.enabled));
  }

  /** @throws {OperationError} if there are too many, or there is the same one */
  async add(
    stream: StreamRow,
    { judged, title }: { readonly judged: JudgedDestination; readonly title: string | undefined },
  ): Promise<DestinationInfo> {
    const { incarnation } = stream;
    const there = this.#of(stream);
    if (there.length >= MOST_DESTINATIONS) {
      throw new OperationError('exists', `a stream has at most ${MOST_DESTINATIONS} destinations`);
    }
    const address =
      judged.kind === 'rtmp' ? { url: judged.server, key: judged.key } : { url: judged.url, key: undefined };
    if (there.some(([, { url, key }]) => url === address.url && key === address.key)) {
      throw new OperationError('exists', 'the stream is sent to this destination already');
    }
    const row: DestinationRow = {
      ...{ id: randomUUID(), stream: stream.id, createdAt: new Date().toISOString(), ...address },
      ...(title !== undefined && { title }),
      ...(incarnation !== undefined && { incarnation }),
    };
    const key = destinationKey(row);
    await this.#opened.rows.put(key, row);
    return this.#info(key, row, stream.enabled);
  }

  /** @returns whether there was one */
  async remove(stream: StreamRow, id: string): Promise<boolean> {
    const key = `${stream.id}/${id}`;
    if (!isDestinationKey(key) || !this.#opened.rows.get(key)) return false;
    await this.#opened.rows.delete(key);
    return true;
  }

  /** The stream is deleted. */
  async removeAll(stream: StreamId): Promise<void> {
    const { rows } = this.#opened;
    for (const key of [...rows.rows.keys()]) if (streamOfDestination(key) === stream) await rows.delete(key);
  }

  get #opened(): DestinationTables {
    if (!this.#tables) throw new LogError('unavailable', 'the log has not been reached yet');
    return this.#tables;
  }

  /** Those of an earlier stream with the same id are not its own. */
  #of({ id, incarnation }: StreamRow): [DestinationKey, DestinationRow][] {
    const stream = streamId(id);
    return [...this.#opened.rows.rows].filter(
      ([key, row]) => streamOfDestination(key) === stream && row.incarnation === incarnation,
    );
  }

  #info(key: DestinationKey, row: DestinationRow, isEnabled: boolean): DestinationInfo {
    const { id, createdAt, title } = row;
    const url = shownAddress(row);
    return { id, title: title ?? hostIn(url), url, createdAt, health: this.#health(key, isEnabled) };
  }

  #health(key: DestinationKey, isEnabled: boolean): DestinationHealth {
    const isFresh = isRecent(this.#heard.get(key));
    const status = isFresh ? this.#opened.statuses.get(key) : undefined;
    if (status) return status.health;
    return isEnabled && !isRecent(this.#made.get(key))
      ? { state: 'waiting', problem: NOBODY, ...NO_COUNTS }
      : { state: 'off', ...NO_COUNTS };
  }
}

const isRecent = (at = Milliseconds.never): boolean => Milliseconds.now() - at < DESTINATION_SILENCE_MS;

/** Rows are written by other programs too, so an address may be anything. */
function shownAddress(row: DestinationRow): string {
  try {
    return shownDestination(judgeDestination(row, ANY));
  } catch {
    return 'an address that cannot be read';
  }
}

const hostIn = (url: string): string => (URL.canParse(url) ? new URL(url).hostname : url);
