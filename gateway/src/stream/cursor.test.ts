import { bytes, milliseconds } from '@topicast/contracts/units';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FRAME_MS, fedChunk } from '../testing/chunks.js';
import { Cursor, type Destination, LAG_LIMIT, type Step } from './cursor.js';
import type { LiveChunk } from './live-chunk.js';
import { Ring } from './ring.js';
import { WRITE_BYTES } from './run.js';

/** A ring that is being filled, and a viewer at its end, which gets what the cursor says, one write at a time. */
class Scene {
  readonly ring: Ring = new Ring({ span: milliseconds(2_000), bytes: bytes(1e9) });
  readonly cursor: Cursor;
  readonly got: { chunk: LiveChunk; jump: Step['jump'] }[] = [];
  now = milliseconds(0);
  #offset = 0;

  constructor(destination: Destination = 'live') {
    this.ring.caughtUp = true;
    this.cursor = new Cursor(this.ring, destination);
  }

  feed(chunks: number, choice: Parameters<typeof fedChunk>[1] = {}): void {
    for (let count = 0; count < chunks; count += 1) {
      this.now = milliseconds(this.now + FRAME_MS);
      this.ring.push(fedChunk(this.#offset, { ...choice, arrival: this.now }));
      this.#offset += 1;
    }
  }

  /** The chunks that follow come from another topic, whose offsets begin at 0. */
  restart(): void {
    this.ring.clear();
    this.#offset = 0;
  }

  write(isSlow = false): Step | undefined {
    const step = this.cursor.take(this.now, isSlow);
    for (let index = step?.run.from ?? 0; index < (step?.run.to ?? 0); index += 1) {
      this.got.push({ chunk: this.ring.at(index), jump: index === step?.run.from ? step.jump : undefined });
    }
    return step;
  }

  acknowledge(): void {
    const last = this.got.at(-1);
    if (last) this.cursor.acknowledge(last.chunk);
  }

  get offsets(): number[] {
    return this.got.map(({ chunk }) => chunk.offset);
  }
}

describe('a cursor', () => {
  it('begins at the newest keyframe, and brings all from there in one write', () => {
    const scene = new Scene();
    scene.feed(1, { keyframe: true });
    scene.feed(10);
    scene.feed(1, { keyframe: true });
    scene.feed(5);
    expect(scene.write()).toMatchObject({ run: { from: 11, to: 17 }, jump: undefined });
    expect(scene.write()).toBeUndefined();
  });

  it('waits until reading has caught up: the newest keyframe so far may be an old one', () => {
    const scene = new Scene();
    scene.ring.caughtUp = false;
    scene.feed(1, { keyframe: true });
    expect(scene.write()).toBeUndefined();
    scene.feed(1, { keyframe: true });
    scene.ring.caughtUp = true;
    expect(scene.write()).toMatchObject({ run: { from: 1 } });
  });

  it('does not begin in what a stream left behind that stands still', () => {
    const scene = new Scene();
    scene.feed(1, { keyframe: true });
    scene.feed(10);
    scene.now = milliseconds(scene.now + 10_000);
    expect(scene.write()).toBeUndefined();
    scene.feed(1);
    expect(scene.write()).toBeUndefined();
    scene.feed(1, { keyframe: true });
    expect(scene.write()).toMatchObject({ run: { from: 12, to: 13 }, jump: undefined });
  });

  it('resumes with exactly the next chunk, in the middle of a GOP too', () => {
    const scene = new Scene({ rendition: 0, session: 1, offset: 4, part: 0 });
    scene.feed(1, { keyframe: true });
    scene.feed(9);
    expect(scene.write()).toMatchObject({ run: { from: 5, to: 10 }, jump: undefined });
  });

  it.each([
    ['another session', { rendition: 0, session: 9, offset: 4, part: 0 }, 'session'],
    ['chunks that are gone', { rendition: 0, session: 1, offset: 400, part: 0 }, 'lost'],
    ['a part that never was', { rendition: 0, session: 1, offset: 4, part: 3 }, 'lost'],
  ] as const)('resumes after %s at the newest keyframe, and says why', (_name, position, reason) => {
    const scene = new Scene(position);
    scene.feed(8, { keyframe: true });
    scene.feed(2);
    expect(scene.write()).toMatchObject({ run: { from: 7, to: 10 }, jump: { reason, skipped: 0 } });
  });

  it('resumes at a position that another gateway has read a little earlier', () => {
    const scene = new Scene({ rendition: 0, session: 1, offset: 12, part: 0 });
    scene.feed(1, { keyframe: true });
    scene.feed(9);
    expect(scene.write()).toBeUndefined();
    scene.feed(6);
    scene.write();
    expect(scene.offsets).toEqual([13, 14, 15]);
    const nowhere = new Scene({ rendition: 0, session: 1, offset: 10_000, part: 0 });
    nowhere.feed(1, { keyframe: true });
    expect(nowhere.write()?.jump).toEqual({ reason: 'lost', skipped: 0 });
  });

  it('holds a viewer that does not answer after about a second, and goes on at the newest keyframe when it does', () => {
    const scene = new Scene();
    scene.feed(1, { keyframe: true });
    for (let frame = 0; frame < 100; frame += 1) {
      scene.write();
      scene.feed(1, { keyframe: frame % 25 === 24 });
    }
    const sentBlindly = scene.got.length * FRAME_MS;
    expect(sentBlindly).toBeGreaterThanOrEqual(LAG_LIMIT);
    expect(sentBlindly).toBeLessThanOrEqual(LAG_LIMIT + 2 * FRAME_MS);
    const next = scene.got.at(-1)!.chunk.offset + 1;
    scene.acknowledge();
    const newest = scene.ring.newestKeyframe!;
    expect(scene.write()).toMatchObject({
      run: { from: newest },
      jump: { reason: 'lag', skipped: newest - next },
    });
  });

  it('leaves out what has waited for more than a second, though the viewer answers', () => {
    const scene = new Scene();
    scene.feed(1, { keyframe: true });
    scene.feed(5, { packets: 200 });
    scene.write();
    // The link is so slow that the next write is possible only now.
    scene.feed(15, { packets: 200 });
    scene.feed(1, { keyframe: true });
    scene.feed(20);
    scene.acknowledge();
    expect(scene.write(true)).toMatchObject({ run: { from: 21 }, jump: { reason: 'lag', skipped: 15 } });
  });

  it('leaves out nothing for a viewer that resumes far behind', () => {
    const scene = new Scene({ rendition: 0, session: 1, offset: 4, part: 0 });
    scene.feed(40, { packets: 200 });
    scene.feed(1, { keyframe: true });
    scene.feed(5);
    while (scene.write(true)) scene.acknowledge();
    expect(scene.offsets).toEqual(Array.from({ length: 41 }, (_, i) => i + 5));
  });

  it('loses nothing where a short stall ends within the GOP', () => {
    const scene = new Scene();
    scene.feed(1, { keyframe: true });
    for (let frame = 0; frame < 40; frame += 1) {
      scene.write();
      scene.feed(1);
    }
    scene.acknowledge();
    scene.write();
    expect(scene.got.every(({ jump }) => jump === undefined)).toBe(true);
    expect(scene.offsets).toEqual(Array.from({ length: 41 }, (_, i) => i));
  });

  it('takes neither the burst at the beginning nor a pause of the encoder for lag', () => {
    const scene = new Scene();
    scene.feed(1, { keyframe: true });
    scene.feed(200);
    scene.write();
    expect(scene.got.length).toBe(201);
    expect(scene.cursor.lag(scene.now)).toBe(0);
    scene.acknowledge();
    scene.feed(3);
    scene.write();
    // Nothing for ten seconds, then more. Three chunks were never acknowledged, but they are less than a second of
    // media.
    scene.now = milliseconds(scene.now + 10_000);
    expect(scene.cursor.lag(scene.now)).toBeLessThan(LAG_LIMIT);
    scene.feed(1);
    expect(scene.write()).toMatchObject({ jump: undefined });
  });

  it('does not wait for an answer from before a topic that is made anew', () => {
    const scene = new Scene();
    scene.feed(1_000);
    scene.feed(1, { keyframe: true });
    scene.write();
    scene.restart();
    scene.feed(1, { session: 2, keyframe: true, gap: { reason: 'session', missing: 0 } });
    for (let frame = 0; frame < 100; frame += 1) {
      scene.write();
      scene.acknowledge();
      scene.feed(1, { session: 2 });
    }
    expect(scene.got.length).toBe(1 + 100);
    expect(scene.cursor.lag(scene.now)).toBe(0);
  });

  it('tells of another session rather than of the lag, whichever of its keyframes comes next', () => {
    const scene = new Scene();
    scene.feed(5, { keyframe: true });
    scene.write();
    scene.feed(3);
    scene.restart();
    scene.feed(1, { session: 2, keyframe: true, gap: { reason: 'session', missing: 0 } });
    scene.feed(3, { session: 2 });
    scene.feed(1, { session: 2, keyframe: true });
    expect(scene.write()).toMatchObject({ jump: { reason: 'session', skipped: 0 } });
  });

  it('stops a write before a gap, and announces the gap with the next', () => {
    const scene = new Scene();
    scene.feed(1, { keyframe: true });
    scene.feed(2);
    scene.feed(1, { keyframe: true, session: 2, gap: { reason: 'session', missing: 0 } });
    scene.feed(1, { session: 2 });
    scene.cursor.seek({ rendition: 0, session: 1, offset: 0, part: 0 });
    expect(scene.write()).toMatchObject({ run: { from: 1, to: 3 }, jump: { reason: 'seek', skipped: 0 } });
    expect(scene.write()).toMatchObject({ run: { from: 3, to: 5 }, jump: { reason: 'session', skipped: 0 } });
  });

  it('ignores acknowledgements of what was never sent', () => {
    const scene = new Scene();
    scene.feed(1, { keyframe: true });
    for (let frame = 0; frame < 60; frame += 1) {
      scene.write();
      scene.feed(1);
      scene.cursor.acknowledge({ rendition: 0, session: 1, offset: 5_000, part: 0 });
    }
    expect(scene.got.length * FRAME_MS).toBeLessThanOrEqual(LAG_LIMIT + 2 * FRAME_MS);
  });

  it('gives growing positions, gaps only with a jump and only to keyframes, and writes of a bounded size, whatever happens', () => {
    const event = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          kind: fc.constant('feed' as const),
          keyframe: fc.boolean(),
          lost: fc.boolean(),
        }),
      },
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('write' as const) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('ack' as const), behind: fc.nat(20) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(3_000) }) },
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 300 }), (events) => {
        const scene = new Scene();
        for (const happening of events) {
          if (happening.kind === 'feed') {
            const lost = happening.lost && happening.keyframe;
            const gap = lost ? { reason: 'lost' as const, missing: 3 } : undefined;
            scene.feed(1, { keyframe: happening.keyframe, gap, packets: 200 });
          } else if (happening.kind === 'ack') {
            const sent = scene.got.at(-1 - happening.behind);
            if (sent) scene.cursor.acknowledge(sent.chunk);
          } else if (happening.kind === 'wait') {
            scene.now = milliseconds(scene.now + happening.ms);
          } else {
            const step = scene.write();
            const size = step ? sizeOf(scene, step) : 0;
            expect(size).toBeLessThanOrEqual(WRITE_BYTES);
          }
        }
        scene.got.forEach(({ chunk, jump }, at) => {
          const before = scene.got[at - 1]?.chunk;
          const continues = before !== undefined && chunk.offset === before.offset + 1 && !chunk.gap;
          if (before) expect(chunk.offset).toBeGreaterThan(before.offset);
          if (!continues) expect(chunk.header.keyframe).toBe(true);
          if (before && !continues) expect(jump).toBeDefined();
          if (continues) expect(jump).toBeUndefined();
        });
      }),
      { numRuns: 1_000 },
    );
  });
});

function sizeOf(scene: Scene, step: Step): number {
  let size = 0;
  for (let index = step.run.from; index < step.run.to; index += 1)
    size += scene.ring.at(index).frame.byteLength;
  return size;
}
