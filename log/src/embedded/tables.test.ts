import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { STATUS_TABLE, STREAMS_TABLE } from '@topicast/contracts/tables';
import { type TemporaryFolder, temporaryFolder } from '@topicast/test/temporary';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ChunkLog } from '../chunk-log.js';
import { expectCode } from '../testing/support.js';
import { describeTables } from '../testing/table-contract.js';
import { openEmbeddedLog } from './embedded-log.js';

let folder: TemporaryFolder;
let log: ChunkLog;
beforeEach(async () => {
  folder = temporaryFolder();
  log = await openEmbeddedLog({ directory: folder.path });
});
afterEach(async () => {
  await log.close();
  folder[Symbol.dispose]();
});

describe('the status table of the embedded log', () => {
  describeTables(
    () => log,
    () => STATUS_TABLE,
  );

  it('takes heartbeats even if the disk is full, and begins empty', async () => {
    // A folder in place of a file's draft, which stops even root.
    for (const name of [STATUS_TABLE, STREAMS_TABLE])
      await mkdir(join(folder.path, `tables/${name}.json.draft`));
    const status = await log.table(STATUS_TABLE);
    const streams = await log.table(STREAMS_TABLE);
    await expectCode('unavailable', streams.put('film', '{}'));
    await status.put('producer/here', '{}');
    expect(status.get('producer/here')).toBe('{}');
    await log.close();
    log = await openEmbeddedLog({ directory: folder.path });
    expect([...(await log.table(STATUS_TABLE)).entries()]).toEqual([]);
  });
});

describe.each([STREAMS_TABLE, STATUS_TABLE])('%s', (name) => {
  it('keeps working after a listener has thrown, and passes the error on', async () => {
    const later = vi.spyOn(globalThis, 'queueMicrotask').mockImplementation(() => undefined);
    const table = await log.table(name);
    const heard: string[] = [];
    table.onChange(() => {
      throw new Error('a mistake');
    });
    table.onChange((key) => heard.push(key));
    await table.put('a', '1');
    await table.put('b', '2');
    expect(heard).toEqual(['a', 'b']);
    expect(later.mock.calls).toHaveLength(2);
    expect(later.mock.calls[0]![0]).toThrow('a mistake');
    later.mockRestore();
  });
});
