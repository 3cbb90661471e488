import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '@topicast/test/poll';
import { describe, expect, it } from 'vitest';
import { dataOf } from '../testing/chunks.js';
import { GatewayUnderTest } from '../testing/gateway-under-test.js';
import { TestViewer } from '../testing/test-viewer.js';

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

async function metric(gateway: GatewayUnderTest, name: string): Promise<number> {
  const text = await (await fetch(gateway.url('/metrics'))).text();
  const line = text.split('\n').find((candidate) => candidate.startsWith(`topicast_gateway_${name} `));
  return Number(line?.split(' ').at(-1));
}

/** Appends chunks about as quickly as an encoder makes them. */
async function publishSlowly(gateway: GatewayUnderTest, chunks: number, packets = 3): Promise<void> {
  for (let count = 0; count < chunks; count += 1) {
    await gateway.publish(1, { gop: 25, packets });
    await sleep(20);
  }
}

describe('a viewer that asks for economy', () => {
  it('gets the GOP so far at once, and then all chunks in order, some at a time', async () => {
    await using gateway = await GatewayUnderTest.start();
    await gateway.addStream();
    await gateway.publish(30, { gop: 25 });
    using thrifty = new TestViewer(gateway.live('demo?economy=1'));
    using prompt = new TestViewer(gateway.live('demo'), { raw: true });
    await until(() => thrifty.chunks.length === 5 && prompt.raw.length === 5);
    const before = await metric(gateway, 'writes_total{protocol="v1"}');
    await publishSlowly(gateway, 60);
    await until(() => thrifty.chunks.length === 65 && prompt.raw.length === 65);
    expect(thrifty.offsets).toEqual(range(25, 90));
    expect(thrifty.chunks.every(({ data }, index) => Buffer.from(data).equals(dataOf(25 + index)))).toBe(
      true,
    );
    expect(thrifty.messages.filter(({ type }) => type === 'jump')).toEqual([]);
    expect((await metric(gateway, 'writes_total{protocol="v1"}')) - before).toBeLessThan(30);
  });

  it('gets the same bytes raw, and is asked how far it is', async () => {
    await using gateway = await GatewayUnderTest.start();
    await gateway.addStream();
    await gateway.publish(1);
    using viewer = new TestViewer(gateway.live('demo?economy=1'), { raw: true });
    await until(() => viewer.raw.length === 1);
    await publishSlowly(gateway, 75);
    await until(() => viewer.raw.length === 76);
    expect(Buffer.concat(viewer.raw).equals(Buffer.concat(range(0, 76).map((n) => dataOf(n))))).toBe(true);
    expect(viewer.pings.length).toBeGreaterThanOrEqual(3);
  });

  it('has its clock answered between two rounds, and without chunks', async () => {
    await using gateway = await GatewayUnderTest.start();
    await gateway.addStream();
    await gateway.publish(1);
    using viewer = new TestViewer(gateway.live('demo?economy=1'));
    await until(() => viewer.chunks.length === 1);
    // A round has just begun with the first of these; the others wait for the next.
    await gateway.publish(3);
    viewer.send({ type: 'clock', client: 1 });
    await until(() => viewer.messages.some(({ type }) => type === 'clock') && viewer.chunks.length === 4);
    const kinds = viewer.received.map((one) => ('message' in one ? one.message.type : 'chunk'));
    expect(kinds.indexOf('clock')).toBeLessThan(kinds.lastIndexOf('chunk'));
  });

  it('goes at once where it asks to, and resumes with exactly the next chunk', async () => {
    await using gateway = await GatewayUnderTest.start();
    await gateway.addStream();
    await gateway.publish(40, { gop: 25 });
    using before = new TestViewer(gateway.live('demo?economy=1'));
    await until(() => before.chunks.length === 15);
    before.send({ type: 'seek', to: '0.1.9.0' });
    await until(() => before.chunks.length === 45);
    expect(before.offsets.slice(15)).toEqual(range(10, 40));
    await gateway.publish(7, { gop: 25 });
    using after = new TestViewer(gateway.live('demo?economy=1&after=0.1.39.0'));
    await until(() => after.chunks.length === 7);
    expect(after.offsets).toEqual(range(40, 47));
  });

  it('has nothing queued for it when it stalls, and goes on at the newest keyframe', async () => {
    await using gateway = await GatewayUnderTest.start();
    await gateway.addStream();
    await gateway.publish(1);
    using stalled = new TestViewer(gateway.live('demo?economy=1'), { raw: true });
    using other = new TestViewer(gateway.live('demo?economy=1'));
    await until(() => stalled.raw.length === 1 && other.chunks.length === 1);
    stalled.pause();
    for (let second = 0; second < 4; second += 1) {
      for (let frame = 0; frame < 25; frame += 1) {
        await gateway.publish(1, { packets: 60, gop: 25 });
        await sleep(40);
      }
    }
    await until(() => other.chunks.length === 101);
    expect(other.offsets).toEqual(range(0, 101));
    // At most a second until it is asked, a second without an answer, and one round: 59 chunks, and late timers.
    expect(await metric(gateway, 'sent_chunks_total{protocol="raw"}')).toBeLessThan(65);
    stalled.resume();
    await gateway.publish(1, { packets: 60, gop: 25 });
    await until(async () => (await metric(gateway, 'jumps_total{reason="lag"}')) === 1);
  });
});

describe('the operator', () => {
  const writesOf = async (setting: string, path: string): Promise<number> => {
    await using gateway = await GatewayUnderTest.start({ TOPICAST_ECONOMY: setting });
    await gateway.addStream();
    await gateway.publish(1);
    using viewer = new TestViewer(gateway.live(path));
    await until(() => viewer.chunks.length === 1);
    await publishSlowly(gateway, 50);
    await until(() => viewer.chunks.length === 51);
    return metric(gateway, 'writes_total{protocol="v1"}');
  };

  it('can choose economy for all, or allow it to nobody', async () => {
    expect(await writesOf('all', 'demo')).toBeLessThan(25);
    expect(await writesOf('off', 'demo?economy=1')).toBeGreaterThan(40);
  });
});
