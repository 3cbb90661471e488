import { temporaryFolder } from '@topicast/test/temporary';
import { pino } from 'pino';
import { afterAll, beforeAll, describe } from 'vitest';
import { openEmbeddedLog } from '../embedded/index.js';
import { describeAppend } from '../testing/append-contract.js';
import { describeEvents } from '../testing/event-contract.js';
import { describeTables } from '../testing/table-contract.js';
import { describeTails } from '../testing/tail-contract.js';
import { describeTopics } from '../testing/topic-contract.js';
import { LogServer } from './log-server.js';
import { RemoteLog } from './remote-log.js';

// A log seen from a worker must do everything that the log itself does.
describe('the log of another process: the contract of ServedLog', () => {
  let remote: RemoteLog;
  let close: () => Promise<void>;

  beforeAll(async () => {
    const folder = temporaryFolder();
    const log = await openEmbeddedLog({ directory: folder.path });
    const server = await LogServer.start(log, pino({ enabled: false }));
    remote = await RemoteLog.connect(server.address);
    close = async () => {
      await remote.close();
      await server.close();
      await log.close();
      folder[Symbol.dispose]();
    };
  });
  afterAll(() => close());

  describeAppend(() => remote);
  describeTails(() => remote);
  describeTopics(() => remote);
  describeTables(() => remote);
  describeEvents(() => remote);
});
