import { spawnSync } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { streamId } from '@topicast/contracts/stream-id';
import { milliseconds } from '@topicast/contracts/units';
import { startChildScript } from '@topicast/test/child-script';
import { numberedBytes } from '@topicast/test/numbered-chunks';
import { temporaryFolder } from '@topicast/test/temporary';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { expectCode, record, SETTINGS, sequences, take } from '../testing/support.js';
import { openEmbeddedLog } from './embedded-log.js';

const WRITER = join(import.meta.dirname, '../../../test/support/endless-writer.ts');
const FILM = streamId('film');

describe('the embedded log', () => {
  it('keeps all that was acknowledged when its process is killed in the middle of writing', async () => {
    using folder = temporaryFolder();
    const directory = folder.path;
    let next = 0;
    for (const lines of [40, 400, 1]) {
      const writer = await startChildScript(WRITER, [directory, '12500']);
      let acknowledged = 0;
      for await (const line of createInterface({ input: writer.stdout! })) {
        expect(line).toBe(`ok ${next}`);
        next += 3;
        if (++acknowledged === lines) writer.kill('SIGKILL');
      }
      const log = await openEmbeddedLog({ directory });
      const bounds = await log.bounds(FILM, 0);
      expect(bounds.earliest).toBe(0);
      expect(bounds.next).toBeGreaterThanOrEqual(next);
      expect(bounds.next % 3, 'an append is there as a whole').toBe(0);
      next = bounds.next;
      const records = await take(log, FILM, { at: 'earliest' }, next);
      for (const { header, value, offset } of records) {
        const written = numberedBytes(1, header!.sequence, 12_500);
        expect(Buffer.compare(value, written), `record ${offset}`).toBe(0);
      }
      await log.close();
    }
  });

  it('refuses a second process, with one clear line, until the first is gone', async () => {
    using folder = temporaryFolder();
    const directory = folder.path;
    const writer = await startChildScript(WRITER, [directory, '100']);
    const lines = createInterface({ input: writer.stdout! })[Symbol.asyncIterator]();
    await lines.next();
    await expectCode('locked', openEmbeddedLog({ directory }));
    await expect(openEmbeddedLog({ directory })).rejects.toThrow(/is in use by another Topicast: .*folder$/);
    writer.kill('SIGKILL');
    while (!(await lines.next()).done);
    const [one, two] = await Promise.allSettled([
      openEmbeddedLog({ directory }),
      openEmbeddedLog({ directory }),
    ]);
    expect([one.status, two.status].filter((status) => status === 'fulfilled').length).toBeLessThan(2);
    for (const opened of [one, two]) if (opened.status === 'fulfilled') await opened.value.close();
    await (await openEmbeddedLog({ directory })).close();
  });

  it('keeps everything over a restart: topics, chunks, tables, and offsets that retention emptied', async () => {
    using folder = temporaryFolder();
    const directory = folder.path;
    let now = Date.now();
    const clock = () => milliseconds(now);
    const first = await openEmbeddedLog({ directory, clock });
    await first.createTopic(FILM, { partitions: 2, retentionMs: milliseconds(10_000) });
    await first.append(FILM, 0, [record(0), record(1)]);
    await first.append(FILM, 1, [record(5)]);
    await (await first.table('topicast.streams')).put('film', '{"title":"Film"}');
    now += 11_000;
    await first.append(FILM, 1, [record(6)]);
    await expect.poll(() => first.bounds(FILM, 0), { timeout: 20_000 }).toEqual({ earliest: 2, next: 2 });
    await expect.poll(() => first.bounds(FILM, 1), { timeout: 20_000 }).toEqual({ earliest: 1, next: 2 });
    await first.close();

    const second = await openEmbeddedLog({ directory, clock });
    expect(await second.topics()).toEqual([FILM]);
    expect(await second.bounds(FILM, 0)).toEqual({ earliest: 2, next: 2 });
    expect(sequences(await take(second, FILM, { at: 'earliest' }, 1, 1))).toEqual([6]);
    expect(await second.append(FILM, 0, [record(2)])).toBe(2);
    expect((await second.table('topicast.streams')).get('film')).toBe('{"title":"Film"}');
    await second.close();
  });

  it('does not bring a deleted topic back, and removes what it held', async () => {
    using folder = temporaryFolder();
    const directory = folder.path;
    const first = await openEmbeddedLog({ directory });
    await first.createTopic(FILM, SETTINGS);
    await first.append(FILM, 0, [record(0), record(1)]);
    await first.deleteTopic(FILM);
    await first.close();
    const second = await openEmbeddedLog({ directory });
    expect(await second.topics()).toEqual([]);
    await second.createTopic(FILM, SETTINGS);
    expect(await second.bounds(FILM, 0)).toEqual({ earliest: 0, next: 0 });
    await second.close();
  });

  it('keeps to the bytes it may take, and so does its file', async () => {
    using folder = temporaryFolder();
    const directory = folder.path;
    const log = await openEmbeddedLog({ directory });
    await log.createTopic(FILM, { ...SETTINGS, retentionBytes: 1_000_000 });
    const append = (from: number) =>
      log.append(
        FILM,
        0,
        Array.from({ length: 20 }, (_, n) => record(from + n, {}, 12_500)),
      );
    const sizes: number[] = [];
    for (let n = 0; n < 400; n += 20) await append(n);
    for (let round = 0; round < 5; round++) {
      const { next } = await log.bounds(FILM, 0);
      await expect
        .poll(async () => (await log.bounds(FILM, 0)).earliest, { timeout: 20_000 })
        .toBeGreaterThanOrEqual(next - 80);
      sizes.push((await readFile(join(directory, 'chunks/data.mdb'))).byteLength);
      for (let n = 0; n < 400; n += 20) await append(next + n);
    }
    expect((await log.bounds(FILM, 0)).earliest).toBeLessThanOrEqual(2400 - 79);
    expect(Math.max(...sizes)).toBeLessThan(sizes[0]! * 2);
    await log.close();
  });

  it('discards the chunks, never the tables, when the machine went down while it was open', async () => {
    using folder = temporaryFolder();
    const directory = folder.path;
    const first = await openEmbeddedLog({ directory });
    await first.createTopic(FILM, SETTINGS);
    await first.append(FILM, 0, [record(0)]);
    await (await first.table('t')).put('a', '1');
    await first.close();
    await writeFile(join(directory, 'open-since-boot'), 'another boot');
    const second = await openEmbeddedLog({ directory });
    expect(await second.topics()).toEqual([FILM]);
    expect((await second.bounds(FILM, 0)).next).toBe(0);
    expect((await second.table('t')).get('a')).toBe('1');
    await second.close();
  });

  it('says that its folder was deleted while it was open, goes on with live chunks, and is not ready', async () => {
    using folder = temporaryFolder();
    const directory = folder.path;
    const lines: string[] = [];
    const logger = pino(
      {},
      { write: (line: string) => lines.push((JSON.parse(line) as { msg: string }).msg) },
    );
    const log = await openEmbeddedLog({ directory, logger });
    await log.createTopic(FILM, SETTINGS);
    await log.append(FILM, 0, [record(0)]);
    await rm(directory, { recursive: true });
    await expect
      .poll(() => lines, { timeout: 20_000 })
      .toEqual([expect.stringMatching(/was deleted .* Restart/)]);
    await expect(log.ping()).rejects.toThrow(/TOPICAST_DATA_DIR/);
    const table = await log.table('topicast.streams');
    await expect(table.put('a', '1')).rejects.toThrow(/the data folder was deleted; restart Topicast/);
    expect(await log.append(FILM, 0, [record(1)])).toBe(1);
    await log.close();
    expect(lines).toHaveLength(1);
  });

  // A limit on the size of files stands in for a full disk, because filling a real one needs root.
  it('says that the disk is full, loses nothing that was acknowledged, and goes on when there is room', async (context) => {
    if (process.platform === 'win32' || spawnSync('sh', ['-c', 'ulimit -f 1000']).status !== 0)
      return context.skip();
    using folder = temporaryFolder();
    const directory = folder.path;
    const writer = await startChildScript(WRITER, [directory, '12500'], { shellLimits: 'ulimit -f 16384' });
    let acknowledged = 0;
    for await (const line of createInterface({ input: writer.stdout! })) {
      if (line.startsWith('ok ')) acknowledged += 3;
      else {
        expect(line).toBe('full');
        writer.kill('SIGKILL');
      }
    }
    expect(acknowledged).toBeGreaterThan(100);
    const log = await openEmbeddedLog({ directory });
    expect(await log.bounds(FILM, 0)).toEqual({ earliest: 0, next: acknowledged });
    expect(await take(log, FILM, { at: 'earliest' }, acknowledged)).toHaveLength(acknowledged);
    expect(await log.append(FILM, 0, [record(0)])).toBe(acknowledged);
    await log.close();
  });
});
