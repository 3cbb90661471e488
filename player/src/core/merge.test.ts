import type { ChunkMessage } from '@topicast/contracts/chunk-message';
import { type Milliseconds, milliseconds, ticks90k } from '@topicast/contracts/units';
import { headerOf } from '@topicast/test/headers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Jump, Merge, type Merged } from './merge.js';

/** Pictures from keyframe to keyframe. */
const GOP = 5;
const ZERO = milliseconds(0);
const LAG: Jump = { type: 'jump', reason: 'lag', skipped: 0 };

interface Stream {
  /** Session 0 numbers nothing. */
  readonly numbered: boolean;
  /** The encoder starts anew at this chunk. */
  readonly restart: number;
}
const PLAIN: Stream = { numbered: true, restart: Number.POSITIVE_INFINITY };

function chunkOf({ numbered, restart }: Stream, rendition: number, time: number): ChunkMessage {
  const since = time >= restart ? time - restart : time;
  const session = numbered ? (time >= restart ? 8 : 7) : 0;
  const keyframe = since % GOP === 0;
  const decodeTime = ticks90k(time * 3000);
  return {
    asksForAck: false,
    rendition,
    // Offsets of different renditions have nothing to do with each other.
    offset: rendition === 1 ? 5 * time : time,
    part: 0,
    header: headerOf(numbered ? since : 3, { session, keyframe, sinceKeyframe: since % GOP, decodeTime }),
    data: new Uint8Array(),
  };
}

const timeOf = ({ chunk }: Pick<Merged, 'chunk'>): number => chunk.header.decodeTime / 3000;

interface FromGateway {
  isOpen: boolean;
  next: number;
  rendition: number;
  wanted: number;
  underWay: (ChunkMessage | Jump)[];
}

/** Two gateways, and the two ways from them: each in order, with delays of its own. */
class World {
  readonly merge = new Merge(2);
  readonly output: Merged[] = [];
  /** When chunks came, by way and time: the count of the output at that moment. */
  readonly came = [new Map<number, number>(), new Map<number, number>()];
  readonly #stream: Stream;
  readonly #ways = [0, 1].map(
    (): FromGateway => ({
      ...{ isOpen: false, next: 0, rendition: 0, wanted: 0, underWay: [] },
    }),
  );
  length = 1;
  now: Milliseconds = ZERO;

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  open(index: number): void {
    if (this.#ways[index]!.isOpen) return;
    this.merge.open(index, this.output.length > 0);
    this.#resume(index);
  }

  /** To another gateway, without a word. */
  move(index: number): void {
    if (this.#ways[index]!.isOpen) this.#resume(index);
  }

  #resume(index: number): void {
    const way = this.#ways[index]!;
    const last = this.output.at(-1);
    const rendition = last?.chunk.rendition ?? way.wanted;
    Object.assign(way, { isOpen: true, rendition, next: last ? timeOf(last) + 1 : 0, underWay: [] });
    // It brings once more what the old connection has left waiting.
    for (const time of this.came[index]!.keys())
      if (!last || time > timeOf(last)) this.came[index]!.delete(time);
    this.publish(0);
  }

  close(index: number): void {
    const way = this.#ways[index]!;
    if (!way.isOpen) return;
    way.isOpen = false;
    this.#take(this.merge.close(index, this.now));
  }

  publish(count: number): void {
    this.length += count;
    for (const way of this.#ways) for (; way.isOpen && way.next < this.length; way.next += 1) this.#send(way);
  }

  /** The gateway leaves out what is under way, up to its newest keyframe. */
  lag(index: number): void {
    const way = this.#ways[index]!;
    if (!way.isOpen || way.underWay.length === 0) return;
    let keyframe = this.length - 1;
    while (!chunkOf(this.#stream, 0, keyframe).header.keyframe) keyframe -= 1;
    const chunks = way.underWay.filter((one) => 'header' in one);
    if (chunks.length === 0 || timeOf({ chunk: chunks[0]! }) >= keyframe) return;
    way.underWay = [LAG];
    way.rendition = way.wanted;
    way.next = keyframe;
    this.publish(0);
  }

  want(index: number, rendition: number): void {
    this.#ways[index]!.wanted = rendition;
  }

  deliver(index: number, count: number): void {
    const way = this.#ways[index]!;
    for (const one of way.isOpen ? way.underWay.splice(0, count) : []) {
      if ('type' in one) this.merge.jump(index, one);
      else {
        this.came[index]!.set(timeOf({ chunk: one }), this.output.length);
        this.#take(this.merge.add(index, one, this.now));
      }
    }
  }

  #send(way: FromGateway): void {
    if (way.next === this.#stream.restart) way.underWay.push({ ...LAG, reason: 'session' });
    if (chunkOf(this.#stream, 0, way.next).header.keyframe) way.rendition = way.wanted;
    way.underWay.push(chunkOf(this.#stream, way.rendition, way.next));
  }

  #take(merged: readonly Merged[]): void {
    this.output.push(...merged);
  }
}

const way = fc.integer({ min: 0, max: 1 });
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ what: fc.constant('publish'), way, count: fc.integer({ min: 1, max: 7 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ what: fc.constant('deliver'), way, count: fc.integer({ min: 1, max: 9 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ what: fc.constantFrom('lag', 'close', 'wait', 'move'), way, count: fc.nat(1) }),
  },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('open'), way, count: fc.constant(0) }) },
);
const switching = fc.record({ what: fc.constant('want'), way, count: fc.nat(1) });
const stream = fc.record({ numbered: fc.boolean(), restart: fc.integer({ min: 1, max: 60 }) });

function live(steps: readonly { what: string; way: number; count: number }[], given: Stream): World {
  const restart = given.numbered ? given.restart : Number.POSITIVE_INFINITY;
  const world = new World({ ...given, restart });
  world.open(0);
  world.deliver(0, 1);
  for (const { what, way, count } of steps) {
    if (what === 'publish') world.publish(count);
    if (what === 'deliver') world.deliver(way, count);
    if (what === 'lag') world.lag(way);
    if (what === 'open') world.open(way);
    if (what === 'move') world.move(way);
    if (what === 'close') world.close(way);
    if (what === 'want') world.want(way, count);
    if (what === 'wait') world.now = milliseconds(world.now + 300);
  }
  // In the end both ways work.
  for (const way of [0, 1]) world.open(way);
  world.publish(2 * GOP);
  for (let time = 0; time < 300; time += 1) for (const way of [0, 1]) world.deliver(way, 1);
  return world;
}

function expectOrder({ output, length }: World): void {
  expect(timeOf(output.at(-1)!)).toBe(length - 1);
  for (const [index, one] of output.slice(1).entries()) {
    const before = output[index]!;
    expect(timeOf(one)).toBeGreaterThan(timeOf(before));
    const { header, rendition } = one.chunk;
    if (rendition !== before.chunk.rendition) expect(header.keyframe).toBe(true);
    if (timeOf(one) === timeOf(before) + 1) continue;
    // A gap is announced, or shows in the numbers, and what follows it can be decoded.
    expect(header.keyframe).toBe(true);
    if (header.session === 0 || header.session !== before.chunk.header.session)
      expect(one.jump).toBeDefined();
  }
}

describe('two ways', () => {
  it('together are one stream, in order, each chunk once, with everything that any of them brings in time', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), stream, (steps, given) => {
        const world = live(steps, given);
        expectOrder(world);
        const { output, came } = world;
        for (const [index, one] of output.slice(1).entries()) {
          for (let missing = timeOf(output[index]!) + 1; missing < timeOf(one); missing += 1) {
            for (const times of came) expect(times.get(missing) ?? index + 1).toBeGreaterThan(index);
          }
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('that change the rendition at different keyframes give what can be decoded', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(step, switching), { maxLength: 150 }), stream, (steps, given) => {
        expectOrder(live(steps, given));
      }),
      { numRuns: 1_000 },
    );
  });

  it('lose what both lose: the number of chunks is what neither has brought', () => {
    const merge = new Merge(2);
    const add = (way: number, time: number) => merge.add(way, chunkOf(PLAIN, 0, time), ZERO);
    for (const way of [0, 1]) merge.open(way, false);
    for (const time of [0, 1, 2]) add(0, time);
    merge.jump(0, { ...LAG, skipped: 7 });
    expect(add(0, 10)).toEqual([]);
    for (const time of [0, 1, 2, 3]) add(1, time);
    merge.jump(1, { ...LAG, skipped: 11 });
    const [first, ...rest] = add(1, 15);
    expect(first).toMatchObject({ way: 0, chunk: { offset: 10 }, jump: { skipped: 6 } });
    expect(rest).toEqual([]);
  });

  it('wait for each other not for long, and with a bound', () => {
    for (const patience of ['time', 'room']) {
      const merge = new Merge(2);
      for (const way of [0, 1]) merge.open(way, false);
      const add = (time: number, now: number) => merge.add(0, chunkOf(PLAIN, 0, time), milliseconds(now));
      add(0, 0);
      merge.jump(0, LAG);
      const output = [add(5, 0)];
      for (let time = 6; time < 700; time += 1) output.push(add(time, patience === 'time' ? time * 40 : 0));
      expect(output.flat().map(timeOf)).toEqual(Array.from({ length: 695 }, (_, index) => index + 5));
      const released = output.findIndex((merged) => merged.length > 0);
      expect(released).toBe(patience === 'time' ? 8 : 600);
      expect(merge.held).toBe(0);
    }
  });

  it('go to the live edge with the first that gets there', () => {
    const merge = new Merge(2);
    for (const way of [0, 1]) merge.open(way, false);
    merge.add(0, chunkOf(PLAIN, 0, 0), ZERO);
    merge.forget();
    merge.add(0, chunkOf(PLAIN, 0, 1), ZERO);
    merge.jump(1, { ...LAG, reason: 'seek' });
    expect(merge.add(1, chunkOf(PLAIN, 0, 20), ZERO)).toMatchObject([{ way: 1, jump: { reason: 'seek' } }]);
    merge.jump(0, { ...LAG, reason: 'seek' });
    expect(merge.add(0, chunkOf(PLAIN, 0, 15), ZERO)).toEqual([]);
  });

  it('after a long silence accept a topic that begins anew', () => {
    const foreign: Stream = { ...PLAIN, numbered: false };
    const merge = new Merge(2);
    merge.open(0, false);
    merge.add(0, chunkOf(foreign, 0, 50), ZERO);
    merge.jump(0, { ...LAG, reason: 'lost' });
    expect(merge.add(0, chunkOf(foreign, 0, 5), milliseconds(20_000))).toMatchObject([
      { jump: { reason: 'lost' } },
    ]);
  });
});
