import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { streamId } from '@topicast/contracts/stream-id';
import { STREAMS_TABLE } from '@topicast/contracts/tables';
import { milliseconds } from '@topicast/contracts/units';
import { fillDisk } from '@topicast/test/ballast';
import { until } from '@topicast/test/poll';
import { smallDisk, smallDiskUnavailable } from '@topicast/test/small-disk';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { LogError } from '../chunk-log.js';
import { expectCode, record } from '../testing/support.js';
import { openEmbeddedLog } from './embedded-log.js';

const FILM = streamId('film');
const unavailable = smallDiskUnavailable();
const SETTINGS = { partitions: 1, retentionMs: milliseconds(3_600_000) };
const CHUNK_BYTES = 32_000;

/** A log whose clock advances by a tenth of a second with each chunk. */
async function logOn(directory: string) {
  let now = Date.now();
  const lines: string[] = [];
  const log = await openEmbeddedLog({
    directory,
    logger: pino({}, { write: (line: string) => lines.push((JSON.parse(line) as { msg: string }).msg) }),
    clock: () => milliseconds(now),
  });
  await log.createTopic(FILM, SETTINGS);
  let sequence = 0;
  const append = async (): Promise<number> => {
    now += 100;
    return log.append(FILM, 0, [record(sequence++, { keyframe: true }, CHUNK_BYTES)]);
  };
  return { log, lines, append };
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'ok',
    (error: unknown) => (error instanceof LogError ? error.code : String(error)),
  );

const skipped = unavailable ? ` SKIPPED: ${unavailable}` : '';
describe.skipIf(unavailable)(`the embedded log on a small disk${skipped}`, () => {
  it('shortens the retention before the disk is full, says so in one line, and refuses nothing', async () => {
    using disk = smallDisk(32);
    const { log, lines, append } = await logOn(join(disk.path, 'log'));
    for (let n = 0; n < 1_200; n++) {
      await append();
      // As slow as several streams of 3 MB a second together, because the retention looks once a second.
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const { earliest, next } = await log.bounds(FILM, 0);
    expect(next).toBe(1_200);
    expect(earliest).toBeGreaterThan(300);
    expect(next - earliest, 'most of the disk is used').toBeGreaterThan(400);
    expect(lines).toEqual([expect.stringMatching(/nearly full: .* keeps \d+ s;/)]);
    expect(log.warning).toContain('nearly full');
    await log.close();
  });

  it('takes table writes and deletions when others have filled the disk, also after a restart', async () => {
    using disk = smallDisk(64);
    const directory = join(disk.path, 'log');
    const first = await logOn(directory);
    await first.append();
    const rows = 'x'.repeat(50_000);
    await (await first.log.table(STREAMS_TABLE)).put('old', rows);
    fillDisk(join(disk.path, 'ballast'));
    const use = async ({ log }: Awaited<ReturnType<typeof logOn>>) => {
      const streams = await log.table(STREAMS_TABLE);
      for (let n = 0; n < 20; n++) await streams.put('film', `${rows}${n}`);
      await streams.delete('film');
      const other = streamId('other');
      await log.createTopic(other, SETTINGS);
      await log.deleteTopic(other);
    };
    await use(first);
    await first.log.close();
    const second = await logOn(directory);
    await use(second);
    await second.log.deleteTopic(FILM);
    expect((await second.log.table(STREAMS_TABLE)).get('old')).toBe(rows);
    expect(await second.log.topics()).toEqual([]);
    await second.log.close();
  });

  it('goes on with live chunks on a full disk by forgetting old ones; with none to forget it is not ready until there is room', async () => {
    using disk = smallDisk(64);
    const { log, append } = await logOn(join(disk.path, 'log'));
    await append();
    fillDisk(join(disk.path, 'ballast'));
    // Nothing is old enough to be removed.
    await until('an append is refused', async () => (await codeOf(append())) === 'full');
    await expectCode('full', log.ping());
    rmSync(join(disk.path, 'ballast'));
    await until('the log is ready', async () => (await codeOf(log.ping())) === 'ok');
    for (let n = 0; n < 600; n++) await append();
    await log.ping();

    fillDisk(join(disk.path, 'ballast'));
    const { next } = await log.bounds(FILM, 0);
    let taken = 0;
    await until(
      'five times what the file holds has been taken',
      async () => {
        if ((await codeOf(append())) === 'ok') taken++;
        return taken > 3_000;
      },
      { everyMs: 1 },
    );
    expect((await log.bounds(FILM, 0)).next).toBe(next + taken);
    expect(log.warning).toContain('nearly full');
    await log.ping();
    rmSync(join(disk.path, 'ballast'));
    await until('all is well', () => log.warning === undefined);
    expect(statSync(join(disk.path, 'log/reserve')).size).toBeGreaterThanOrEqual(4 * 1024 * 1024);
    await log.close();
    expect(existsSync(join(disk.path, 'log/open-since-boot'))).toBe(false);
  });
});
