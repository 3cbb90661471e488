import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@topicast/test/temporary';
import { afterAll } from 'vitest';
import { describeChunkLog } from '../testing/contract.js';
import { openEmbeddedLog } from './embedded-log.js';

const root = temporaryFolder();
afterAll(() => root[Symbol.dispose]());

describeChunkLog('embedded', async () =>
  openEmbeddedLog({ directory: await mkdtemp(join(root.path, 'log-')) }),
);
