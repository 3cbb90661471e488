import { CloseCode } from '@topicast/contracts/close-codes';
import { until } from '@topicast/test/poll';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GatewayUnderTest } from '../testing/gateway-under-test.js';
import { TestViewer } from '../testing/test-viewer.js';

describe('what viewers say', () => {
  it('is answered where it is a ping', async () => {
    await using gateway = await GatewayUnderTest.start();
    await gateway.addStream();
    using viewer = new TestViewer(gateway.live('demo'));
    await viewer.opened();
    viewer.ping('are you there?');
    await until(() => viewer.pongs.length === 1);
    expect(viewer.pongs).toEqual(['are you there?']);
  });

  it('ends the connection if it is no message of topicast.v1', async () => {
    await using gateway = await GatewayUnderTest.start();
    await gateway.addStream();
    for (const [said, code] of [
      ['{', CloseCode.badMessage],
      ['{"type":"ack","position":"1.2"}', CloseCode.badMessage],
      ['null', CloseCode.badMessage],
      [Buffer.from([1, 2, 3]), CloseCode.badMessage],
      ['x'.repeat(2_000), 1009],
    ] as const) {
      using viewer = new TestViewer(gateway.live('demo'));
      await until(() => viewer.messages.length === 1);
      viewer.send(said);
      await until(() => viewer.closed !== undefined);
      expect(viewer.closed!.code).toBe(code);
    }
  });

  it('may not be too much', async () => {
    await using gateway = await GatewayUnderTest.start({ TOPICAST_MAX_MESSAGES_PER_SECOND: '5' });
    await gateway.addStream();
    using viewer = new TestViewer(gateway.live('demo'));
    await viewer.opened();
    for (let count = 0; count < 40; count += 1) viewer.send({ type: 'clock', client: count });
    await until(() => viewer.closed !== undefined);
    expect(viewer.closed!.code).toBe(CloseCode.tooMany);
  });

  it('never does harm to anybody else, whatever it is', async () => {
    await using gateway = await GatewayUnderTest.start();
    await gateway.addStream();
    await gateway.publish(1);
    using other = new TestViewer(gateway.live('demo'));
    await until(() => other.chunks.length === 1);
    const position = fc.tuple(fc.nat(3), fc.nat(50), fc.nat(2)).map((numbers) => numbers.join('.'));
    const valid = fc.oneof(
      fc.record({ type: fc.constant('ack' as const), position }),
      fc.record({
        type: fc.constant('clock' as const),
        client: fc.double({ noNaN: true, noDefaultInfinity: true }),
      }),
      fc.record({ type: fc.constant('seek' as const), to: fc.oneof(position, fc.constant('live' as const)) }),
      fc.record({ type: fc.constant('rendition' as const), to: fc.nat(80) }),
    );
    const said = fc.oneof(
      { weight: 5, arbitrary: valid.map((message) => JSON.stringify(message)) },
      { weight: 1, arbitrary: fc.json({ maxDepth: 2 }) },
      { weight: 1, arbitrary: fc.string({ maxLength: 60 }) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)) },
    );
    let published = 1;
    await fc.assert(
      fc.asyncProperty(fc.array(said, { maxLength: 15 }), async (words) => {
        using viewer = new TestViewer(gateway.live('demo'), { acknowledges: false });
        await viewer.opened();
        for (const word of words) viewer.send(word);
        await gateway.publish(1);
        published += 1;
        await until(() => other.chunks.length === published);
        expect([undefined, CloseCode.badMessage, 1009]).toContain(viewer.closed?.code);
      }),
      { numRuns: Number(process.env.TOPICAST_FUZZ_RUNS ?? 150) },
    );
    expect(other.offsets).toEqual(Array.from({ length: published }, (_, offset) => offset));
    expect(other.closed).toBeUndefined();
  });
});
