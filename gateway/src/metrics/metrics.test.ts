import { streamId } from '@topicast/contracts/stream-id';
import { until } from '@topicast/test/poll';
import { expect, it } from 'vitest';
import { DEMO, GatewayUnderTest } from '../testing/gateway-under-test.js';
import { TestViewer } from '../testing/test-viewer.js';

const STOPPED = streamId('stopped');

it('counts viewers of started streams apart from those of stopped ones', async () => {
  await using gateway = await GatewayUnderTest.start();
  await gateway.addStream(DEMO);
  await gateway.addStream(STOPPED, { enabled: false });
  using first = new TestViewer(gateway.live(DEMO));
  using second = new TestViewer(gateway.live(STOPPED));
  await until(() => first.messages.length === 1 && second.messages.length === 1);
  const text = await (await fetch(gateway.url('/metrics'))).text();
  expect(text).toContain('topicast_gateway_viewers{protocol="v1"} 2\n');
  expect(text).toContain('topicast_gateway_viewers_of_started_streams 1\n');
});

it('has all close codes from the beginning, so that their first step shows in a rate', async () => {
  await using gateway = await GatewayUnderTest.start();
  const text = await (await fetch(gateway.url('/metrics'))).text();
  expect(text).toContain('topicast_gateway_closes_total{code="4503"} 0\n');
});
