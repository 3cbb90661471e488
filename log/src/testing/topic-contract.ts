import { milliseconds } from '@topicast/contracts/units';
import { describe, expect, it } from 'vitest';
import type { ServedLog } from '../chunk-log.js';
import { expectCode, filled, gops, newStream, record, SETTINGS, sequences, take } from './support.js';

/** Topics come, go, and remove old records. */
export function describeTopics(log: () => ServedLog): void {
  describe('topics', () => {
    it('are listed, made once, and stay as they are when made again', async () => {
      const stream = await filled(log(), [record(0)]);
      await log().createTopic(stream, { ...SETTINGS, partitions: 1 });
      await log().append(stream, 1, [record(1)]);
      expect(await log().topics()).toContain(stream);
      expect(await log().bounds(stream, 0)).toEqual({ earliest: 0, next: 1 });
    });

    it('get the partitions that they lack when made again with more, while their tails go on', async () => {
      const stream = await filled(log(), [record(0)], { ...SETTINGS, partitions: 1 });
      const tail = take(log(), stream, { at: 'earliest' }, 3);
      await expectCode('invalid', take(log(), stream, { at: 'earliest' }, 1, 2));
      await expectCode('invalid', log().append(stream, 2, [record(7)]));
      await log().createTopic(stream, { ...SETTINGS, partitions: 3 });
      const added = take(log(), stream, { at: 'earliest' }, 2, 2);
      await log().append(stream, 2, [record(7), record(8)]);
      await log().append(stream, 0, [record(1), record(2)]);
      expect(sequences(await added)).toEqual([7, 8]);
      expect(sequences(await tail)).toEqual([0, 1, 2]);
      expect(await log().bounds(stream, 1)).toEqual({ earliest: 0, next: 0 });
      await expectCode('invalid', log().bounds(stream, 3));
    });

    it('tell their ends all at once', async () => {
      const [one, other, missing] = [await filled(log(), gops(3, 3)), await filled(log(), []), newStream()];
      await log().append(other, 1, [record(0)]);
      expect(await log().ends([one, missing, other])).toEqual(
        new Map([
          [one, [3, 0]],
          [other, [0, 1]],
        ]),
      );
      await log().deleteTopic(one);
      expect(await log().ends([one, other])).toEqual(new Map([[other, [0, 1]]]));
      expect(await log().ends([])).toEqual(new Map());
    });

    it('end their tails when they are deleted, and can be made again at once', async () => {
      const stream = await filled(log(), gops(3, 3));
      const ended = take(log(), stream, { at: 'earliest' }, 1000);
      await Promise.all([log().deleteTopic(stream), expectCode('unknown-topic', ended)]);
      expect(await log().topics()).not.toContain(stream);
      await log().createTopic(stream, SETTINGS);
      expect(await log().bounds(stream, 0)).toEqual({ earliest: 0, next: 0 });
      await log().append(stream, 0, [record(77)]);
      expect(sequences(await take(log(), stream, { at: 'earliest' }, 1))).toEqual([77]);
      await log().deleteTopic(stream);
      await log().deleteTopic(stream);
    });

    it('that are not there are said to be unknown', async () => {
      const stream = newStream();
      await expectCode('unknown-topic', log().append(stream, 0, [record(0)]));
      await expectCode('unknown-topic', log().bounds(stream, 0));
      await expectCode('unknown-topic', take(log(), stream, { at: 'live' }, 1));
    });

    it('refuse what cannot be', async () => {
      const stream = await filled(log(), []);
      for (const rendition of [2, -1, 0.5]) {
        await expectCode('invalid', log().append(stream, rendition, [record(0)]));
        await expectCode('invalid', log().bounds(stream, rendition));
        await expectCode('invalid', take(log(), stream, { at: 'live' }, 1, rendition));
      }
      await expectCode('invalid', log().append(stream, 0, []));
      await expectCode('invalid', log().append(stream, 0, [record(0, {}, 5 * 1024 * 1024)]));
      await expectCode('invalid', log().append(stream, 0, [record(0, { session: -1 })]));
      await expectCode('invalid', log().createTopic(newStream(), { ...SETTINGS, partitions: 0 }));
      expect(await log().bounds(stream, 0)).toEqual({ earliest: 0, next: 0 });
    });

    it('forget what is older than the newest retention asked for, and never use an offset again', {
      timeout: 120_000,
    }, async () => {
      const stream = await filled(log(), gops(10, 5), { ...SETTINGS, partitions: 1 });
      await log().createTopic(stream, { partitions: 1, retentionMs: milliseconds(2_000) });
      await expect
        .poll(() => log().bounds(stream, 0), { timeout: 100_000 })
        .toEqual({ earliest: 10, next: 10 });
      expect(await log().append(stream, 0, [record(10)])).toBe(10);
      const [read] = await take(log(), stream, { at: 'offset', offset: 3 }, 1);
      expect(read).toMatchObject({ offset: 10, header: { sequence: 10 } });
    });
  });
}
