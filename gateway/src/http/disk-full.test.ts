import { rmSync } from 'node:fs';
import path from 'node:path';
import { openEmbeddedLog } from '@topicast/log/embedded';
import { fillDisk } from '@topicast/test/ballast';
import { until } from '@topicast/test/poll';
import { smallDisk, smallDiskUnavailable } from '@topicast/test/small-disk';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { readGatewayConfig } from '../config.js';
import { startGateway } from '../gateway.js';
import { recordOf } from '../testing/chunks.js';
import { DEMO, OPERATOR_TOKEN } from '../testing/gateway-under-test.js';

const unavailable = smallDiskUnavailable();

describe.skipIf(unavailable)(`a full disk${unavailable ? ` SKIPPED: ${unavailable}` : ''}`, () => {
  it('lets the operator stop and delete streams, and is told on /readyz', async () => {
    using disk = smallDisk(16);
    const log = await openEmbeddedLog({ directory: path.join(disk.path, 'log') });
    const config = readGatewayConfig({ TOPICAST_GATEWAY_PORT: '0', TOPICAST_DATA_DIR: disk.path });
    const logger = pino({ enabled: false });
    const gateway = await startGateway({ log, config, logger, operatorToken: OPERATOR_TOKEN });
    const ask = async (method: string, route: string, body?: unknown) => {
      const answer = await fetch(`http://127.0.0.1:${gateway.port}${route}`, {
        method,
        headers: {
          authorization: `Bearer ${OPERATOR_TOKEN}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return { status: answer.status, text: await answer.text() };
    };
    expect((await ask('POST', '/api/streams', { id: DEMO, source: { kind: 'test' } })).status).toBe(201);
    await log.createTopic(DEMO, { partitions: 1, retentionMs: 3_600_000 as never });
    expect(await ask('GET', '/readyz')).toEqual({ status: 200, text: '{"status":"ready"}' });
    fillDisk(path.join(disk.path, 'ballast'));
    await until('an append is refused', async () => {
      const refused = log.append(DEMO, 0, [recordOf(0, { packets: 300 })]);
      return (await refused.catch((error) => error.code)) === 'full';
    });
    const readiness = await ask('GET', '/readyz');
    expect(readiness.status).toBe(503);
    expect(readiness.text).toContain('no room left');
    expect((await ask('POST', `/api/streams/${DEMO}/stop`)).status).toBeLessThan(300);
    expect((await ask('DELETE', `/api/streams/${DEMO}`)).status).toBeLessThan(300);
    expect((await ask('GET', `/api/streams/${DEMO}`)).status).toBe(404);
    rmSync(path.join(disk.path, 'ballast'));
    await until('it is ready', async () => (await ask('GET', '/readyz')).status === 200);
    await gateway.close();
    await log.close();
  });
});
