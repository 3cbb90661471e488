import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { CreateStreamRequest, EditStreamRequest } from '@topicast/contracts/http';
import { hashOfSecret, newSecret, streamKey } from '@topicast/contracts/ingest-key';
import { type StreamId, streamId } from '@topicast/contracts/stream-id';
import { changedRow, writeRow } from '@topicast/contracts/stream-row';
import type { StreamTables } from '@topicast/contracts/stream-tables';
import type { StreamRow } from '@topicast/contracts/tables';
import type { Milliseconds } from '@topicast/contracts/units';
import { type ChunkTopics, LogError } from '@topicast/log';
import type { StreamEvents } from '../health/stream-events.js';
import type { Directory } from './directory.js';
import { changesOf, editedRow, encodingPart } from './edited-row.js';

export type OperationErrorCode =
  | 'unknown-stream'
  | 'exists'
  | 'no-encoder'
  | 'changed'
  | 'no-ingest-key'
  | 'no-answer'
  | 'busy';

/** Each one fails because somebody else has changed the stream at the same moment. */
const MOST_ATTEMPTS = 10;

/** The present state of the stream does not allow the operation. */
export class OperationError extends Error {
  override readonly name = 'OperationError';
  constructor(
    readonly code: OperationErrorCode,
    message: string,
  ) {
    super(message);
  }
}

/** The operator's actions. Each one changes the desired state, and the producers follow it. */
export class Operations {
  readonly #log: ChunkTopics;
  readonly #directory: Directory;
  readonly #events: Pick<StreamEvents, 'happened'>;
  /** The retention of topics that we create for other people's producers. */
  readonly #retentionMs: Milliseconds;

  constructor(
    log: ChunkTopics,
    directory: Directory,
    retentionMs: Milliseconds,
    events: Pick<StreamEvents, 'happened'>,
  ) {
    this.#log = log;
    this.#events = events;
    this.#directory = directory;
    this.#retentionMs = retentionMs;
  }

  /**
   * Resolves once the directory shows the stream.
   * @returns the stream key for the encoder that will publish, if one will
   */
  async create(request: CreateStreamRequest): Promise<{ id: StreamId; key: string | undefined }> {
    const id = streamId(request.id);
    if (this.#directory.row(id)) throw exists(id);
    if (this.#directory.deletions.has(id)) {
      throw new OperationError('exists', `the stream "${id}" is still being deleted: try again in a moment`);
    }
    if (request.source.kind !== 'topic' && this.#directory.foreign.has(id)) {
      // Our encoder would be the second writer of that topic.
      throw new OperationError(
        'exists',
        `another program writes the topic of "${id}": delete it first, or create the stream with the source "topic"`,
      );
    }
    if (request.source.kind === 'topic') {
      await this.#createTopic(id);
      this.#directory.foreign.add(id);
    }
    const secret = request.source.kind === 'ingest' ? newSecret() : undefined;
    const isFirst = await this.#write({
      id,
      title: request.title ?? id,
      source: request.source,
      ...(request.ladder && { ladder: request.ladder }),
      ...encodingPart(request.encoding),
      ...(secret && { ingestKeyHash: await hashOfSecret(secret) }),
      enabled: true,
      createdAt: new Date().toISOString(),
      incarnation: randomUUID(),
      version: 0,
      startCount: 0,
      visibility: 'public',
    });
    if (!isFirst) throw exists(id);
    this.#events.happened(id, { kind: 'created' });
    return { id, key: secret && streamKey({ stream: id, secret }) };
  }

  /**
   * Change what the request names. Rejects if somebody else has changed the stream since the version that the request is
   * about, and if the stream cannot be so.
   */
  async edit(id: StreamId, { version, ...wish }: EditStreamRequest): Promise<void> {
    const row = this.#directory.row(id);
    if (!row) throw this.#directory.has(id) ? notCreatedHere(id) : unknownStream(id);
    if ((row.version ?? 0) !== version) throw changedMeanwhile(id);
    const edited = editedRow(row, wish);
    if (isDeepStrictEqual(edited, row)) return;
    if (await this.#write(changedRow(row, edited))) {
      this.#events.happened(id, { kind: 'changed', what: changesOf(row, edited) });
      return;
    }
    throw this.#directory.row(id) ? changedMeanwhile(id) : unknownStream(id);
  }

  async start(id: StreamId): Promise<void> {
    const isChanged = await this.#change(id, (row) => {
      // A stream that is live or starting needs nothing.
      if (row.enabled && this.#directory.state(id) !== 'failed' && this.#directory.state(id) !== 'offline')
        return row;
      // The higher count tells producers to start a failed stream again.
      return { ...row, enabled: true, startCount: row.startCount + 1 };
    });
    if (isChanged) this.#events.happened(id, { kind: 'started' });
  }

  async stop(id: StreamId): Promise<void> {
    if (await this.#change(id, (row) => ({ ...row, enabled: false })))
      this.#events.happened(id, { kind: 'stopped' });
  }

  /** The old key is not valid any more, and whoever publishes with it is disconnected. @returns the new one */
  async renewKey(id: StreamId, place: 'primary' | 'backup' = 'primary'): Promise<string> {
    const row = this.#directory.row(id);
    if (!row && !this.#directory.has(id)) throw unknownStream(id);
    if (row?.source.kind !== 'ingest') {
      throw new OperationError('no-ingest-key', `no encoder publishes to "${id}", so it has no stream key`);
    }
    const secret = newSecret();
    const hash = await hashOfSecret(secret);
    const field = place === 'primary' ? 'ingestKeyHash' : 'backupKeyHash';
    await this.#change(id, (before) => ({ ...before, [field]: hash }));
    this.#events.happened(id, { kind: 'key-renewed', place });
    return streamKey({ stream: id, secret });
  }

  /** Resolves when the stream is deleted, or when its deletion is certain. */
  async remove(id: StreamId): Promise<void> {
    if (!this.#directory.has(id)) throw unknownStream(id);
    await this.#directory.deletions.delete(id, this.#tables());
    this.#directory.foreign.remove(id);
    this.#events.happened(id, { kind: 'deleted' });
  }

  #encodedRow(id: StreamId): StreamRow {
    const row = this.#directory.row(id);
    if (row && row.source.kind !== 'topic') return row;
    if (!this.#directory.has(id)) throw unknownStream(id);
    throw new OperationError(
      'no-encoder',
      `another program writes "${id}": there is no encoder to start or stop`,
    );
  }

  /**
   * A change that suits any version of the row: if another one comes first, this one is made to that.
   * @returns false if the row was so already
   */
  async #change(id: StreamId, change: (row: StreamRow) => StreamRow): Promise<boolean> {
    for (let attempts = 0; attempts < MOST_ATTEMPTS; attempts += 1) {
      const row = this.#encodedRow(id);
      const changed = change(row);
      if (isDeepStrictEqual(changed, row)) return false;
      if (await this.#write(changedRow(row, changed))) return true;
    }
    throw changedMeanwhile(id);
  }

  /** Leave a topic that its writer has created as it is, including its retention. */
  async #createTopic(id: StreamId): Promise<void> {
    if ((await this.#log.topics()).includes(id)) return;
    await this.#log.createTopic(id, { partitions: 1, retentionMs: this.#retentionMs });
  }

  /** @returns false if somebody else has created or changed the stream first, here, in another process or elsewhere */
  #write(row: StreamRow): Promise<boolean> {
    return writeRow(this.#tables().rows, row);
  }

  #tables(): StreamTables {
    if (!this.#directory.tables) throw new LogError('unavailable', 'the log has not been reached yet');
    return this.#directory.tables;
  }
}

const exists = (id: string): OperationError =>
  new OperationError('exists', `there is a stream "${id}" already`);

const unknownStream = (id: StreamId): OperationError =>
  new OperationError('unknown-stream', `there is no stream "${id}"`);

const notCreatedHere = (id: StreamId): OperationError =>
  new OperationError(
    'no-encoder',
    `another program writes "${id}", and it was not created here: create it with the source "topic" to give it a title`,
  );

const changedMeanwhile = (id: StreamId): OperationError =>
  new OperationError(
    'changed',
    `somebody has changed the stream "${id}" in the meantime: look at it again, and repeat your change`,
  );
