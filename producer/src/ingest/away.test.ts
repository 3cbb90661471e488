import type { Seat } from '@topicast/ingest';
import { until } from '@topicast/test/poll';
import { describe, expect, it } from 'vitest';
import { ingestWorld, STREAM } from '../testing/ingest-world.js';
import { NO_REELS, someSound } from '../testing/reels.js';

/** An encoder that sends at one of two producers. */
async function world(options?: Parameters<typeof ingestWorld>[0]) {
  const at = await ingestWorld(options);
  const seat = (await at.admit(at.a)) as Seat;
  seat.take(someSound(1));
  await until('it is on air', () => at.status()?.state === 'live' && at.sessions().length === 1);
  return {
    ...at,
    seat,
    first: at.status()!.session!,
    async untilSlate() {
      await until('the slate is in the log', () => at.sessions().length === 2);
      await until('the status says so', () => at.status()?.awaySince !== undefined);
    },
  };
}

describe('an encoder that vanishes', () => {
  it('leaves a slate behind, until it is back', async () => {
    await using at = await world();
    at.seat.leave({ why: 'gone' });
    await at.untilSlate();
    expect(at.status()).toMatchObject({ state: 'live', problem: expect.stringContaining('vanished') });
    const back = (await at.admit(at.a)) as Seat;
    back.take(someSound(0.01));
    expect(at.status()?.awaySince).toBeDefined();
    back.take(someSound(1));
    await until('its chunks are in the log', () => at.sessions().length === 3);
    await until('the status says so', () => at.status()?.awaySince === undefined);
    expect(at.sessions().slice(0, 2)).toEqual([at.first, at.first + 1]);
    expect(at.status()).toMatchObject({ producer: 'a', state: 'live', session: at.sessions()[2] });
    expect(new Set(at.states.slice(at.states.indexOf('live')))).toEqual(new Set(['live']));
    expect({ faults: at.chunks.faults, stale: at.chunks.stale }).toEqual({ faults: 0, stale: 0 });
    const gops = at.chunks.taken.map(({ gop }) => gop);
    expect(gops).toEqual([...gops].sort((x, y) => x - y));
    back.leave({ why: 'gone' });
  });

  it('leaves a slate that lasts until it is on air at another producer', async () => {
    await using at = await world();
    at.seat.leave({ why: 'gone' });
    await at.untilSlate();
    const back = (await at.admit(at.b)) as Seat;
    await until('the other one has claimed it', () => at.status()?.producer === 'b');
    const slate = at.chunks.taken.length;
    await until('the slate goes on', () => at.chunks.taken.length > slate + 5);
    back.take(someSound(1));
    await until('its chunks are in the log', () => at.sessions().length === 3);
    await until('the slate is over', () => at.a.publishing.size === 0);
    expect(at.status()).toMatchObject({ producer: 'b', state: 'live', session: at.sessions()[2] });
    expect(new Set(at.states.slice(at.states.indexOf('live')))).toEqual(new Set(['live']));
    expect(at.chunks.faults).toBe(0);
    back.leave({ why: 'finished' });
  });

  it('leaves a slate that goes on though it vanishes from another producer before it is on air there', async () => {
    await using at = await world();
    at.seat.leave({ why: 'gone' });
    await at.untilSlate();
    ((await at.admit(at.b)) as Seat).leave({ why: 'gone' });
    await until('the other one has claimed it', () => at.status()?.producer === 'b');
    const slate = at.chunks.taken.length;
    await until('the slate goes on', () => at.chunks.taken.length > slate + 10);
    expect(at.status()).toMatchObject({ state: 'live', problem: expect.stringContaining('vanished') });
    const back = (await at.admit(at.a)) as Seat;
    back.take(someSound(1));
    await until('it is on air at the first one', () => at.status()?.producer === 'a');
    await until('the other one has given it up', () => at.b.publishing.size === 0);
    expect(at.status()).toMatchObject({ state: 'live', session: at.sessions()[2] });
    back.leave({ why: 'finished' });
  });

  it('ends its stream after the gap, wherever it was last', async () => {
    await using at = await world({ gap: 1 });
    at.seat.leave({ why: 'gone' });
    await at.untilSlate();
    ((await at.admit(at.b)) as Seat).leave({ why: 'gone' });
    await until('it is off air', () => at.status()?.state === 'offline');
    await until('nobody has it', () => at.a.publishing.size + at.b.publishing.size === 0);
    expect(at.status()?.awaySince).toBeUndefined();
  });

  it('ends its stream if it says goodbye, if it stays away, or if there can be no slate', async () => {
    const ends = async (why: 'finished' | 'gone', options?: Parameters<typeof world>[0]) => {
      await using at = await world(options);
      at.seat.leave({ why });
      await until('it is off air', () => at.status()?.state === 'offline');
      expect(at.status()?.awaySince).toBeUndefined();
      expect(at.a.publishing.size).toBe(0);
      return at.sessions().length;
    };
    expect(await ends('finished')).toBe(1);
    expect(await ends('gone', { gap: 0.5 })).toBe(2);
    expect(await ends('gone', { gap: 0 })).toBe(1);
    expect(await ends('gone', { reels: NO_REELS })).toBe(1);
  });

  it.each([
    ['the stream is stopped', { enabled: false }, 'stopped'],
    ['its key is renewed', { ingestKeyHash: 'other' }, 'unauthorized'],
    ['another stream has the name', { incarnation: 'b', restored: 1 }, undefined],
  ])('has no slate any more when %s', async (_, change, answer) => {
    await using at = await world();
    at.seat.leave({ why: 'gone' });
    await at.untilSlate();
    await at.tables.rows.put(STREAM, { ...at.row, ...change });
    await until('the slate is over', () => at.a.publishing.size === 0);
    expect(at.status()).toMatchObject({ state: 'offline' });
    if (answer) expect(await at.admit(at.a)).toBe(answer);
  });

  it('leaves nothing behind when its stream is deleted or its producer ends', async () => {
    await using at = await world();
    at.seat.leave({ why: 'gone' });
    await at.untilSlate();
    await at.a.close();
    expect(at.status()).toMatchObject({ state: 'offline' });
    const seat = (await at.admit(at.b)) as Seat;
    seat.take(someSound(1));
    await until('it is on air', () => at.status()?.state === 'live');
    seat.leave({ why: 'gone' });
    await until('the other one shows a slate', () => at.status()?.awaySince !== undefined);
    await at.tables.rows.delete(STREAM);
    await until('the slate is over', () => at.b.publishing.size === 0);
    expect(at.status()).toBeUndefined();
  });
});
