import { setTimeout as sleep } from 'node:timers/promises';
import type { Seat } from '@topicast/ingest';
import { until } from '@topicast/test/poll';
import { describe, expect, it } from 'vitest';
import { ingestWorld, STREAM } from '../testing/ingest-world.js';
import { SoundFilm } from '../testing/reels.js';

/** Sends at the pace of the time until it is disposed of, but not while it is frozen. */
function sender(seat: Seat) {
  const film = new SoundFilm();
  let isFrozen = false;
  let sent = 0;
  const stop = new AbortController();
  const sending = (async () => {
    while (!stop.signal.aborted) {
      if (!isFrozen) seat.take(film.next(0.1));
      sent++;
      await sleep(100);
    }
  })();
  return {
    /** So often, a tenth of a second each. */
    get sent() {
      return sent;
    },
    freeze: () => {
      isFrozen = true;
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await sending;
    },
  };
}

describe('a backup', () => {
  it('takes over at once when the primary is killed, and gives back when that is there again', async () => {
    await using at = await ingestWorld({ back: 0.5 });
    const primary = (await at.admit(at.a)) as Seat;
    await using _first = sender(primary);
    await until('it is on air', () => at.status()?.state === 'live');
    const backup = (await at.admit(at.a, 'backup')) as Seat;
    await using _second = sender(backup);
    await until('a note says so', () => at.status()?.notes.some((note) => note.includes('is connected')));
    expect(at.sessions().length).toBe(1);
    primary.leave({ why: 'gone' });
    await until('another session is in the log', () => at.sessions().length === 2);
    // A slate would have the next number.
    expect(at.sessions()[1]! - at.sessions()[0]!).toBeGreaterThan(1);
    await until('a note says so', () => at.status()?.notes.some((note) => note.includes('is on air')));
    const again = (await at.admit(at.a)) as Seat;
    await using _third = sender(again);
    await until('the primary is on air again', () => at.sessions().length === 3);
    expect(at.status()?.awaySince).toBeUndefined();
    expect(new Set(at.states.slice(at.states.indexOf('live')))).toEqual(new Set(['live']));
    expect(at.chunks.faults).toBe(0);
    for (const seat of [again, backup]) seat.leave({ why: 'finished' });
    await until('it is off air', () => at.status()?.state === 'offline');
  });

  it('takes over from a primary that is frozen, and stays if that is asked for', async () => {
    await using at = await ingestWorld({ back: 'off' });
    const primary = (await at.admit(at.a)) as Seat;
    const backup = (await at.admit(at.a, 'backup')) as Seat;
    await using first = sender(primary);
    await using _second = sender(backup);
    await until('it is on air', () => at.sessions().length === 1);
    first.freeze();
    await until('the backup is on air', () => at.sessions().length === 2);
    expect(at.status()?.awaySince).toBeUndefined();
    const again = await until('the place of the frozen one is free', async () => {
      const answer = await at.admit(at.a);
      return typeof answer !== 'string' && answer;
    });
    await using third = sender(again);
    await until('it has sent for more than a GOP', () => third.sent > 15);
    expect(at.sessions().length).toBe(2);
    backup.leave({ why: 'gone' });
    await until('the primary is on air', () => at.sessions().length === 3);
    again.leave({ why: 'finished' });
    await until('it is off air', () => at.status()?.state === 'offline');
  });

  it('has a key of its own, and never takes a stream from another producer', async () => {
    await using at = await ingestWorld();
    const primary = (await at.admit(at.a)) as Seat;
    await using _first = sender(primary);
    await until('it is on air', () => at.status()?.state === 'live');
    expect(await at.admit(at.b, 'backup')).toBe('busy');
    const backup = (await at.admit(at.a, 'backup')) as Seat;
    await at.tables.rows.put(STREAM, { ...at.row, backupKeyHash: 'other' });
    expect(backup.dismissed.aborted).toBe(true);
    expect(primary.dismissed.aborted).toBe(false);
    expect(await at.admit(at.a, 'backup')).toBe('unauthorized');
    expect(at.status()?.state).toBe('live');
    await at.tables.rows.put(STREAM, at.row);
    primary.leave({ why: 'gone' });
    await until('the slate is shown', () => at.status()?.awaySince !== undefined);
    const elsewhere = (await at.admit(at.b, 'backup')) as Seat;
    await using _second = sender(elsewhere);
    await until(
      'it is on air at the other one',
      () => at.status()?.producer === 'b' && at.sessions().length === 3,
    );
    elsewhere.leave({ why: 'finished' });
  });
});
