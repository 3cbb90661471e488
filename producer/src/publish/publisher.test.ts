import { streamId } from '@topicast/contracts/stream-id';
import { bytes } from '@topicast/contracts/units';
import { LogError, type NewRecord } from '@topicast/log';
import { headerOf } from '@topicast/test/headers';
import { until } from '@topicast/test/poll';
import fc from 'fast-check';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { Publisher } from './publisher.js';

const record = (sequence: number, keyframe: boolean, size = 188): NewRecord => ({
  header: headerOf(sequence, { keyframe, session: 1000, gop: 1 }),
  value: new Uint8Array(size),
});

type Answer = 'ok' | 'unavailable' | 'lost answer' | 'invalid' | 'unknown-topic';

/** A log that answers as it is told to, and finally succeeds. */
function setUp(answers: Answer[], onUnknownTopic: () => Promise<'retry' | 'stop'> = async () => 'retry') {
  const stored: NewRecord[] = [];
  const batches: (readonly NewRecord[])[] = [];
  let inFlight = 0;
  const log = {
    async append(_stream: unknown, _rendition: number, records: readonly NewRecord[]): Promise<number> {
      expect(++inFlight).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      inFlight--;
      batches.push(records);
      const answer = answers.shift() ?? 'ok';
      if (answer === 'ok' || answer === 'lost answer') stored.push(...records);
      if (answer === 'lost answer') throw new LogError('unavailable', 'the answer was lost');
      if (answer !== 'ok') throw new LogError(answer, answer);
      return stored.length - records.length;
    },
  };
  const lines: { chunks?: number; reason?: string; msg?: string }[] = [];
  const write = (line: string): void => {
    expect(line.match(/"stream":/g), 'the stream is named once a line').toHaveLength(1);
    lines.push(JSON.parse(line));
  };
  const logger = pino({}, { write }).child({ stream: 'a' });
  const publisher = new Publisher({
    ...{ log, stream: streamId('a'), rendition: 0, logger },
    ...{ onUnknownTopic, limits: { bytes: bytes(188 * 40), spanMs: 60_000 } },
  });
  publisher.beginSession(1000);
  return { publisher, stored, batches, lines };
}

const sequences = (records: readonly NewRecord[]): number[] => records.map(({ header }) => header.sequence);

describe('Publisher', () => {
  it('has one append in flight, and sends what arrives meanwhile in the next', async () => {
    const { publisher, batches } = setUp([]);
    for (let index = 0; index < 3; index++) publisher.push(record(index, index === 0));
    await Promise.resolve();
    for (let index = 3; index < 6; index++) publisher.push(record(index, false));
    await publisher.close();
    expect(batches.map(sequences)).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
  });

  it('repeats the identical batch until the log takes it', async () => {
    const { publisher, batches, stored } = setUp(['unavailable', 'unavailable']);
    publisher.push(record(0, true));
    await until('a first try', () => batches.length === 1);
    publisher.push(record(1, false));
    await until('both are stored', () => stored.length === 2);
    expect(batches.map(sequences)).toEqual([[0], [0], [0], [1]]);
    expect(publisher.state).toMatchObject({ dropped: 0, trouble: undefined });
  });

  it('stops when its topic is gone and nobody wants it, and does not complain of the log', async () => {
    const { publisher, batches, lines } = setUp(['unknown-topic'], async () => 'stop');
    publisher.push(record(0, true));
    await publisher.close();
    publisher.push(record(1, true));
    expect(batches).toHaveLength(1);
    expect(lines.map(({ msg }) => msg)).not.toContain('the log does not accept chunks');
  });

  it('counts once the chunks that the log has not accepted when it closes', async () => {
    const { publisher, batches, lines } = setUp(Array<Answer>(100).fill('unavailable'));
    for (let index = 0; index < 5; index++) publisher.push(record(index, index === 0));
    await until('a first try', () => batches.length === 1);
    for (let index = 5; index < 8; index++) publisher.push(record(index, false));
    publisher.lose(2, 'they never came');
    await publisher.close();
    expect(publisher.state).toMatchObject({ queued: 0, dropped: 10 });
    expect(lines.filter(({ chunks }) => chunks).map(({ chunks, reason }) => [chunks, reason])).toEqual([
      [2, 'they never came'],
      [8, 'unavailable'],
    ]);
  });

  it('reports losses at most once a second, and all of them in the end', async () => {
    const { publisher, lines } = setUp([]);
    // Both together are too large for the queue.
    for (let index = 0; index < 50; index++) {
      publisher.push(record(index, true, 188 * 41));
    }
    await publisher.close();
    const told = lines.flatMap(({ chunks }) => chunks ?? []);
    expect(told).toEqual([1, 49]);
    expect(publisher.state.dropped).toBe(50);
  });

  it('continues at the next keyframe after the log has refused a batch for good, and counts the loss', async () => {
    const { publisher, stored, batches } = setUp(['invalid']);
    publisher.push(record(0, true));
    await until('the batch is refused', () => batches.length === 1 && publisher.state.dropped > 0);
    for (let index = 1; index < 6; index++) publisher.push(record(index, index === 4));
    await until('the rest is stored', () => stored.length === 2);
    expect(sequences(stored)).toEqual([4, 5]);
    expect(stored[0]!.header.discontinuity).toBe(true);
    expect(publisher.state.dropped).toBe(4);
  });

  it('never reorders; gaps begin at keyframes and are counted; repeats are whole batches', async () => {
    const answers = fc
      .array(fc.constantFrom<Answer[]>('ok', 'ok', 'lost answer', 'invalid'), { maxLength: 4 })
      // A batch that was accepted once is not refused as such when it comes again.
      .filter((list) => list.every((answer, at) => answer !== 'invalid' || list[at - 1] !== 'lost answer'));
    const bursts = fc.array(fc.array(fc.boolean(), { maxLength: 60 }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(answers, bursts, async (answersGiven, keyframes) => {
        const { publisher, stored } = setUp([...answersGiven]);
        let total = 0;
        for (const burst of keyframes) {
          for (const keyframe of burst) {
            publisher.push(record(total, keyframe || total === 0));
            total++;
          }
          await new Promise((resolve) => setImmediate(resolve));
        }
        await publisher.close();
        const { dropped, queued } = publisher.state;
        expect(queued).toBe(0);
        // Reads like the gateway: anything that is not above the last one is a repeat.
        const seen: NewRecord[] = [];
        for (const record of stored) {
          if (record.header.sequence > (seen.at(-1)?.header.sequence ?? -1)) seen.push(record);
        }
        expect(seen.length + dropped).toBe(total);
        for (const [at, { header }] of seen.entries()) {
          const gap = header.sequence !== (at === 0 ? 0 : seen[at - 1]!.header.sequence + 1);
          if (gap) expect(header).toMatchObject({ keyframe: true, discontinuity: true });
        }
      }),
      { numRuns: 30 },
    );
  });
});
