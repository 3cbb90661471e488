import { setTimeout as delay } from 'node:timers/promises';
import { type Broker, kafkaUnavailable, startKafka } from '@topicast/test/kafka';
import { openKafkaLog } from '@topicast/test/kafka-log';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LogError } from '../../chunk-log.js';
import { expectCode, newStream, record, SETTINGS, take } from '../../testing/support.js';

const unavailable = kafkaUnavailable() ?? (process.env.KAFKA_BROKERS && 'KAFKA_BROKERS is not ours to kill');

describe.skipIf(unavailable)(`when Kafka is away${unavailable ? ` (skipped: ${unavailable})` : ''}`, () => {
  let broker: Broker;
  beforeAll(async () => {
    broker = await startKafka({ start: false });
  });
  afterAll(() => broker?.stop());

  const listener = () => {
    const lines: string[] = [];
    return { lines, logger: pino({}, { write: (line: string) => void lines.push(JSON.parse(line).msg) }) };
  };

  it('the start waits for it, says so in one line, and goes on when it comes', async () => {
    const { lines, logger } = listener();
    const stop = new AbortController();
    const givenUp = openKafkaLog({ brokers: addresses(broker), signal: stop.signal });
    const opening = openKafkaLog({ brokers: addresses(broker), logger });
    await expect.poll(() => lines).toHaveLength(1);
    await delay(1_500);
    expect(lines).toEqual([expect.stringContaining('does not answer')]);
    stop.abort();
    await expectCode('closed', givenUp);
    await broker.restart();
    const log = await opening;
    await log.ping();
    expect(lines).toEqual([
      expect.stringContaining('does not answer'),
      expect.stringContaining('answers again'),
    ]);
    await log.close();
  });

  it('nothing that was acknowledged is lost, and tails and tables go on', async () => {
    await broker.restart();
    const { lines, logger } = listener();
    const writer = await openKafkaLog({ brokers: addresses(broker) });
    const reader = await openKafkaLog({ brokers: addresses(broker), logger });
    const stream = newStream();
    await writer.createTopic(stream, SETTINGS);
    const table = await writer.table('outage');
    const shown = await reader.table('outage');
    await table.put('before', '1');

    const acknowledged: number[] = [];
    let done = false;
    const writing = (async () => {
      for (let n = 0; !done; n++) {
        await untilTaken(() => writer.append(stream, 0, [record(n)]));
        acknowledged.push(n);
        await delay(10);
      }
    })();
    const seen: number[] = [];
    const stop = new AbortController();
    const reading = (async () => {
      for await (const batch of reader.tail(stream, 0, { at: 'earliest' }, stop.signal)) {
        // Like the feed: only what is above the last record counts, because a batch may have been written twice.
        for (const { header } of batch)
          if (header!.sequence > (seen.at(-1) ?? -1)) seen.push(header!.sequence);
      }
    })();
    await expect.poll(() => seen.length).toBeGreaterThan(20);

    for (let round = 0; round < 2; round++) {
      await broker.kill();
      await delay(1_200);
      await broker.restart();
      const before = acknowledged.length;
      await expect.poll(() => acknowledged.length, { timeout: 30_000 }).toBeGreaterThan(before + 20);
    }
    await untilTaken(() => table.put('after', '2'));
    await expect.poll(() => shown.get('after'), { timeout: 30_000 }).toBe('2');
    expect(shown.get('before')).toBe('1');

    done = true;
    await writing;
    await expect.poll(() => seen.at(-1), { timeout: 30_000 }).toBe(acknowledged.at(-1));
    expect(seen).toEqual(acknowledged);
    stop.abort();
    await reading;
    expect(lines.filter((line) => line.includes('does not answer')).length).toBeLessThanOrEqual(4);
    expect(lines.filter((line) => line.includes('answers again')).length).toBeGreaterThan(0);
    await Promise.all([writer.close(), reader.close()]);
  });

  it('an append says so after a while, and closing waits for nobody', async () => {
    await broker.restart();
    const log = await openKafkaLog({ brokers: addresses(broker) });
    const stream = newStream();
    await log.createTopic(stream, SETTINGS);
    await broker.kill();
    await expectCode('unavailable', log.append(stream, 0, [record(0)]));
    await expectCode('unavailable', log.ping());
    const never = expectCode('closed', take(log, stream, { at: 'earliest' }, 1));
    await log.close();
    await never;
  });
});

const addresses = (broker: Broker): string[] => broker.brokers.split(',');

async function untilTaken<T>(action: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof LogError && error.code === 'unavailable')) throw error;
    }
  }
}
