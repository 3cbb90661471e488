import { bytes, type Milliseconds, milliseconds } from '@topicast/contracts/units';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FRAME_MS, fedChunk } from '../testing/chunks.js';
import { continues, type Ladder, LONGEST_GOP_MS, ladders, type Rung } from '../testing/ladder.js';
import { Cursor, LAG_LIMIT } from './cursor.js';
import type { LiveChunk } from './live-chunk.js';
import { Ring } from './ring.js';
import { LEAP_AFTER, LONGEST_HOLD } from './switch.js';

interface Got {
  readonly chunk: LiveChunk;
  readonly jump: string | undefined;
}

/** The rings of a ladder, fed chunk by chunk, and a viewer that goes from one to the other. */
class Scene {
  readonly rings: readonly Ring[];
  readonly cursor: Cursor;
  readonly got: Got[] = [];
  now = milliseconds(0);
  rendition = 0;
  wanted = 0;
  readonly #fed: number[];

  constructor(readonly ladder: Ladder) {
    this.rings = ladder.map(() => new Ring({ span: milliseconds(5_000), bytes: bytes(1e9) }));
    for (const ring of this.rings) ring.caughtUp = true;
    this.#fed = ladder.map(() => 0);
    this.cursor = new Cursor(this.rings[0]!, 'live');
  }

  wait(ms: number): void {
    this.now = milliseconds(this.now + ms);
  }

  /** The next chunk of a rendition; where that one is lost, all up to the next keyframe is. */
  feed(rendition: number, isLost = false): void {
    const chunks = this.ladder[rendition]!;
    const from = this.#fed[rendition]!;
    let at = from;
    if (isLost)
      do at += 1;
      while (at < chunks.length && !chunks[at]!.keyframe);
    const chunk = chunks[at];
    if (!chunk) return;
    this.#fed[rendition] = at + 1;
    const isNew = at > 0 && chunk.sequence === 0;
    const missing = { reason: isNew ? ('session' as const) : ('lost' as const), missing: at - from };
    const gap = isNew || at > from ? missing : undefined;
    this.rings[rendition]!.push(fedChunk(at, { ...chunk, rendition, gap, arrival: this.now }));
  }

  /** All chunks of a rendition up to this moment. */
  feedUntil(rendition: number, dueMs: number): void {
    const chunks = this.ladder[rendition]!;
    for (let next = chunks[this.#fed[rendition]!]; next && next.dueMs <= dueMs; ) {
      this.feed(rendition);
      next = chunks[this.#fed[rendition]!];
    }
  }

  want(rendition: number): void {
    this.wanted = rendition;
    if (rendition === this.rendition) this.cursor.stay();
    else this.cursor.want(this.rings[rendition]!, this.now);
  }

  write(): void {
    for (let step = this.cursor.take(this.now); step; step = this.cursor.take(this.now)) {
      if (step.isOther) this.rendition = this.wanted;
      for (let index = step.run.from; index < step.run.to; index += 1) {
        const chunk = this.rings[this.rendition]!.at(index);
        this.got.push({ chunk, jump: index === step.run.from ? step.jump?.reason : undefined });
      }
    }
  }

  acknowledge(behind = 0): void {
    const last = this.got.at(-1 - behind);
    if (last) this.cursor.acknowledge(last.chunk);
  }

  lag(): Milliseconds {
    return this.cursor.lag(this.now);
  }
}

const acts = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: fc.record({ kind: fc.constant('feed' as const), rendition: fc.nat(2) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('lose' as const), rendition: fc.nat(2) }) },
    { weight: 8, arbitrary: fc.constant({ kind: 'write' as const }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('want' as const), rendition: fc.nat(2) }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('ack' as const), behind: fc.nat(20) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(3_000) }) },
  ),
  { maxLength: 400 },
);

describe('a viewer that changes the rendition', () => {
  it('gets every access unit once, whichever rendition is ahead by how much, over sessions too', () => {
    let switches = 0;
    const skews = fc.infiniteStream(fc.nat(LONGEST_HOLD - 3 * FRAME_MS));
    const wishes = fc.infiniteStream(fc.tuple(fc.nat(2), fc.integer({ min: 1, max: 40 })));
    fc.assert(
      fc.property(ladders(30, 12), skews, wishes, (ladder, skewOf, wishOf) => {
        const scene = new Scene(ladder);
        const skew = ladder.map(() => skewOf.next().value);
        const lengthMs = Math.max(...ladder.map((chunks) => chunks.at(-1)!.dueMs));
        let until = 0;
        let askedAt = 0;
        // Each rendition comes with a delay of its own.
        for (let time = 0, frame = 0; time < lengthMs; time += FRAME_MS / 4, frame += 1) {
          scene.now = milliseconds(time);
          ladder.forEach((_, rendition) => {
            scene.feedUntil(rendition, time - skew[rendition]!);
          });
          if (frame >= until) {
            const [wish, frames] = wishOf.next().value;
            if (wish < ladder.length) scene.want(wish);
            until = frame + frames * 4;
            askedAt = time;
          }
          scene.write();
          if (time - askedAt > 2 * LONGEST_GOP_MS + LONGEST_HOLD) expect(scene.rendition).toBe(scene.wanted);
          scene.acknowledge();
        }
        expect(scene.got.length).toBeGreaterThan(0);
        scene.got.slice(1).forEach(({ chunk, jump }, at) => {
          const before = scene.got[at]!.chunk;
          expect(continues(ladder, before, chunk)).toBe(true);
          expect(jump).toBe(chunk.session === before.session ? undefined : 'session');
          if (chunk.rendition !== before.rendition) switches += 1;
        });
      }),
      { numRuns: 300 },
    );
    expect(switches).toBeGreaterThan(1_000);
  });

  it('is told of all that it does not get, whatever is lost, late, or asked for', () => {
    fc.assert(
      fc.property(ladders(40, 15), acts, (ladder, happenings) => {
        const scene = new Scene(ladder);
        for (const act of happenings) {
          scene.wait(10);
          if ('rendition' in act && act.rendition >= ladder.length) continue;
          if (act.kind === 'feed') scene.feed(act.rendition);
          else if (act.kind === 'lose') scene.feed(act.rendition, true);
          else if (act.kind === 'want') scene.want(act.rendition);
          else if (act.kind === 'ack') scene.acknowledge(act.behind);
          else if (act.kind === 'wait') scene.wait(act.ms);
          else scene.write();
        }
        scene.got.slice(1).forEach(({ chunk, jump }, at) => {
          const before = scene.got[at]!.chunk;
          const isSame = chunk.session === before.session;
          expect(chunk.session).toBeGreaterThanOrEqual(before.session);
          if (!isSame || !continues(ladder, before, chunk)) expect(jump).toBeDefined();
          if (jump) expect(chunk.header.keyframe).toBe(true);
        });
      }),
      { numRuns: 1_000 },
    );
  });

  it('is measured by its acknowledgements in either rendition', () => {
    const scene = new Scene([regular(25, 400, 2), [...regular(25, 50, 1), ...regular(25, 400, 2)]]);
    const play = (frames: number): void => {
      for (let frame = 0; frame < frames; frame += 1) {
        scene.feed(0);
        scene.feed(1);
        scene.wait(FRAME_MS);
        scene.write();
      }
    };
    // The other ring has run for longer: the same moment is another time in it.
    for (let frame = 0; frame < 50; frame += 1) scene.feed(1);
    play(1);
    scene.want(1);
    play(4);
    scene.acknowledge();
    play(15);
    expect(scene.rendition).toBe(0);
    play(60);
    expect(scene.rendition).toBe(1);
    expect(scene.got.at(-1)!.chunk.rendition).toBe(1);
    // Nothing was answered since: it is held, and what it was sent before the switch answers too little.
    const sent = scene.got.length;
    expect(scene.lag()).toBeGreaterThan(LAG_LIMIT);
    play(3);
    expect(scene.got.length).toBe(sent);
    expect(scene.lag()).toBeLessThan(2 * LAG_LIMIT);
    const asked = scene.got.filter(({ chunk }) => chunk.asksForAck);
    expect(scene.cursor.acknowledge(scene.got[1]!.chunk)).toBe('nothing');
    expect(scene.cursor.acknowledge(asked.at(-1)!.chunk)).toBe('release');
    expect(scene.lag()).toBe(0);
  });

  it('answers over a switch what was asked before it, with a position of either rendition', () => {
    for (const answer of ['old', 'new'] as const) {
      const scene = new Scene([regular(5, 400), regular(5, 400)]);
      for (let frame = 0; frame < 8; frame += 1) {
        scene.feed(0);
        scene.feed(1);
        scene.wait(FRAME_MS);
        if (frame === 1) scene.want(1);
        scene.write();
      }
      expect(scene.got.map(({ chunk }) => chunk.rendition)).toEqual([0, 0, 0, 0, 0, 1, 1, 1]);
      expect(scene.lag()).toBeGreaterThan(0);
      const chunk = scene.got[answer === 'old' ? 4 : 6]!.chunk;
      expect(scene.cursor.acknowledge({ ...chunk, offset: chunk.offset + 100 })).toBe('nothing');
      expect(scene.cursor.acknowledge(chunk)).toBe('answer');
      expect(scene.lag()).toBe(0);
    }
  });

  it('hears of what the old rendition lost before the keyframe, not of what the new one did', () => {
    const scene = new Scene([regular(5, 30), regular(5, 30)]);
    for (let frame = 0; frame < 3; frame += 1) scene.feed(0);
    for (let frame = 0; frame < 3; frame += 1) scene.feed(1);
    scene.write();
    scene.want(1);
    scene.feed(1, true);
    scene.feed(0);
    scene.feed(0);
    scene.feed(0);
    scene.write();
    expect(scene.got.map(({ chunk, jump }) => [chunk.rendition, jump]).slice(3)).toEqual([
      [0, undefined],
      [0, undefined],
      [1, undefined],
    ]);
    scene.want(0);
    for (let frame = 0; frame < 2; frame += 1) scene.feed(1);
    scene.feed(1, true);
    for (let frame = 0; frame < 5; frame += 1) scene.feed(0);
    scene.write();
    expect(scene.got.slice(-2).map(({ chunk, jump }) => [chunk.rendition, chunk.offset, jump])).toEqual([
      [1, 7, undefined],
      [0, 10, 'lost'],
    ]);
  });

  it('goes over by a jump where the two have no keyframe in common', () => {
    const shifted = regular(5, 400).map((rung) => ({ ...rung, decodeMs: rung.decodeMs + 1 }));
    const scene = new Scene([regular(5, 400), shifted]);
    scene.want(1);
    for (let frame = 0; scene.rendition === 0; frame += 1) {
      scene.feed(0);
      scene.feed(1);
      scene.wait(FRAME_MS);
      scene.write();
      scene.acknowledge();
      if (frame * FRAME_MS > LEAP_AFTER + 1_000) throw new Error('it never goes over');
    }
    expect(scene.now).toBeGreaterThan(LEAP_AFTER);
    expect(scene.got.filter(({ jump }) => jump)).toMatchObject([{ chunk: { rendition: 1 }, jump: 'seek' }]);
  });

  it('leaves a rendition that has ended within the session, at the next keyframe, with nothing twice', () => {
    const scene = new Scene([regular(25, 400), regular(25, 60)]);
    scene.want(1);
    for (let frame = 0; frame < 120; frame += 1) {
      scene.feed(0);
      scene.feed(1);
      scene.wait(FRAME_MS);
      scene.write();
      scene.acknowledge();
      if (frame === 62) scene.want(0);
    }
    const back = scene.got.findLastIndex(({ chunk }) => chunk.rendition === 1) + 1;
    expect(scene.got.slice(back - 1, back + 1)).toMatchObject([
      { chunk: { rendition: 1, offset: 59 } },
      { chunk: { rendition: 0, offset: 75 }, jump: 'seek' },
    ]);
    expect(scene.got.at(-1)?.chunk.offset).toBe(119);
  });

  it('leaves a rendition that a new session does not have, and keeps one while the other is silent', () => {
    const scene = new Scene([regular(5, 10), [...regular(5, 10), ...regular(5, 100, 2)]]);
    for (let frame = 0; frame < 10; frame += 1) {
      scene.feed(0);
      scene.feed(1);
    }
    scene.write();
    scene.want(1);
    for (let second = 0; second < 10; second += 1) {
      scene.wait(1_000);
      scene.write();
    }
    expect(scene.rendition).toBe(0);
    scene.want(0);
    scene.want(1);
    for (let frame = 0; frame < 60; frame += 1) {
      scene.feed(1);
      scene.wait(FRAME_MS);
      scene.write();
    }
    expect(scene.rendition).toBe(1);
    expect(scene.got.find(({ chunk }) => chunk.rendition === 1)).toMatchObject({
      chunk: { session: 2 },
      jump: 'session',
    });
  });
});

/** A rendition of 25 frames a second with a keyframe every so many. */
function regular(gop: number, frames: number, session = 1): Rung[] {
  return Array.from({ length: frames }, (_, sequence) => ({
    session,
    sequence,
    gop: 1 + Math.floor(sequence / gop),
    decodeMs: sequence * FRAME_MS,
    dueMs: sequence * FRAME_MS,
    keyframe: sequence % gop === 0,
    audioOnly: false,
  }));
}
