import { CloseCode } from '@topicast/contracts/close-codes';
import { formatPosition } from '@topicast/contracts/position';
import type { ServerMessage } from '@topicast/contracts/server-message';
import { streamId } from '@topicast/contracts/stream-id';
import { until } from '@topicast/test/poll';
import { describe, expect, it } from 'vitest';
import { dataOf, recordOf } from '../testing/chunks.js';
import { DEMO, GatewayUnderTest, longSilent } from '../testing/gateway-under-test.js';
import { TestViewer } from '../testing/test-viewer.js';

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

describe('a viewer of topicast.v1', () => {
  it('hears the state, gets the GOP so far, then each chunk', async () => {
    await using gateway = await GatewayUnderTest.start();
    await gateway.addStream();
    await gateway.heartbeat();
    await gateway.setStatus({ state: 'live' });
    await gateway.publish(25);
    using viewer = new TestViewer(gateway.live('demo'));
    await until(() => viewer.chunks.length === 5);
    expect(viewer.received[0]).toEqual({ message: { type: 'state', state: 'live' } });
    expect(viewer.chunks[0]!.header).toMatchObject({ keyframe: true, sequence: 20, session: 1 });
    expect(Buffer.from(viewer.chunks[0]!.data).equals(dataOf(20))).toBe(true);
    await gateway.publish(10);
    await until(() => viewer.chunks.length === 15);
    expect(viewer.offsets).toEqual(range(20, 35));
    expect(viewer.messages).toHaveLength(1);
  });

  it('resumes with exactly the next chunk, also after a restart of the gateway', async () => {
    await using gateway = await GatewayUnderTest.start();
    await gateway.addStream();
    await gateway.publish(25);
    using before = new TestViewer(gateway.live('demo'));
    await until(() => before.chunks.length === 5);
    await gateway.restartGateway();
    await until(() => before.closed !== undefined);
    expect(before.closed!.code).toBe(CloseCode.goingAway);
    await gateway.publish(12);
    using after = new TestViewer(gateway.live(`demo?after=${formatPosition(before.lastPosition)}`));
    await until(() => after.chunks.length === 12);
    expect(after.offsets).toEqual(range(25, 37));
    expect(after.messages.filter(({ type }) => type === 'jump')).toEqual([]);
  });

  it('is told of a new session, and of chunks that are missing', async () => {
    await using gateway = await GatewayUnderTest.start();
    await gateway.addStream();
    await gateway.publish(5);
    using viewer = new TestViewer(gateway.live('demo'));
    await until(() => viewer.chunks.length === 5);
    gateway.startSession();
    await gateway.publish(3, { session: 2 });
    await until(() => viewer.chunks.length === 8);
    expect(viewer.messages.at(-1)).toEqual({ type: 'jump', reason: 'session', skipped: 0 });
    // Nobody needs what the old encoder still writes.
    await gateway.publish(1, { session: 1, keyframe: true });
    await gateway.publish(6, { session: 2, gop: 10 });
    await gateway.publish(1, { session: 2, keyframe: true });
    await until(() => viewer.chunks.length === 9);
    expect(viewer.chunks.at(-1)!.header).toMatchObject({ session: 2, sequence: 10, keyframe: true });
    expect(viewer.messages.at(-1)).toEqual({ type: 'jump', reason: 'lost', skipped: 7 });
  });

  it('keeps its socket while the stream is offline, and hears when it comes', async () => {
    await using gateway = await GatewayUnderTest.start();
    await gateway.addStream();
    using viewer = new TestViewer(gateway.live('demo'));
    await until(() => viewer.messages.length === 1);
    expect(viewer.messages).toEqual([{ type: 'state', state: 'offline' }]);
    await gateway.heartbeat();
    await gateway.setStatus({ state: 'starting' });
    await gateway.setStatus({ state: 'live' });
    await gateway.publish(1);
    await until(() => viewer.chunks.length === 1);
    const states = viewer.messages.map((message) => message.type === 'state' && message.state);
    expect(states).toEqual(['offline', 'starting', 'live']);
  });

  it('is told that the stream is offline when its producer falls silent', async () => {
    await using gateway = await GatewayUnderTest.start();
    await gateway.addStream();
    await gateway.setStatus({ state: 'live' });
    await gateway.heartbeat();
    using viewer = new TestViewer(gateway.live('demo'));
    await until(() => viewer.messages.length === 1);
    expect(viewer.messages[0]).toEqual({ type: 'state', state: 'live' });
    await until(() => viewer.messages.length === 2);
    expect(viewer.messages[1]).toEqual({ type: 'state', state: 'offline' });
  });

  it('trusts no heartbeat that was old when the gateway started', async () => {
    await using gateway = await GatewayUnderTest.start();
    await gateway.addStream();
    await gateway.setStatus({ state: 'live' });
    await gateway.heartbeat(longSilent);
    await gateway.restartGateway();
    using viewer = new TestViewer(gateway.live('demo'));
    await until(() => viewer.messages.length === 1);
    expect(viewer.messages[0]).toEqual({ type: 'state', state: 'offline' });
  });

  it('gets its clock back with ours, and goes where it asks to', async () => {
    await using gateway = await GatewayUnderTest.start();
    await gateway.addStream();
    await gateway.publish(25);
    using viewer = new TestViewer(gateway.live('demo'));
    await until(() => viewer.chunks.length === 5);
    viewer.send({ type: 'clock', client: 12.5 });
    await until(() => viewer.messages.some(({ type }) => type === 'clock'));
    expect(viewer.messages.at(-1)).toEqual({ type: 'clock', client: 12.5, gateway: expect.any(Number) });
    viewer.send({ type: 'seek', to: '0.1.9.0' });
    await until(() => viewer.chunks.length === 20);
    expect(viewer.messages.at(-1)).toEqual({ type: 'jump', reason: 'seek', skipped: 0 });
    expect(viewer.offsets.slice(5)).toEqual(range(10, 25));
    viewer.send({ type: 'seek', to: 'live' });
    await until(() => viewer.chunks.length === 25);
    expect(viewer.offsets.slice(20)).toEqual(range(20, 25));
  });

  it('hears with the clock how long live pictures take to here', async () => {
    await using gateway = await GatewayUnderTest.start();
    await gateway.addStream();
    await gateway.publish(5);
    using viewer = new TestViewer(gateway.live('demo'));
    await until(() => viewer.chunks.length === 5);
    const { log } = gateway;
    const late = recordOf(5, { startedAt: Date.now() - 5 * 40 - 300 });
    await log.append(DEMO, 0, [late]);
    await until(() => viewer.chunks.length === 6);
    viewer.send({ type: 'clock', client: 1 });
    await until(() => viewer.messages.at(-1)?.type === 'clock');
    const { delays } = viewer.messages.at(-1) as Extract<ServerMessage, { type: 'clock' }>;
    expect(delays?.encoder).toBeGreaterThanOrEqual(300);
    expect(delays?.log).toBeGreaterThanOrEqual(0);
  });
});

describe('a raw viewer', () => {
  it('gets MPEG-TS and nothing else, and is asked for its position by pings', async () => {
    await using gateway = await GatewayUnderTest.start();
    await gateway.addStream();
    await gateway.publish(12);
    using viewer = new TestViewer(gateway.live('demo'), { raw: true });
    await until(() => viewer.raw.length === 2);
    expect(viewer.protocol).toBe('');
    await gateway.publish(50);
    await until(() => viewer.raw.length === 52);
    expect(Buffer.concat(viewer.raw).equals(Buffer.concat(range(10, 62).map((n) => dataOf(n))))).toBe(true);
    // At most one per write, and the number of chunks per write depends on the machine.
    expect(viewer.pings.length).toBeGreaterThanOrEqual(1);
    expect(viewer.pings.every((payload) => /^0\.1\.\d+\.0$/.test(payload))).toBe(true);
  });
});

describe('a viewer that stalls', () => {
  it.each([true, false])('has nothing queued for it and disturbs nobody (raw: %s)', async (raw) => {
    await using gateway = await GatewayUnderTest.start();
    await gateway.addStream();
    await gateway.publish(1);
    using stalled = new TestViewer(gateway.live('demo'), { raw });
    using other = new TestViewer(gateway.live('demo'));
    await until(() => stalled.received.length > 0 && other.chunks.length === 1);
    stalled.pause();
    const metric = async (name: string): Promise<number> => {
      const text = await (await fetch(gateway.url('/metrics'))).text();
      const line = text.split('\n').find((candidate) => candidate.startsWith(name));
      return Number(line?.split(' ').at(-1));
    };
    const protocol = raw ? 'raw' : 'v1';
    const sentBefore = await metric(`topicast_gateway_sent_chunks_total{protocol="${protocol}"}`);
    // Four seconds of media in about as much time, so that lag shows.
    const pace = 40;
    for (let second = 0; second < 4; second += 1) {
      for (let frame = 0; frame < 25; frame += 1) {
        await gateway.publish(1, { packets: 60, gop: 25 });
        await new Promise((resolve) => setTimeout(resolve, pace));
      }
    }
    await until(() => other.chunks.length === 101);
    expect(other.offsets).toEqual(range(0, 101));
    const sent = (await metric(`topicast_gateway_sent_chunks_total{protocol="${protocol}"}`)) - sentBefore;
    const toTheStalled = raw ? sent : sent - 100;
    // The gateway asks once a second and gives the viewer a second to answer; it never handed later chunks to the
    // kernel.
    expect(toTheStalled).toBeLessThan(60);
    stalled.resume();
    if (!raw) stalled.acknowledge();
    await gateway.publish(1, { packets: 60, gop: 25 });
    await until(async () => (await metric('topicast_gateway_jumps_total{reason="lag"}')) === 1);
    if (!raw) await until(() => stalled.messages.some((m) => m.type === 'jump' && m.reason === 'lag'));
  });
});

it('does not mix up streams', async () => {
  await using gateway = await GatewayUnderTest.start();
  await gateway.addStream();
  await gateway.addStream(streamId('other'));
  using viewer = new TestViewer(gateway.live('other'));
  await gateway.publish(1);
  await until(() => viewer.messages.length === 1);
  using demo = new TestViewer(gateway.live(DEMO));
  await until(() => demo.chunks.length === 1);
  expect(viewer.chunks).toEqual([]);
});
