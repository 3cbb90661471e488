import { randomUUID } from 'node:crypto';
import { LOOK_LIMIT_MS, type LookAnswer, LookTables } from '@topicast/contracts/look-tables';
import { MemoryTable } from '@topicast/contracts/testing/memory-table';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Looks } from './looks.js';

const SOURCE = { kind: 'file', path: 'film.mkv' } as const;
const FAILED: LookAnswer = { outcome: 'failed', problem: 'it is empty' };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A producer whose looks end when the test says so. */
function setUp(owns = (): boolean => true) {
  const tables = new LookTables({ streams: new MemoryTable(), status: new MemoryTable() });
  const looking = new Map<string, (answer: LookAnswer) => void>();
  const ended: unknown[] = [];
  const onShare = new Set<() => void>();
  const looks = new Looks({
    tables,
    share: { owns, onChange: (listener) => onShare.add(listener) && (() => onShare.delete(listener)) },
    look: ({ at }, signal) =>
      new Promise((resolve, reject) => {
        looking.set(at, resolve);
        signal.addEventListener('abort', () => {
          looking.delete(at);
          ended.push(signal.reason);
          reject(signal.reason);
        });
      }),
    logger: pino({ level: 'silent' }),
  });
  const ask = async (): Promise<{ name: string; at: string }> => {
    const name = randomUUID();
    const at = new Date().toISOString();
    await tables.requests.put(name, { at, source: SOURCE });
    await vi.advanceTimersByTimeAsync(1);
    return { name, at };
  };
  const answer = async ({ at }: { readonly at: string }): Promise<void> => {
    looking.get(at)?.(FAILED);
    looking.delete(at);
    await vi.advanceTimersByTimeAsync(1);
  };
  return { tables, looks, looking, ended, onShare, ask, answer };
}

it('looks at two sources at once, the others wait, and each gets its answer', async () => {
  const { tables, looking, ask, answer } = setUp();
  const asked = [await ask(), await ask(), await ask()];
  expect([...looking.keys()]).toEqual(asked.slice(0, 2).map(({ at }) => at));
  await answer(asked[0]!);
  expect(tables.answers.get(asked[0]!.name)).toEqual(FAILED);
  expect([...looking.keys()]).toEqual(asked.slice(1).map(({ at }) => at));
});

it('ends a look that nobody waits for, and removes an answer that was read', async () => {
  const { tables, ended, ask, answer } = setUp();
  const [gone, read] = [await ask(), await ask()];
  await tables.requests.delete(gone.name);
  expect(ended).toHaveLength(1);
  await answer(read);
  expect(tables.answers.get(read.name)).toEqual(FAILED);
  await tables.requests.delete(read.name);
  await vi.advanceTimersByTimeAsync(1);
  expect(tables.answers.rows.size).toBe(0);
});

it('says in time that a source is too slow', async () => {
  const { tables, ask } = setUp();
  const { name } = await ask();
  await vi.advanceTimersByTimeAsync(LOOK_LIMIT_MS - 2_000);
  expect(tables.answers.get(name)).toMatchObject({
    outcome: 'failed',
    problem: expect.stringMatching(/in time/),
  });
});

it('has no time for a source that had to wait for others for too long, and says so', async () => {
  const { tables, looking, ask, answer } = setUp();
  const asked = [await ask(), await ask(), await ask()];
  await vi.advanceTimersByTimeAsync(20_000);
  await answer(asked[0]!);
  expect(tables.answers.get(asked[2]!.name)).toMatchObject({ outcome: 'busy' });
  expect([...looking.keys()]).toEqual([asked[1]!.at]);
});

it('does not open a source for somebody who has died long ago', async () => {
  const { tables, looking } = setUp();
  const at = new Date(Date.now() - 3_600_000).toISOString();
  await tables.requests.put(randomUUID(), { at, source: SOURCE });
  expect(looking.size).toBe(0);
  await vi.advanceTimersByTimeAsync(LOOK_LIMIT_MS + 30_000);
  expect(tables.requests.rows.size).toBe(0);
});

it('removes what somebody has asked who then died, but looks only once', async () => {
  const { tables, looking, ask, answer } = setUp();
  const request = await ask();
  await answer(request);
  await vi.advanceTimersByTimeAsync(LOOK_LIMIT_MS + 30_000);
  expect([tables.requests.rows.size, tables.answers.rows.size, looking.size]).toEqual([0, 0, 0]);
});

it('leaves the requests of others alone until the group gives them to it', async () => {
  let isOurs = false;
  const { looking, onShare, ask } = setUp(() => isOurs);
  await ask();
  expect(looking.size).toBe(0);
  isOurs = true;
  for (const tell of onShare) tell();
  expect(looking.size).toBe(1);
});

it('ends all looks when the producer does', async () => {
  const { looks, ended, ask } = setUp();
  await ask();
  await looks.close();
  expect(ended).toHaveLength(1);
  await ask();
  expect(ended).toHaveLength(1);
});
