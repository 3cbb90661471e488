import { randomUUID } from 'node:crypto';
import type { CreateStreamRequest } from '@topicast/contracts/http';
import { hashOfSecret, newSecret, streamKey } from '@topicast/contracts/ingest-key';
import { type StreamId, streamId } from '@topicast/contracts/stream-id';
import type { StreamTables } from '@topicast/contracts/stream-tables';
import type { StreamRow } from '@topicast/contracts/tables';
import type { Milliseconds } from '@topicast/contracts/units';
import { type ChunkTopics, LogError } from '@topicast/log';
import type { Directory } from './directory.js';
import { putBack } from './row-repairs.js';

export type OperationErrorCode =
  | 'unknown-stream'
  | 'exists'
  | 'no-encoder'
  | 'no-ingest-key'
  | 'no-answer'
  | 'busy';

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
  /** The retention of topics that we create for other people's producers. */
  readonly #retentionMs: Milliseconds;

  constructor(log: ChunkTopics, directory: Directory, retentionMs: Milliseconds) {
    this.#log = log;
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
    await this.#claim({
      id,
      title: request.title ?? id,
      source: request.source,
      ...(request.ladder && { ladder: request.ladder }),
      ...(secret && { ingestKeyHash: await hashOfSecret(secret) }),
      enabled: true,
      createdAt: new Date().toISOString(),
      incarnation: randomUUID(),
      startCount: 0,
      visibility: 'public',
    });
    return { id, key: secret && streamKey({ stream: id, secret }) };
  }

  /**
   * Somebody else may create the same id at the same moment, in this process, in another one, or on another host. All of
   * them see the rows in the same order, so all of them agree that the first row counts.
   */
  async #claim(row: StreamRow): Promise<void> {
    await this.#put(row);
    const first = this.#directory.row(streamId(row.id));
    if (!first || first.incarnation === row.incarnation) return;
    // A process that opens the table later sees only the last row.
    await this.#put(putBack(first));
    throw exists(row.id);
  }

  async start(id: StreamId): Promise<void> {
    const row = this.#encodedRow(id);
    // A stream that is live or starting needs nothing. The higher count tells producers to start a failed stream again.
    if (row.enabled && this.#directory.state(id) !== 'failed' && this.#directory.state(id) !== 'offline')
      return;
    await this.#put({ ...row, enabled: true, startCount: row.startCount + 1 });
  }

  async stop(id: StreamId): Promise<void> {
    await this.#put({ ...this.#encodedRow(id), enabled: false });
  }

  /** The old key is not valid any more, and whoever publishes with it is disconnected. @returns the new one */
  async renewKey(id: StreamId): Promise<string> {
    const row = this.#directory.row(id);
    if (!row && !this.#directory.has(id)) throw unknownStream(id);
    if (row?.source.kind !== 'ingest') {
      throw new OperationError('no-ingest-key', `no encoder publishes to "${id}", so it has no stream key`);
    }
    const secret = newSecret();
    await this.#put({ ...row, ingestKeyHash: await hashOfSecret(secret) });
    return streamKey({ stream: id, secret });
  }

  /** Resolves when the stream is deleted, or when its deletion is certain. */
  async remove(id: StreamId): Promise<void> {
    if (!this.#directory.has(id)) throw unknownStream(id);
    await this.#directory.deletions.delete(id, this.#tables());
    this.#directory.foreign.remove(id);
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

  /** Leave a topic that its writer has created as it is, including its retention. */
  async #createTopic(id: StreamId): Promise<void> {
    if ((await this.#log.topics()).includes(id)) return;
    await this.#log.createTopic(id, { partitions: 1, retentionMs: this.#retentionMs });
  }

  async #put(row: StreamRow): Promise<void> {
    await this.#tables().rows.put(streamId(row.id), row);
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
