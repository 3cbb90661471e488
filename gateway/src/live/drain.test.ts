import { CloseCode } from '@topicast/contracts/close-codes';
import { formatPosition } from '@topicast/contracts/position';
import { until } from '@topicast/test/poll';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { readGatewayConfig } from '../config.js';
import { startGateway } from '../gateway.js';
import { GatewayUnderTest, OPERATOR_TOKEN } from '../testing/gateway-under-test.js';
import { TestViewer } from '../testing/test-viewer.js';

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
const moves = (viewer: TestViewer): number => viewer.messages.filter(({ type }) => type === 'move').length;

it('a gateway that is going down tells its viewers to move, serves them until then, and accepts no new ones', async () => {
  await using gateway = await GatewayUnderTest.start({ TOPICAST_DRAIN_SECONDS: '60' });
  await gateway.addStream();
  await gateway.publish(12);
  using viewer = new TestViewer(gateway.live('demo'));
  using raw = new TestViewer(gateway.live('demo'), { raw: true });
  await until(() => viewer.chunks.length === 2 && raw.raw.length > 0);
  expect((await fetch(gateway.url('/readyz'))).status).toBe(200);

  const closing = gateway.closeGateway();
  await until(() => moves(viewer) === 1);
  expect((await fetch(gateway.url('/readyz'))).status).toBe(503);
  using late = new TestViewer(gateway.live('demo'));
  await until(() => late.refused !== undefined);
  expect(late.refused).toBe(503);
  await gateway.publish(8);
  await until(() => viewer.chunks.length === 10);
  expect(raw.closed).toBeUndefined();

  const config = readGatewayConfig({ TOPICAST_GATEWAY_PORT: '0', TOPICAST_DATA_DIR: gateway.folder.path });
  const logger = pino({ enabled: false });
  const other = await startGateway({ log: gateway.log, config, logger, operatorToken: OPERATOR_TOKEN });
  const after = formatPosition(viewer.lastPosition);
  using moved = new TestViewer(`ws://127.0.0.1:${other.port}/live/demo?after=${after}`);
  await gateway.publish(5);
  await until(() => moved.chunks.length === 5);
  expect(moved.offsets).toEqual(range(20, 25));

  await viewer.close();
  await closing;
  await until(() => raw.closed !== undefined);
  expect(raw.closed!.code).toBe(CloseCode.goingAway);
  await moved.close();
  await other.close();
});

it('a viewer that does not move is closed when the time is over; without viewers there is no wait', async () => {
  await using gateway = await GatewayUnderTest.start({ TOPICAST_DRAIN_SECONDS: '1' });
  await gateway.addStream();
  const viewers = Array.from({ length: 40 }, () => new TestViewer(gateway.live('demo')));
  await until(() => viewers.every(({ messages }) => messages.length === 1));
  await gateway.closeGateway();
  await until(() => viewers.every(({ closed }) => closed !== undefined));
  for (const viewer of viewers) {
    expect(moves(viewer)).toBe(1);
    expect(viewer.closed!.code).toBe(CloseCode.goingAway);
  }
  await using idle = await GatewayUnderTest.start({ TOPICAST_DRAIN_SECONDS: '3600' });
  await idle.closeGateway();
});
