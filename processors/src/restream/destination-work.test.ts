import {
  DESTINATION_SILENCE_MS,
  type DestinationKey,
  type DestinationRow,
  DestinationTables,
  destinationKey,
} from '@topicast/contracts/destination';
import { MemoryTable } from '@topicast/contracts/testing/memory-table';
import { until } from '@topicast/test/poll';
import { pino } from 'pino';
import { describe, expect, it, vi } from 'vitest';
import { DestinationSender } from './destination-sender.js';
import { DestinationWork } from './destination-work.js';

const ID = '8e9b7d7e-3f0a-4b39-9a52-0d8a4a8b2c11';
const KEY: DestinationKey = destinationKey({ stream: 'show', id: ID } as DestinationRow);

/** Two processes on the same tables. */
function setUp() {
  const [destinations, status] = [new MemoryTable(), new MemoryTable()];
  const running = new Set<string>();
  const open = (processor: string) => {
    const tables = new DestinationTables({ destinations, status });
    const work = new DestinationWork({
      ...{ key: KEY, statuses: tables.statuses, processor, logger: pino({ enabled: false }) },
      begin: (onChange) => {
        running.add(processor);
        const sender = new DestinationSender({
          ...{ open: () => new Promise(() => undefined), onChange, onFault: () => undefined },
        });
        const close = sender.close.bind(sender);
        sender.close = async () => {
          running.delete(processor);
          await close();
        };
        return sender;
      },
    });
    return { work, status: () => tables.statuses.get(KEY) };
  };
  return { open, running };
}

describe('a destination that two processes believe to have', () => {
  it('is sent to by the later one, and by the earlier one again when nobody reports any more', async () => {
    const { open, running } = setUp();
    const one = open('one');
    await until('one sends', () => running.has('one'));
    const two = open('two');
    await until('two sends', () => running.has('two'));
    expect([...running]).toEqual(['two']);
    expect(one.status()).toMatchObject({ processor: 'two' });
    // The process of two dies: it says nothing any more.
    running.delete('two');
    const later = performance.now() + DESTINATION_SILENCE_MS + 1_000;
    const clock = vi.spyOn(performance, 'now').mockReturnValue(later);
    one.work.tick();
    await until('one sends again', () => [...running].join() === 'one');
    clock.mockRestore();
    await Promise.all([one.work.close(true), two.work.close(false)]);
    expect([running.size, one.status()]).toEqual([0, undefined]);
  });

  it('is left by both, whatever the order of their turns was', async () => {
    const { open, running } = setUp();
    const works = Array.from({ length: 5 }, (_, n) => open(String(n)));
    await until('one of them sends', () => running.size === 1);
    await Promise.all(works.map(({ work }) => work.close(false)));
    expect(running.size).toBe(0);
  });
});
