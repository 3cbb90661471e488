import type { Backoff } from '@topicast/contracts/backoff';
import type { StreamEvent } from '@topicast/contracts/stream-event';
import { isStreamId } from '@topicast/contracts/stream-id';
import type { StreamTables } from '@topicast/contracts/stream-tables';
import {
  type EventTopics,
  followEvents,
  type LogEvent,
  LossReport,
  type Share,
  STREAM_EVENTS,
} from '@topicast/log';
import type { Receiver } from '@topicast/sources/webhook';
import type { Logger } from 'pino';
import { orAborted } from '../worker/or-aborted.js';
import { BACKOFF, deliver, type WebhookCounts } from './delivery.js';
import { noticeOf } from './notice.js';
import { type Progress, type ProgressTable, type ReceiverKey, receiverKey, startOf } from './progress.js';

interface WebhooksOptions {
  readonly receivers: readonly Receiver[];
  readonly log: EventTopics;
  readonly progress: ProgressTable;
  readonly tables: Pick<StreamTables, 'rows'>;
  /** Of the table of progress. */
  readonly share: Pick<Share, 'owns' | 'onChange' | 'leave'>;
  readonly counts: WebhookCounts;
  readonly logger: Logger;
  readonly backoff?: Backoff;
}

/** In which a receiver is told. */
interface Circumstances {
  readonly logger: Logger;
  readonly losses: LossReport;
  readonly signal: AbortSignal;
}

/**
 * Tells each receiver what happens to streams, in order. Each receiver belongs to one process, which reads the topic of
 * events at the receiver's pace: the log is the queue. Progress is written after each message, so another process goes
 * on there, and at worst repeats the last one.
 */
export class Webhooks {
  readonly #options: WebhooksOptions;
  readonly #telling = new Map<ReceiverKey, AbortController>();
  readonly #ending = new Set<Promise<void>>();
  readonly #unlisten: () => void;
  /** A receiver that is new gets what happens from now on, not only from when it is ours. */
  readonly #since = Date.now();

  constructor(options: WebhooksOptions) {
    this.#options = options;
    this.#unlisten = options.share.onChange(() => this.#look());
    this.#look();
  }

  /** Never rejects. */
  async close(): Promise<void> {
    this.#unlisten();
    const { share, progress } = this.#options;
    for (const key of [...this.#telling.keys()]) this.#stop(key);
    await Promise.all(this.#ending);
    await share.leave();
    progress.close();
  }

  #look(): void {
    const { receivers, share } = this.#options;
    for (const receiver of receivers) {
      const key = receiverKey(receiver.url);
      const isOurs = share.owns(key);
      if (isOurs && !this.#telling.has(key)) this.#start(key, receiver);
      if (!isOurs) this.#stop(key);
    }
  }

  #start(key: ReceiverKey, receiver: Receiver): void {
    const stop = new AbortController();
    const ended = this.#tell(key, receiver, stop.signal);
    this.#ending.add(ended);
    void ended.finally(() => this.#ending.delete(ended));
    this.#telling.set(key, stop);
  }

  #stop(key: ReceiverKey): void {
    this.#telling.get(key)?.abort();
    this.#telling.delete(key);
  }

  async #tell(key: ReceiverKey, receiver: Receiver, signal: AbortSignal): Promise<void> {
    const { log, progress } = this.#options;
    // The rest of the address may be secret.
    const logger = this.#options.logger.child({ processor: 'webhooks', receiver: receiver.url.host });
    const losses = new LossReport((count) =>
      logger.error({ count }, 'events were given up: the receiver has not taken them for a day'),
    );
    const circumstances = { logger, losses, signal };
    const begin = progress.get(key) ?? { since: this.#since };
    if (!('next' in begin)) await this.#note(key, begin, circumstances);
    const hear = async (events: readonly LogEvent<StreamEvent>[]): Promise<void> => {
      for (const event of events) {
        if (!(await this.#tellOf(event, receiver, circumstances))) continue;
        await this.#note(key, { next: event.offset + 1 }, circumstances);
      }
    };
    await followEvents(log, STREAM_EVENTS, { start: startOf(begin), hear, logger }, signal);
    losses.close();
  }

  /** @returns whether it was something to tell, which is now over, in one way or the other */
  async #tellOf(
    event: LogEvent<StreamEvent>,
    receiver: Receiver,
    { logger, losses, signal }: Circumstances,
  ): Promise<boolean> {
    const { tables, counts, backoff = BACKOFF } = this.#options;
    const stream = event.key ?? '';
    if (!isStreamId(stream)) return false;
    const notice = noticeOf(event, stream, tables.rows.get(stream)?.title);
    if (!notice) return false;
    const { id } = notice;
    const isTaken = await deliver(
      { id, body: JSON.stringify(notice) },
      {
        ...{ receiver, counts, backoff, happened: event.timestamp },
        onFailure: (problem) => logger.warn({ id, problem }, 'a webhook failed, and is tried again'),
      },
      signal,
    );
    if (!isTaken) losses.add(1);
    return true;
  }

  /** A log that is away does not hold up the end; the next owner repeats one message. */
  async #note(key: ReceiverKey, row: Progress, { logger, signal }: Circumstances): Promise<void> {
    const noted = this.#options.progress.put(key, row).then(
      () => undefined,
      (error: unknown) => logger.debug({ err: error }, 'the progress could not be written'),
    );
    await orAborted(noted, signal);
  }
}
