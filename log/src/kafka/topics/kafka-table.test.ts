import { expect, it } from 'vitest';
import { LogError } from '../../chunk-log.js';
import { expectCode } from '../../testing/support.js';
import type { Follower } from '../read/followers.js';
import { KafkaTable } from './kafka-table.js';

it('a table that cannot be read in time is unavailable, not closed, and is followed no longer', async () => {
  const followers = new Set<Follower>();
  const reader = {
    follow: (follower: Follower) => void followers.add(follower),
    unfollow: (follower: Follower) => void followers.delete(follower),
  };
  const bounds = [{ earliest: 0, next: 3 }];
  const table = new KafkaTable('t', bounds, reader, async () => 3);
  expect(followers.size).toBe(1);
  await expectCode('unavailable', table.caughtUp(bounds, 20));
  expect(followers.size).toBe(0);
});

it('a table of which a part cannot be read is not opened, and its other parts are followed no longer', async () => {
  const followers = new Set<Follower>();
  const reader = {
    follow: (follower: Follower) => void followers.add(follower),
    unfollow: (follower: Follower) => void followers.delete(follower),
  };
  const bounds = [
    { earliest: 0, next: 3 },
    { earliest: 0, next: 0 },
  ];
  const table = new KafkaTable('t', bounds, reader, async () => 3);
  const opening = expectCode('invalid', table.caughtUp(bounds, 20_000));
  [...followers][0]!.fail(new LogError('invalid', 'damaged'));
  await opening;
  expect(followers.size).toBe(0);
});

it('reports that one of its partitions is no longer followed, while the others continue', async () => {
  const followers: Follower[] = [];
  const reader = { follow: (follower: Follower) => void followers.push(follower), unfollow: () => undefined };
  const bounds = Array.from({ length: 8 }, () => ({ earliest: 0, next: 0 }));
  const written: number[] = [];
  const table = new KafkaTable('t', bounds, reader, async (partition) => {
    written.push(partition);
    setImmediate(() => followers[partition]!.take([], 1));
    return 0;
  });
  await table.caughtUp(bounds, 20_000);
  const key = 'a';
  const other = ['b', 'c', 'd', 'e'].find((each) => table.partitionOf(each) !== table.partitionOf(key))!;
  followers[table.partitionOf(key)]!.fail(new LogError('unknown-topic', 'gone'));
  expect(await table.failed).toMatchObject({ code: 'unknown-topic' });
  await expectCode('unknown-topic', table.put(key, '1'));
  await table.put(other, '1');
  expect(written).toEqual([table.partitionOf(other)]);
});
