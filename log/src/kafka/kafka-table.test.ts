import { expect, it } from 'vitest';
import { expectCode } from '../testing/support.js';
import type { Follower } from './followers.js';
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
