import { Registry } from 'prom-client';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ClusterPeers } from './cluster-peers.js';
import type { ToPrimary } from './messages.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function scene() {
  const told: ToPrimary[] = [];
  const peers = new ClusterPeers(new Registry(), (message) => told.push(message));
  const lastId = (): number => (told.at(-1) as Extract<ToPrimary, { type: 'ask-metrics' }>).id;
  return { peers, lastId };
}

it('gives each one who asks the answer to its own question', async () => {
  const { peers, lastId } = scene();
  const first = peers.metrics();
  const firstId = lastId();
  const second = peers.metrics();
  peers.receive({ type: 'metrics', id: lastId(), text: 'second' });
  peers.receive({ type: 'metrics', id: firstId, text: 'first' });
  expect(await Promise.all([first, second])).toEqual(['first', 'second']);
  expect(vi.getTimerCount()).toBe(0);
});

it('says that there are no metrics when the primary says so, and when it says nothing', async () => {
  const { peers, lastId } = scene();
  const refused = expect(peers.metrics()).rejects.toMatchObject({ status: 503 });
  peers.receive({ type: 'no-metrics', id: lastId() });
  await refused;
  const forgotten = expect(peers.metrics()).rejects.toMatchObject({ status: 503 });
  await vi.runAllTimersAsync();
  await forgotten;
  // Too late: nobody is waiting for it any more.
  peers.receive({ type: 'metrics', id: lastId(), text: '' });
});
