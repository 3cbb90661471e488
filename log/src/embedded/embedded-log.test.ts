import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { describeChunkLog } from '../testing/contract.js';
import { openEmbeddedLog } from './embedded-log.js';

const root = await mkdtemp(join(tmpdir(), 'topicast-log-'));
afterAll(() => rm(root, { recursive: true, force: true }));

describeChunkLog('embedded', async () => openEmbeddedLog({ directory: await mkdtemp(join(root, 'log-')) }));
