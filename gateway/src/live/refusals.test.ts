import { CloseCode } from '@topicast/contracts/close-codes';
import { STATUS_TABLE, STREAMS_TABLE, streamStatusKey } from '@topicast/contracts/tables';
import { LogError } from '@topicast/log';
import { until } from '@topicast/test/poll';
import { describe, expect, it, vi } from 'vitest';
import { DEMO, GatewayUnderTest, OPERATOR_TOKEN } from '../testing/gateway-under-test.js';
import { TestViewer } from '../testing/test-viewer.js';

describe('a viewer that cannot be served', () => {
  it('is told so by the close code', async () => {
    await using gateway = await GatewayUnderTest.start({ TOPICAST_MAX_VIEWERS_PER_ADDRESS: '1' });
    await gateway.addStream();
    const codeOf = async (path: string): Promise<number> => {
      using viewer = new TestViewer(gateway.live(path));
      await until(() => viewer.closed !== undefined);
      return viewer.closed!.code;
    };
    expect(await codeOf('nobody')).toBe(CloseCode.unknownStream);
    expect(await codeOf('demo?rendition=x')).toBe(CloseCode.badMessage);
    expect(await codeOf('demo?after=nonsense')).toBe(CloseCode.badMessage);
    expect(await codeOf('demo?rendition=7')).toBe(CloseCode.unknownStream);
    using first = new TestViewer(gateway.live('demo'));
    await until(() => first.messages.length === 1);
    expect(await codeOf('demo')).toBe(CloseCode.tooMany);
  });

  it('is refused before the upgrade only for what our viewers never do', async () => {
    await using gateway = await GatewayUnderTest.start();
    await gateway.addStream();
    const statusOf = async (url: string, headers = {}): Promise<number | undefined> => {
      using viewer = new TestViewer(url, { headers });
      await until(() => viewer.refused !== undefined);
      return viewer.refused;
    };
    expect(await statusOf(gateway.live('Not_An_Id'))).toBe(400);
    expect(await statusOf(gateway.live('demo/x'))).toBe(404);
    expect(await statusOf(gateway.live('demo'), { host: 'evil.example' })).toBe(421);
  });

  it('stays when the rows of the stream become unreadable, as in an update of one gateway after the other', async () => {
    await using gateway = await GatewayUnderTest.start();
    await gateway.addStream();
    await gateway.heartbeat();
    await gateway.setStatus({ state: 'live' });
    using viewer = new TestViewer(gateway.live('demo'));
    await until(() => viewer.messages.length === 1);
    const source = { kind: 'of a newer version' };
    await (await gateway.log.table(STREAMS_TABLE)).put(DEMO, JSON.stringify({ id: DEMO, source }));
    await (await gateway.log.table(STATUS_TABLE)).put(streamStatusKey(DEMO), '{');
    const complaints = () => gateway.logLines.filter((line) => line.includes('cannot be read'));
    await until(() => complaints().length === 2);
    await gateway.publish(1);
    await until(() => viewer.chunks.length === 1);
    expect(viewer.messages).toEqual([{ type: 'state', state: 'live' }]);
    expect((await fetch(gateway.url('/api/streams/demo'))).status).toBe(200);
    expect(viewer.closed).toBeUndefined();
  });

  it('is closed when the stream is deleted', async () => {
    await using gateway = await GatewayUnderTest.start();
    await gateway.addStream();
    using viewer = new TestViewer(gateway.live('demo'));
    await until(() => viewer.messages.length === 1);
    const headers = { authorization: `Bearer ${OPERATOR_TOKEN}` };
    expect((await fetch(gateway.url('/api/streams/demo'), { method: 'DELETE', headers })).status).toBe(204);
    await until(() => viewer.closed !== undefined);
    expect(viewer.closed!.code).toBe(CloseCode.streamDeleted);
  });
});

it('distinguishes a missing rendition from a topic that cannot be read, and logs the latter', async () => {
  await using gateway = await GatewayUnderTest.start();
  await gateway.addStream();
  const codeOf = async (path: string): Promise<number> => {
    using viewer = new TestViewer(gateway.live(path));
    await until(() => viewer.closed !== undefined);
    return viewer.closed!.code;
  };
  expect(await codeOf('demo?rendition=1')).toBe(CloseCode.unknownStream);
  expect(gateway.logLines.join('')).not.toContain('reading the stream failed');
  vi.spyOn(gateway.log, 'tail').mockImplementation(() => {
    throw new LogError('invalid', 'the topic holds a record batch that cannot be read');
  });
  expect(await codeOf('demo')).toBe(CloseCode.logUnavailable);
  expect(await codeOf('demo')).toBe(CloseCode.logUnavailable);
  expect(gateway.logLines.filter((line) => line.includes('a record batch that cannot be read'))).toHaveLength(
    1,
  );
});
