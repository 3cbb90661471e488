import path from 'node:path';
import { hashOfSecret } from '@topicast/contracts/ingest-key';
import { streamId } from '@topicast/contracts/stream-id';
import { StreamTables } from '@topicast/contracts/stream-tables';
import { STATUS_TABLE, STREAMS_TABLE, type StreamRow } from '@topicast/contracts/tables';
import { bytes, milliseconds } from '@topicast/contracts/units';
import type { Refusal, Seat } from '@topicast/ingest';
import { openEmbeddedLog } from '@topicast/log/embedded';
import { readSessions } from '@topicast/test/session-reader';
import { temporaryFolder } from '@topicast/test/temporary';
import { pino } from 'pino';
import { readProducerConfig } from '../config.js';
import { ProducerMetrics } from '../health/metrics.js';
import { Door } from '../ingest/door.js';
import type { Place } from '../ingest/places.js';
import { NO_FFMPEG, NO_GUARD } from './no-ffmpeg.js';
import { SOUND_REELS } from './reels.js';

export const STREAM = streamId('show');

/** Two producers, and a stream that encoders with sound and no picture may send. */
export async function ingestWorld({
  reels = SOUND_REELS,
  gap = 60,
  back = 10,
}: {
  reels?: typeof SOUND_REELS;
  /** Seconds */
  gap?: number;
  /** Seconds */
  back?: number | 'off';
} = {}) {
  const folder = temporaryFolder();
  const log = await openEmbeddedLog({ directory: path.join(folder.path, 'log') });
  const tables = new StreamTables({
    streams: await log.table(STREAMS_TABLE),
    status: await log.table(STATUS_TABLE),
  });
  const row: StreamRow = {
    ...{ id: STREAM, title: 'show', source: { kind: 'ingest' }, enabled: true, startCount: 0 },
    ...{ createdAt: new Date().toISOString(), incarnation: 'a', visibility: 'public' },
    ...{ ingestKeyHash: await hashOfSecret('primary'), backupKeyHash: await hashOfSecret('backup') },
  };
  await tables.rows.put(STREAM, row);
  const doorOf = (me: string): Door =>
    new Door({
      ...{ me, log, tables, reels, metrics: new ProducerMetrics(), logger: pino({ enabled: false }) },
      ...{ ffmpeg: NO_FFMPEG, guard: NO_GUARD },
      config: readProducerConfig({
        // An encoder that is away keeps nobody out.
        TOPICAST_INGEST_SECOND: 'refuse',
        TOPICAST_INGEST_GAP: String(gap),
        TOPICAST_INGEST_BACK: String(back),
      }),
      others: () => new Set(['a', 'b'].filter((name) => name !== me)),
    });
  const [a, b] = [doorOf('a'), doorOf('b')];
  const status = () => tables.statuses.get(STREAM);
  /** What viewers were told. */
  const states: (string | undefined)[] = [];
  tables.statuses.onChange(() => states.push(status()?.state));
  await log.createTopic(STREAM, {
    partitions: 1,
    retentionMs: milliseconds(60_000),
    retentionBytes: bytes(100_000_000),
  });
  const seats: Seat[] = [];
  const chunks = readSessions(log, STREAM);
  return {
    ...{ a, b, tables, row, status, states, chunks },
    async admit(door: Door, place: Place = 'primary'): Promise<Seat | Refusal> {
      const answer = await door.admit({ stream: STREAM, secret: place }, new AbortController().signal);
      if (typeof answer !== 'string') seats.push(answer);
      return answer;
    },
    /** Of which chunks are in the log, in order. */
    sessions: () => [...new Set(chunks.taken.map(({ session }) => session))],
    async [Symbol.asyncDispose]() {
      chunks.close();
      for (const seat of seats) seat.leave({ why: 'finished' });
      await Promise.all([a.close(), b.close()]);
      tables.close();
      await log.close();
      folder[Symbol.dispose]();
    },
  };
}
