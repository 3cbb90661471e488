import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '@topicast/test/poll';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { dataOf, frameHeader } from '../testing/chunks.js';
import { DEMO, GatewayUnderTest } from '../testing/gateway-under-test.js';
import { continues, type Ladder, ladders, type Rung } from '../testing/ladder.js';
import { SwitchingViewer } from '../testing/switching-viewer.js';

const SWITCHES = 1_000;
const MOVES = 3;
const VIEWERS = 20;
/** More than it takes. */
const GOPS = 1_000;
/** Renditions come this much apart. */
const SKEW_MS = 20;
/** Too short for some viewers to move by themselves: those are sent away, and resume. */
const SETTINGS = { TOPICAST_DRAIN_SECONDS: '1', TOPICAST_RING_SECONDS: '60' };

const random = (count: number): number => Math.floor(Math.random() * count);

const bytesOf = (rendition: number, sequence: number): Uint8Array =>
  dataOf(rendition * 1_000_000 + sequence, 1 + (sequence % 7));

class Crowd implements Disposable {
  readonly viewers: readonly SwitchingViewer[];

  constructor(make: (index: number) => SwitchingViewer) {
    this.viewers = Array.from({ length: VIEWERS }, (_, index) => make(index));
  }

  get switches(): number {
    return this.viewers.reduce((sum, { switches }) => sum + switches, 0);
  }

  /** Resolves when everybody has come to this GOP. */
  async reached(gop: number): Promise<void> {
    await until(() => this.viewers.every(({ chunks }) => (chunks.at(-1)?.header.gop ?? 0) >= gop));
  }

  [Symbol.dispose](): void {
    for (const viewer of this.viewers) viewer[Symbol.dispose]();
  }
}

/** The chunks of each GOP of each rendition. */
function byGop(ladder: Ladder): Rung[][][] {
  const gops: Rung[][][] = Array.from({ length: GOPS }, () => ladder.map(() => []));
  ladder.forEach((chunks, rendition) => {
    for (const rung of chunks) gops[rung.gop - 1]![rendition]!.push(rung);
  });
  return gops;
}

it('viewers get every access unit once over 1,000 random switches, while gateways move and connections break', async () => {
  const [ladder] = fc.sample(ladders(GOPS, GOPS), 1) as [Ladder];
  await using first = await GatewayUnderTest.start(SETTINGS);
  await using second = await GatewayUnderTest.start(SETTINGS, first);
  await first.addStream(DEMO, {}, ladder.length);
  const gateways = [first, second];
  let serving = 0;
  using crowd = new Crowd(
    (index) =>
      new SwitchingViewer({
        address: () => gateways[serving]!.live(`demo${index % 5 === 0 ? '?economy=1' : ''}`),
        wish: () => (random(4) === 0 ? random(ladder.length) : undefined),
      }),
  );
  const { viewers } = crowd;

  let isOver = false;
  let moves = 0;
  const move = async (): Promise<void> => {
    for (; !isOver; moves += 1) {
      const leaving = gateways[serving]!;
      serving = 1 - serving;
      viewers[random(VIEWERS)]!.cut();
      await leaving.closeGateway();
      await leaving.startGateway();
      await sleep(300);
    }
  };
  let moving: Promise<void> | undefined;
  const published = ladder.map(() => 0);
  for (const [index, gop] of byGop(ladder).entries()) {
    if (moves >= MOVES && crowd.switches >= SWITCHES) break;
    const append = async (chunks: readonly Rung[], rendition: number): Promise<void> => {
      await sleep(random(SKEW_MS));
      for (const rung of chunks) {
        const header = frameHeader(rung.sequence, { ...rung, startedAt: Date.now() });
        await first.log.append(DEMO, rendition, [{ header, value: bytesOf(rendition, rung.sequence) }]);
        published[rendition]! += 1;
      }
    };
    await Promise.all(gop.map(append));
    // As fast as all can follow, on whatever machine.
    await crowd.reached(index);
    moving ??= move();
  }
  isOver = true;
  await moving;
  await until(() =>
    viewers.every(({ chunks }) => chunks.at(-1)!.offset === published[chunks.at(-1)!.rendition]! - 1),
  );

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
  expect(moves).toBeGreaterThanOrEqual(MOVES);
  expect(viewers.some((viewer) => viewer.moves > 0)).toBe(true);
  expect(crowd.switches).toBeGreaterThanOrEqual(SWITCHES);
}, 180_000);
