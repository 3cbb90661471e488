import { milliseconds } from '@topicast/contracts/units';
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { ChunkLog } from '../chunk-log.js';
import { describeAppend } from './append-contract.js';
import { describeEvents } from './event-contract.js';
import { describeShares } from './share-contract.js';
import { expectCode, newStream, record, SETTINGS, take } from './support.js';
import { describeTables } from './table-contract.js';
import { describeTails } from './tail-contract.js';
import { describeTopics } from './topic-contract.js';

/** What every implementation of `ChunkLog` must do. `open` creates a log that nobody else has open. */
export function describeChunkLog(name: string, open: () => Promise<ChunkLog>): void {
  describe(`${name}: the contract of ChunkLog`, () => {
    let log: ChunkLog;
    beforeAll(async () => {
      log = await open();
    });
    afterAll(async () => {
      await log?.close();
    });

    describeAppend(() => log);
    describeTails(() => log);
    describeTopics(() => log);
    describeTables(() => log);
    describeEvents(() => log);
    describeShares(() => log);

    it('answers a ping, and says that it is closed when it is', async () => {
      const other = await open();
      await other.ping();
      const stream = newStream();
      await other.createTopic(stream, SETTINGS);
      const table = await other.table(`contract-${stream}`);
      const events = await other.eventTopic(`contract-${stream}`, { retentionMs: SETTINGS.retentionMs });
      const reading = take(other, stream, { at: 'live' }, 1);
      const ended = expectCode('closed', reading);
      await new Promise((resolve) => setTimeout(resolve, 100));
      await Promise.all([other.close(), other.close()]);
      await ended;
      await expectCode('closed', other.ping());
      await expectCode('closed', other.append(stream, 0, [record(0)]));
      await expectCode('closed', take(other, stream, { at: 'live' }, 1));
      await expectCode('closed', other.table('another'));
      const sharing = { member: 'late', sessionTimeout: milliseconds(6_000) };
      await expectCode('closed', other.share('any', `contract-${stream}`, sharing));
      await expectCode('closed', other.eventTopic('another', { retentionMs: SETTINGS.retentionMs }));
      await expectCode('closed', events.append([{ key: undefined, json: '{}' }]));
      await expectCode('closed', table.put('a', '1'));
    });
  });
}
