import { setTimeout as sleep } from 'node:timers/promises';
import type { ChunkMessage } from '@topicast/contracts/chunk-message';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { dataOf, headerOf } from '../testing/chunks.js';
import { DEMO, GatewayUnderTest } from '../testing/gateway-under-test.js';
import { continues, type Ladder, ladders } from '../testing/ladder.js';
import { SwitchingViewer } from '../testing/switching-viewer.js';
import { until } from '../testing/test-viewer.js';

const GOPS = 200;
const SWITCHES = 1_000;
const VIEWERS = 50;
/** Media goes by this much faster than time. */
const SPEED = 4;

const bytesOf = (rendition: number, sequence: number): Uint8Array =>
  dataOf(rendition * 1_000_000 + sequence, 1 + (sequence % 7));

/** Append a rendition as its encoder would, each chunk at its time and a little later. */
async function publish(gateway: GatewayUnderTest, ladder: Ladder, rendition: number): Promise<void> {
  const startedAt = performance.now() + rendition * 25;
  for (const rung of ladder[rendition]!) {
    const wait = startedAt + rung.dueMs / SPEED - performance.now();
    if (wait > 0) await sleep(wait);
    const { sequence } = rung;
    const header = headerOf(sequence, { ...rung, startedAt: Date.now() });
    await gateway.log.append(DEMO, rendition, [{ header, value: bytesOf(rendition, sequence) }]);
  }
}

const switchesOf = (chunks: readonly ChunkMessage[]): number =>
  chunks.filter(({ rendition }, at) => at > 0 && rendition !== chunks[at - 1]!.rendition).length;

class Crowd implements Disposable {
  readonly viewers: readonly SwitchingViewer[];

  constructor(make: (index: number) => SwitchingViewer) {
    this.viewers = Array.from({ length: VIEWERS }, (_, index) => make(index));
  }

  [Symbol.dispose](): void {
    for (const viewer of this.viewers) viewer[Symbol.dispose]();
  }
}

it('viewers get every access unit once over 1,000 random switches, while gateways move and connections break', async () => {
  const [ladder] = fc.sample(ladders(GOPS, GOPS), 1) as [Ladder];
  // Too short for some to move by themselves: those resume.
  const settings = { TOPICAST_DRAIN_SECONDS: '2' };
  await using first = await GatewayUnderTest.start(settings);
  await using second = await GatewayUnderTest.start(settings, first);
  await first.addStream(DEMO, {}, ladder.length);
  const gateways = [first, second];
  let serving = 0;
  const random = (count: number): number => Math.floor(Math.random() * count);
  using crowd = new Crowd(
    (index) =>
      new SwitchingViewer({
        address: () => {
          const rendition = random(ladder.length);
          const economy = index % 5 === 0 ? '&economy=1' : '';
          return gateways[serving]!.live(`demo?rendition=${rendition}${economy}`);
        },
        wish: () => (random(4) === 0 ? random(ladder.length) : undefined),
      }),
  );
  const { viewers } = crowd;
  const publishing = Promise.all(ladder.map((_, rendition) => publish(first, ladder, rendition)));
  const isOver = publishing.then(() => true);
  let rounds = 0;
  for (; !(await Promise.race([isOver, sleep(1_000, false)])); rounds += 1) {
    const leaving = gateways[serving]!;
    serving = 1 - serving;
    viewers[rounds % VIEWERS]!.cut();
    await leaving.closeGateway();
    await leaving.startGateway();
  }
  const lastOf = ({ chunks }: SwitchingViewer): boolean => {
    const last = chunks.at(-1);
    return last !== undefined && last.offset === ladder[last.rendition]!.length - 1;
  };
  await until(() => viewers.every(lastOf));

  for (const { chunks, faults } of viewers) {
    expect(faults).toEqual([]);
    chunks.forEach((chunk, at) => {
      const before = chunks[at - 1];
      if (before && !continues(ladder, before, chunk))
        expect.fail(`${before.rendition}/${before.offset} is followed by ${chunk.rendition}/${chunk.offset}`);
      const written = bytesOf(chunk.rendition, chunk.header.sequence);
      expect(Buffer.from(chunk.data).equals(written)).toBe(true);
    });
  }
  expect(rounds).toBeGreaterThanOrEqual(3);
  expect(viewers.every(({ moves }) => moves > 0)).toBe(true);
  expect(viewers.reduce((sum, { chunks }) => sum + switchesOf(chunks), 0)).toBeGreaterThan(SWITCHES);
});
