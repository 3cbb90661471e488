import { srtPassphrase } from '@topicast/contracts/ingest-key';
import { type StreamId, streamId } from '@topicast/contracts/stream-id';
import type { StreamTables } from '@topicast/contracts/stream-tables';
import type { StreamRow } from '@topicast/contracts/tables';
import { type Refusal, type Seat, SrtReceiver } from '@topicast/ingest';
import type { Share } from '@topicast/log';
import type { Logger } from 'pino';
import type { ProducerConfig } from '../../config.js';
import type { Ffmpeg } from '../../ffmpeg/find.js';
import type { ProcessGuard } from '../../ffmpeg/guard.js';
import type { Heartbeats } from '../../reconcile/heartbeats.js';
import { listenForSrt } from './listening.js';
import { assignPorts } from './ports.js';

/** An encoder that has left causes no event, and its stream may belong to another producer by then. */
const LOOK_EVERY_MS = 5_000;

interface ReceiversOptions {
  readonly srt: NonNullable<ProducerConfig['srt']>;
  readonly tables: Pick<StreamTables, 'rows' | 'deletions'>;
  readonly share: Pick<Share, 'owns' | 'onChange'>;
  /** Lets in whoever has shown what is derived from the hash of a stream's secret. */
  readonly admit: (arrival: { stream: StreamId; hash: string }, gone: AbortSignal) => Promise<Seat | Refusal>;
  /** Called with the port of each stream when that changes. */
  readonly onPorts: (ports: ReadonlyMap<string, number>) => void;
  readonly ffmpeg: Ffmpeg;
  readonly guard: ProcessGuard;
  readonly logger: Logger;
}

interface Entry {
  readonly hash: string;
  readonly receiver: SrtReceiver;
}

/** Waits for encoders by SRT, at a port for each stream of this producer's share. */
export class SrtReceivers {
  readonly #options: ReceiversOptions;
  readonly #entries = new Map<string, Entry>();
  /** Streams whose port is being given up. */
  readonly #leaving = new Map<string, Promise<void>>();
  readonly #stopListening: readonly (() => void)[];
  readonly #timer: NodeJS.Timeout;
  #ports: ReadonlyMap<string, number> = new Map();
  /** How many streams have no port. */
  #lacking = 0;
  #isClosed = false;

  constructor(options: ReceiversOptions) {
    this.#options = options;
    const { tables, share } = options;
    const look = (): void => this.#look();
    this.#timer = setInterval(look, LOOK_EVERY_MS);
    this.#stopListening = [tables.rows.onChange(look), tables.deletions.onChange(look), share.onChange(look)];
    options.onPorts(this.#ports);
    look();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    for (const stop of this.#stopListening) stop();
    for (const id of [...this.#entries.keys()]) this.#leave(id);
    await Promise.all(this.#leaving.values());
  }

  #look(): void {
    if (this.#isClosed) return;
    const wanted = this.#wanted();
    for (const [id, { hash }] of [...this.#entries])
      if (wanted.get(id)?.ingestKeyHash !== hash) this.#leave(id);
    const { srt, onPorts, logger } = this.#options;
    const ports = assignPorts([...wanted.keys(), ...this.#leaving.keys()], srt, this.#ports);
    const lacking = [...wanted.keys()].filter((id) => !ports.has(id));
    if (lacking.length > this.#lacking)
      logger.warn({ streams: lacking.slice(0, 20) }, 'no port is left in TOPICAST_SRT_PORTS');
    this.#lacking = lacking.length;
    const isNew = JSON.stringify([...ports]) !== JSON.stringify([...this.#ports]);
    this.#ports = ports;
    for (const [id, row] of wanted) {
      const port = ports.get(id);
      if (port !== undefined && !this.#entries.has(id) && !this.#leaving.has(id)) this.#begin(row, port);
    }
    if (isNew) onPorts(ports);
  }

  /** By id: streams of our share that wait for an encoder, and those whose encoder is sending here. */
  #wanted(): Map<string, StreamRow> {
    const { tables, share } = this.#options;
    const rows = [...tables.rows.rows].filter(
      ([id, { source, enabled, ingestKeyHash }]) =>
        source.kind === 'ingest' &&
        enabled &&
        ingestKeyHash !== undefined &&
        !tables.deletions.get(id) &&
        (share.owns(id) || this.#entries.get(id)?.receiver.isTaken === true),
    );
    return new Map(rows);
  }

  #begin(row: StreamRow, port: number): void {
    const { srt, admit, ffmpeg, guard } = this.#options;
    const stream = streamId(row.id);
    const hash = row.ingestKeyHash!;
    const logger = this.#options.logger.child({ stream });
    const receiver = new SrtReceiver({
      listen: async (onBytes) => {
        const place = { host: srt.host, port, passphrase: await srtPassphrase(hash), latency: srt.latency };
        return listenForSrt(place, { ffmpeg, guard, logger }, onBytes);
      },
      admit: (gone) => admit({ stream, hash }, gone),
    });
    this.#entries.set(row.id, { hash, receiver });
  }

  #leave(id: string): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    this.#entries.delete(id);
    const left = entry.receiver.close().finally(() => {
      this.#leaving.delete(id);
      this.#look();
    });
    this.#leaving.set(id, left);
  }
}

interface SrtOptions extends Omit<ReceiversOptions, 'srt' | 'onPorts'> {
  readonly config: Pick<ProducerConfig, 'srt'>;
  readonly heartbeats: Pick<Heartbeats, 'receiveAt'>;
}

/** Undefined if nobody asks for it. */
export function receiveBySrt({
  config: { srt },
  heartbeats,
  ...options
}: SrtOptions): SrtReceivers | undefined {
  if (!srt) return undefined;
  return new SrtReceivers({
    ...{ ...options, srt },
    onPorts: (ports) => heartbeats.receiveAt(srt.publicHost, ports),
  });
}
