import { CloseCode } from '@topicast/contracts/close-codes';
import { formatPosition } from '@topicast/contracts/position';
import type { ServerMessage } from '@topicast/contracts/server-message';
import { until } from '@topicast/test/poll';
import { describe, expect, it, vi } from 'vitest';
import { recordOf } from '../testing/chunks.js';
import { DEMO, GatewayUnderTest } from '../testing/gateway-under-test.js';
import { TestViewer } from '../testing/test-viewer.js';

const GOP = 5;

/** Append the same frames to some renditions, each chunk as large as its rendition is good. */
async function publish(gateway: GatewayUnderTest, renditions: readonly number[], from: number, to: number) {
  for (let sequence = from; sequence < to; sequence += 1) {
    for (const rendition of renditions) {
      const keyframe = sequence % GOP === 0;
      await gateway.log.append(DEMO, rendition, [recordOf(sequence, { keyframe, packets: 5 - rendition })]);
    }
  }
}

/** What a viewer got, in short: `r/offset` for a chunk, the message for what is told. */
const told = ({ received }: TestViewer): string[] =>
  received.flatMap((one) => {
    if ('chunk' in one) return `${one.chunk.rendition}/${one.chunk.offset}`;
    return 'message' in one && one.message.type !== 'state' ? JSON.stringify(one.message) : [];
  });

const rendition = (to: number): string => JSON.stringify({ type: 'rendition', rendition: to });

async function feedsOf(gateway: GatewayUnderTest): Promise<number> {
  const text = await (await fetch(gateway.url('/metrics'))).text();
  return Number(/^topicast_gateway_feeds (\d+)$/m.exec(text)?.[1]);
}

describe('a viewer of a stream with renditions', () => {
  it('begins in the one that it names, and goes to another at its next keyframe', async () => {
    await using gateway = await GatewayUnderTest.start();
    await gateway.addStream(DEMO, {}, 2);
    await publish(gateway, [0, 1], 0, 7);
    using viewer = new TestViewer(gateway.live('demo?rendition=1'));
    await until(() => viewer.chunks.length === 2);
    viewer.send({ type: 'rendition', to: 0 });
    await until(async () => (await feedsOf(gateway)) === 2);
    await publish(gateway, [0, 1], 7, 12);
    await until(() => viewer.chunks.length === 7);
    expect(told(viewer)).toEqual(['1/5', '1/6', '1/7', '1/8', '1/9', rendition(0), '0/10', '0/11']);
  });

  it('hears which rendition is in use where its request changes nothing', async () => {
    await using gateway = await GatewayUnderTest.start();
    await gateway.addStream(DEMO, {}, 2);
    await publish(gateway, [0, 1], 0, 6);
    using viewer = new TestViewer(gateway.live('demo'));
    await until(() => viewer.chunks.length === 1);
    for (const to of [0, 7, 63]) {
      viewer.send({ type: 'rendition', to });
      await until(() => told(viewer).at(-1) === rendition(0));
      viewer.messages.length = 0;
      viewer.received.length = 0;
    }
    // The last request counts.
    viewer.send({ type: 'rendition', to: 1 });
    viewer.send({ type: 'rendition', to: 0 });
    await until(() => viewer.messages.length > 0);
    await publish(gateway, [0, 1], 6, 12);
    await until(() => viewer.chunks.length === 7);
    expect(viewer.chunks.every((chunk) => chunk.rendition === 0)).toBe(true);
    expect(viewer.closed).toBeUndefined();
  });

  it('seeks to a position of another one, and resumes there at another connection', async () => {
    await using gateway = await GatewayUnderTest.start();
    await gateway.addStream(DEMO, {}, 2);
    await publish(gateway, [0, 1], 0, 8);
    using viewer = new TestViewer(gateway.live('demo'));
    await until(() => viewer.chunks.length === 3);
    viewer.send({ type: 'seek', to: '1.1.3.0' });
    await until(() => viewer.chunks.length === 7);
    const jump = JSON.stringify({ type: 'jump', reason: 'seek', skipped: 0 });
    const sought = ['1/4', '1/5', '1/6', '1/7'];
    expect(told(viewer)).toEqual(['0/5', '0/6', '0/7', rendition(1), jump, ...sought]);
    using after = new TestViewer(
      gateway.live(`demo?rendition=0&after=${formatPosition(viewer.lastPosition)}`),
    );
    await after.opened();
    await publish(gateway, [0, 1], 8, 10);
    await until(() => after.chunks.length === 2);
    expect(told(after)).toEqual(['1/8', '1/9']);
  });

  it('continues with the best if the one it resumes in no longer exists', async () => {
    await using gateway = await GatewayUnderTest.start();
    await gateway.addStream(DEMO, {}, 1);
    await publish(gateway, [0], 0, 6);
    using viewer = new TestViewer(gateway.live('demo?after=2.1.5.0'));
    await until(() => viewer.chunks.length === 1);
    const jump = JSON.stringify({ type: 'jump', reason: 'lost', skipped: 0 });
    expect(told(viewer)).toEqual([rendition(0), jump, '0/5']);
  });

  it('is refused if the stream has no such rendition, and nothing is opened for it', async () => {
    await using gateway = await GatewayUnderTest.start({ TOPICAST_MAX_VIEWERS_PER_ADDRESS: '100' });
    await gateway.addStream(DEMO, {}, 2);
    const viewers = Array.from(
      { length: 61 },
      (_, index) => new TestViewer(gateway.live(`demo?rendition=${index + 2}`)),
    );
    await until(() => viewers.every(({ closed }) => closed !== undefined));
    expect(new Set(viewers.map(({ closed }) => closed!.code))).toEqual(new Set([CloseCode.unknownStream]));
    expect(await feedsOf(gateway)).toBe(0);
  });

  it('costs the log next to nothing, however many missing renditions it asks for', async () => {
    await using gateway = await GatewayUnderTest.start({ TOPICAST_MAX_MESSAGES_PER_SECOND: '1000' });
    await gateway.addStream(DEMO, {}, 2);
    await gateway.heartbeat();
    await publish(gateway, [0, 1], 0, 6);
    using viewer = new TestViewer(gateway.live('demo'));
    await until(() => viewer.chunks.length === 1);
    const bounds = vi.spyOn(gateway.log, 'bounds');
    const ask = async (count: number): Promise<number> => {
      bounds.mockClear();
      viewer.received.length = 0;
      for (let n = 0; n < count; n += 1) viewer.send({ type: 'rendition', to: 57 + (n % 4) });
      viewer.send({ type: 'clock', client: count });
      await until(() => viewer.messages.some((each) => each.type === 'clock' && each.client === count));
      await until(() => told(viewer).includes(rendition(0)));
      return bounds.mock.calls.length;
    };
    // Two requests each: does the stream have this rendition, and can its topic be read at all.
    expect(await ask(1_000)).toBeLessThanOrEqual(4 * 2);
    await gateway.setStatus({
      catalog: { session: 1, renditions: [0, 1].map((each) => ({ rendition: each, tracks: [] })) },
    });
    await until(() => viewer.messages.some(({ type }) => type === 'catalog'));
    viewer.send({ type: 'rendition', to: 63 });
    expect(await ask(100)).toBe(0);
    expect(viewer.closed).toBeUndefined();
  });

  it('stays where it is once it was told to move, so that its position is good elsewhere', async () => {
    await using gateway = await GatewayUnderTest.start({ TOPICAST_DRAIN_SECONDS: '60' });
    await gateway.addStream(DEMO, {}, 2);
    await publish(gateway, [0, 1], 0, 7);
    using viewer = new TestViewer(gateway.live('demo'));
    await until(() => viewer.chunks.length === 2);
    viewer.send({ type: 'rendition', to: 1 });
    await until(async () => (await feedsOf(gateway)) === 2);
    const closing = gateway.closeGateway();
    await until(() => viewer.messages.some(({ type }) => type === 'move'));
    viewer.send({ type: 'rendition', to: 1 });
    await until(() => told(viewer).filter((one) => one === rendition(0)).length === 2);
    await publish(gateway, [0, 1], 7, 12);
    await until(() => viewer.chunks.length === 7);
    expect(viewer.chunks.every((chunk) => chunk.rendition === 0)).toBe(true);
    await viewer.close();
    await closing;
  });
});

describe('the catalog', () => {
  const catalogs = ({ messages }: TestViewer) =>
    messages.filter((message): message is ServerMessage & { type: 'catalog' } => message.type === 'catalog');
  const catalog = (session: number, renditions: number) => ({
    session,
    renditions: Array.from({ length: renditions }, (_, number) => ({ rendition: number, tracks: [] })),
  });

  it('is told before the first chunk, and again when it changes, but not to raw viewers', async () => {
    await using gateway = await GatewayUnderTest.start();
    await gateway.addStream(DEMO, {}, 2);
    await gateway.heartbeat();
    await gateway.setStatus({ catalog: catalog(1, 2) });
    await publish(gateway, [0], 0, 1);
    using viewer = new TestViewer(gateway.live('demo'));
    using raw = new TestViewer(gateway.live('demo'), { raw: true });
    await until(() => viewer.chunks.length === 1 && raw.raw.length === 1);
    expect(viewer.received.findIndex((one) => 'chunk' in one)).toBe(2);
    expect(catalogs(viewer)).toEqual([{ type: 'catalog', catalog: catalog(1, 2) }]);
    // What changes besides is nothing to tell.
    await gateway.setStatus({ catalog: catalog(1, 2), restarts: 1 });
    await gateway.setStatus({ catalog: catalog(2, 1) });
    await until(() => catalogs(viewer).length === 2);
    expect(catalogs(viewer).at(-1)!.catalog).toEqual(catalog(2, 1));
    expect(raw.raw.length).toBe(1);
  });
});
