import { once } from 'node:events';
import path from 'node:path';
import { hashOfSecret } from '@topicast/contracts/ingest-key';
import { streamId } from '@topicast/contracts/stream-id';
import { StreamTables } from '@topicast/contracts/stream-tables';
import { STATUS_TABLE, STREAMS_TABLE, type StreamRow } from '@topicast/contracts/tables';
import type { Refusal, Seat } from '@topicast/ingest';
import { type ChunkLog, LogError } from '@topicast/log';
import { openEmbeddedLog } from '@topicast/log/embedded';
import { until } from '@topicast/test/poll';
import { temporaryFolder } from '@topicast/test/temporary';
import { WEBHOOK_SECRET, webhookReceiver } from '@topicast/test/webhook-receiver';
import { pino } from 'pino';
import { describe, expect, it, vi } from 'vitest';
import { readProducerConfig } from '../config.js';
import { ProducerMetrics } from '../health/metrics.js';
import { Reports } from '../health/reports.js';
import { NO_FFMPEG, NO_GUARD } from '../testing/no-ffmpeg.js';
import { NO_REELS } from '../testing/reels.js';
import { Door } from './door.js';

const STREAM = streamId('show');
const KEY = { stream: STREAM, secret: 'right' };
const here = new AbortController().signal;

const isSeat = (answer: Seat | Refusal): answer is Seat => typeof answer !== 'string';
const why = ({ dismissed }: Seat): string | undefined =>
  dismissed.aborted ? (dismissed.reason as Error).message : undefined;

/** One log, its tables, and as many producers' doors as are asked for. */
async function world() {
  const folder = temporaryFolder();
  const log = await openEmbeddedLog({ directory: path.join(folder.path, 'log') });
  const tables = new StreamTables({
    streams: await log.table(STREAMS_TABLE),
    status: await log.table(STATUS_TABLE),
  });
  const row: StreamRow = {
    ...{ id: STREAM, title: 'show', source: { kind: 'ingest' }, enabled: true, startCount: 0 },
    ...{ createdAt: new Date().toISOString(), incarnation: 'a', visibility: 'public' },
    ingestKeyHash: await hashOfSecret('right'),
  };
  await tables.rows.put(STREAM, row);
  const seats: Seat[] = [];
  const allReports: Reports[] = [];
  const lines: Record<string, unknown>[] = [];
  const logger = pino({}, { write: (line: string) => lines.push(JSON.parse(line)) });
  const reportsOf = (me: string) => {
    const reports = new Reports({ me, log, logger });
    allReports.push(reports);
    return reports;
  };
  const doorOf = (
    me: string,
    second = 'takeover',
    ofLog: ChunkLog = log,
    settings: Record<string, string> = {},
  ) => {
    const door = new Door({
      ...{ me, log: ofLog, tables, metrics: new ProducerMetrics(), reports: reportsOf(me), logger },
      ...{ ffmpeg: NO_FFMPEG, guard: NO_GUARD, reels: NO_REELS },
      config: readProducerConfig({ TOPICAST_INGEST_SECOND: second, ...settings }),
      others: () => new Set(['a', 'b'].filter((name) => name !== me)),
    });
    return {
      door,
      admit: async (key = KEY, gone = here) => {
        const answer = await door.admit(key, gone);
        if (isSeat(answer)) seats.push(answer);
        return answer;
      },
    };
  };
  return {
    ...{ log, tables, row, doorOf, lines },
    /** A door in whose way something happens while its topic is made. */
    doorWhile: (happens: () => Promise<unknown>) => {
      const createTopic = log.createTopic.bind(log);
      vi.spyOn(log, 'createTopic').mockImplementation(async (...topic) => {
        await happens();
        await createTopic(...topic);
      });
      return doorOf('a');
    },
    status: () => tables.statuses.get(STREAM),
    async [Symbol.asyncDispose]() {
      for (const seat of seats) seat.leave({ why: 'gone' });
      tables.close();
      await Promise.all(allReports.map((reports) => reports.close()));
      await log.close();
      folder[Symbol.dispose]();
    },
  };
}

describe('the door', () => {
  it('opens for the key alone, and for streams that may be sent to', async () => {
    await using at = await world();
    const { admit } = at.doorOf('a');
    expect(await admit({ stream: STREAM, secret: 'wrong' })).toBe('unauthorized');
    expect(await admit({ stream: streamId('nobody'), secret: 'right' })).toBe('unauthorized');
    await at.tables.rows.put(STREAM, { ...at.row, enabled: false });
    expect(await admit()).toBe('stopped');
    const { ingestKeyHash: _, ...withoutKey } = at.row;
    await at.tables.rows.put(STREAM, withoutKey);
    expect(await admit()).toBe('unauthorized');
    await at.tables.rows.put(STREAM, { ...at.row, source: { kind: 'test' } });
    expect(await admit()).toBe('unauthorized');
    expect(at.status()).toBeUndefined();
  });

  it('asks the operator about encoders with a valid key, and looks at the stream again after the answer', async () => {
    await using at = await world();
    await using receiver = await webhookReceiver();
    const { admit } = at.doorOf('a', 'takeover', at.log, {
      ...{ TOPICAST_PUBLISH_WEBHOOK_URL: receiver.url, TOPICAST_WEBHOOK_SECRET: WEBHOOK_SECRET },
      TOPICAST_ALLOW_PRIVATE_URLS: '1',
    });
    expect(await admit({ stream: STREAM, secret: 'wrong' })).toBe('unauthorized');
    expect(receiver.received).toEqual([]);
    receiver.answers.push(403);
    expect(await admit()).toBe('forbidden');
    expect(at.status()).toBeUndefined();
    receiver.answers.push((response) => {
      void at.tables.rows
        .put(STREAM, { ...at.row, enabled: false })
        .then(() => response.writeHead(204).end());
    });
    expect(await admit()).toBe('stopped');
    await at.tables.rows.put(STREAM, at.row);
    expect(isSeat(await admit())).toBe(true);
    expect(receiver.received.map(({ text }) => text).join()).not.toContain('right');
  });

  it('claims the stream with a session of its own, and gives it back', async () => {
    await using at = await world();
    const { door, admit } = at.doorOf('a');
    const seat = (await admit()) as Seat;
    expect(at.status()).toMatchObject({ producer: 'a', state: 'starting' });
    expect([...door.publishing]).toEqual([STREAM]);
    const first = at.status()!.session!;
    seat.leave({ why: 'cut', problem: 'Use another codec.' });
    await door.close();
    expect(at.status()).toMatchObject({ state: 'failed', problem: 'Use another codec.', session: first });
    expect([...door.publishing]).toEqual([]);
    const again = at.doorOf('a');
    await again.admit();
    expect(at.status()).toMatchObject({ state: 'starting', problem: 'Use another codec.' });
    expect(at.status()!.session).toBeGreaterThan(first);
  });

  it('lets one of many that come at once send', async () => {
    await using at = await world();
    const { admit } = at.doorOf('a');
    const answers = await Promise.all(Array.from({ length: 4 }, () => admit()));
    const seats = answers.filter(isSeat);
    expect(seats.length).toBe(4);
    expect(seats.filter((seat) => why(seat) === undefined).length).toBe(1);
    expect(at.status()).toMatchObject({ producer: 'a', state: 'starting' });
  });

  it('leaves the stream to the one that has it, if two take it from each other', async () => {
    await using at = await world();
    const { admit } = at.doorOf('a');
    const answers: (Seat | Refusal)[] = [];
    for (let count = 0; count < 6; count++) answers.push(await admit());
    expect(answers.slice(4)).toEqual(['busy', 'busy']);
    expect(why(answers[3] as Seat)).toBeUndefined();
    const refusals = at.lines.filter(({ why: reason }) => reason === 'busy');
    expect(refusals).toEqual([expect.objectContaining({ stream: STREAM })]);
  });

  it('stays shut for the second one, if that is asked for', async () => {
    await using at = await world();
    const [one, other] = [at.doorOf('a', 'refuse'), at.doorOf('b', 'refuse')];
    const seat = (await one.admit()) as Seat;
    expect(await one.admit()).toBe('busy');
    expect(await other.admit()).toBe('busy');
    seat.leave({ why: 'gone' });
    await one.door.close();
    expect(isSeat(await other.admit())).toBe(true);
  });

  it('lets nobody in who has gone in the meantime, or while the log is away', async () => {
    await using at = await world();
    expect(await at.doorOf('a').admit(KEY, AbortSignal.abort())).toBe('unavailable');
    const away = Object.create(at.log, {
      createTopic: { value: () => Promise.reject(new LogError('unavailable', 'no broker')) },
    }) as ChunkLog;
    const { door, admit } = at.doorOf('a', 'takeover', away);
    expect(await admit()).toBe('unavailable');
    expect([...door.publishing]).toEqual([]);
    expect(at.status()).toBeUndefined();
  });
});

describe('what happens while an encoder is at the door', () => {
  const changes = [
    ['a stop', 'stopped', { enabled: false }],
    ['a new key', 'unauthorized', { ingestKeyHash: 'other' }],
  ] as const;

  it.each(changes)('%s counts while its topic is made: %s', async (_, answer, change) => {
    await using at = await world();
    const { admit } = at.doorWhile(() => at.tables.rows.put(STREAM, { ...at.row, ...change }));
    expect(await admit()).toBe(answer);
    expect(at.status()).toBeUndefined();
  });

  it.each([
    ...changes,
    ['another stream of this name', 'unavailable', { incarnation: 'b', restored: 1 }] as const,
  ])('%s counts while the stream is claimed: %s', async (_, answer, change) => {
    await using at = await world();
    const { door, admit } = at.doorOf('a');
    const { statuses, rows } = at.tables;
    const put = statuses.put.bind(statuses);
    vi.spyOn(statuses, 'put').mockImplementationOnce(async (...claim) => {
      const counts = await put(...claim);
      await rows.put(STREAM, { ...at.row, ...change });
      return counts;
    });
    expect(await admit()).toBe(answer);
    await door.close();
    expect(at.status()?.state).toBe('offline');
  });

  it('a deletion leaves no status behind, and the next encoder makes no topic', async () => {
    await using at = await world();
    const opening = new AbortController();
    const opened = once(opening.signal, 'abort');
    let topics = 0;
    const { door, admit } = at.doorWhile(() => {
      topics++;
      return opened;
    });
    const first = admit();
    await until('the first one makes the topic', () => topics > 0);
    const second = admit();
    await at.tables.rows.delete(STREAM);
    opening.abort();
    expect(await Promise.all([first, second])).toEqual(['unauthorized', 'unauthorized']);
    await door.close();
    expect(topics).toBe(1);
    expect(at.status()).toBeUndefined();
  });

  it('the end of the producer counts', async () => {
    await using at = await world();
    const { door, admit } = at.doorWhile(async () => void door.close());
    expect(await admit()).toBe('unavailable');
    expect(at.status()).toBeUndefined();
  });
});

describe('two producers that get an encoder for the same stream', () => {
  it('agree that the later session counts', async () => {
    await using at = await world();
    const [one, other] = [at.doorOf('a'), at.doorOf('b')];
    const first = (await one.admit()) as Seat;
    const second = (await other.admit()) as Seat;
    await until('the first one has to go', () => why(first)?.includes('another server'));
    expect(why(second)).toBeUndefined();
    await one.door.close();
    expect(at.status()).toMatchObject({ producer: 'b', state: 'starting' });
    const third = (await one.admit().catch(() => undefined)) as Seat | Refusal;
    // It is closed by now.
    expect(third).toBe('unavailable');
  });

  it('agree even if both came at the same moment', async () => {
    await using at = await world();
    const [one, other] = [at.doorOf('a'), at.doorOf('b')];
    const answers = await Promise.all([one.admit(), other.admit()]);
    await until('one of them sends', () => {
      const sending = answers.filter(isSeat).filter((seat) => why(seat) === undefined);
      return sending.length === 1;
    });
    const [sending] = answers.filter(isSeat).filter((seat) => why(seat) === undefined);
    expect(answers.indexOf(sending!)).toBe(at.status()?.producer === 'a' ? 0 : 1);
  });
});

describe('whoever publishes', () => {
  it.each([
    ['the stream is stopped', 'was stopped', { enabled: false }],
    ['the key is renewed', 'was renewed', { ingestKeyHash: 'other' }],
    ['another stream has the name', 'was deleted', { incarnation: 'b', restored: 1 }],
  ])('has to go when %s', async (_, words, change) => {
    await using at = await world();
    const { door, admit } = at.doorOf('a');
    const seat = (await admit()) as Seat;
    await at.tables.rows.put(STREAM, { ...at.row, ...change });
    expect(why(seat)).toContain(words);
    await door.close();
    expect(at.status()).toMatchObject({ state: 'offline' });
  });

  it('leaves no status behind when the stream is deleted', async () => {
    await using at = await world();
    const { door, admit } = at.doorOf('a');
    const seat = (await admit()) as Seat;
    await at.tables.rows.delete(STREAM);
    expect(why(seat)).toContain('was deleted');
    await door.close();
    expect(at.status()).toBeUndefined();
  });
});
