import { milliseconds } from '@topicast/contracts/units';
import { type Broker, kafkaUnavailable, startKafka } from '@topicast/test/kafka';
import { openKafkaLog } from '@topicast/test/kafka-log';
import { until } from '@topicast/test/poll';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChunkLog, Share } from '../../chunk-log.js';
import { newStream } from '../../testing/support.js';

const reason = kafkaUnavailable();
const TABLE = 'topicast.streams';
const KEYS = Array.from({ length: 400 }, (_, n) => `stream-${n}`);
const ownedBy = (share: Share): string[] => KEYS.filter((key) => share.owns(key));

describe.skipIf(reason)(`sharing a table on a real Kafka${reason ? ` (${reason})` : ''}`, () => {
  let broker: Broker;
  const logs: ChunkLog[] = [];
  const lines: string[] = [];

  beforeAll(async () => {
    broker = await startKafka({ properties: { 'group.min.session.timeout.ms': 1000 } });
  });
  afterAll(async () => {
    await Promise.all(logs.map((log) => log.close()));
    await broker?.stop();
  });

  /** A member like another process: it has its own log. */
  async function join(group: string, member: string, sessionTimeoutMs = 3_000): Promise<Share> {
    const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
    const log = await openKafkaLog({ brokers: broker.brokers.split(','), logger });
    logs.push(log);
    return log.share(group, TABLE, { member, sessionTimeout: milliseconds(sessionTimeoutMs) });
  }

  /** Resolves when each row has one owner and each member has its part. */
  const settled = (shares: readonly Share[]) =>
    until('the table is shared out', () => {
      const owners = KEYS.map((key) => shares.filter((share) => share.owns(key)).length);
      return owners.every((count) => count === 1) && shares.every((share) => ownedBy(share).length > 0);
    });

  it('each row has one owner; a new member takes only its part, and a member that leaves gives up only its own', async () => {
    const group = newStream();
    const [a, b] = [await join(group, 'a'), await join(group, 'b')];
    await settled([a, b]);
    const before = [ownedBy(a), ownedBy(b)];
    const c = await join(group, 'c');
    await settled([a, b, c]);
    expect(before[0]).toEqual(expect.arrayContaining(ownedBy(a)));
    expect(before[1]).toEqual(expect.arrayContaining(ownedBy(b)));
    const kept = [ownedBy(a), ownedBy(b)];
    await c.leave();
    await settled([a, b]);
    expect(ownedBy(a)).toEqual(expect.arrayContaining(kept[0]!));
    expect(ownedBy(b)).toEqual(expect.arrayContaining(kept[1]!));
  });

  it('keeps its rows while the group is out of reach, and afterwards', async ({ skip }) => {
    if (!broker.own) skip();
    const group = newStream();
    const shares = [await join(group, 'a'), await join(group, 'b')];
    await settled(shares);
    const before = shares.map(ownedBy);
    const seen: number[] = [];
    const unlisten = shares.map((share) => share.onChange(() => seen.push(ownedBy(share).length)));
    await broker.kill();
    await until('nobody is certain any more', () => shares.every(({ confirmed }) => !confirmed));
    expect(shares.map(ownedBy)).toEqual(before);
    await broker.restart();
    await until('all are certain again', () => shares.every(({ confirmed }) => confirmed));
    await settled(shares);
    expect(shares.map(ownedBy)).toEqual(before);
    expect(seen).toEqual([]);
    for (const stop of unlisten) stop();
  });

  it('takes a longer session if the broker refuses a short one, and says which setting to change', async () => {
    const share = await join(newStream(), 'hasty', 500);
    await settled([share]);
    expect(share.confirmed).toBe(true);
    expect(lines.filter((line) => line.includes('group.min.session.timeout.ms'))).toHaveLength(1);
  });
});
