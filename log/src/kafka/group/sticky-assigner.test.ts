import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignSticky, type Claim } from './sticky-assigner.js';

const PARTITIONS = 32;
const claim = (member: string, owned: readonly number[] = [], silentMs = 0): Claim => ({
  member,
  owned,
  silentMs,
});
const claimsOf = (assignment: ReadonlyMap<string, readonly number[]>): Claim[] =>
  [...assignment].map(([member, owned]) => claim(member, owned));
const sorted = (numbers: Iterable<number>): number[] => [...numbers].sort((a, b) => a - b);
const all = Array.from({ length: PARTITIONS }, (_, n) => n);

/** How many partitions that somebody worked on went to somebody else. */
function moved(claims: readonly Claim[], after: ReadonlyMap<string, readonly number[]>): number {
  return claims.flatMap(({ member, owned }) => owned.filter((n) => !after.get(member)?.includes(n))).length;
}

function expectFair(assignment: ReadonlyMap<string, readonly number[]>, partitions: number): void {
  expect(sorted([...assignment.values()].flat())).toEqual(all.slice(0, partitions));
  const sizes = [...assignment.values()].map(({ length }) => length);
  expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
}

const anyClaims = fc
  .uniqueArray(fc.string({ minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 40 })
  .chain((members) =>
    fc.tuple(
      ...members.map((member) =>
        fc.record({
          member: fc.constant(member),
          // Includes numbers that are no partitions, because a member of another version may send anything.
          owned: fc.array(fc.oneof(fc.integer({ min: -2, max: 40 }), fc.constant(0.5)), { maxLength: 40 }),
          silentMs: fc.integer({ min: 0, max: 3 }),
        }),
      ),
    ),
  );

describe('the sticky assigner', () => {
  it('gives each partition to exactly one member, balanced, whatever is claimed and in whatever order', () => {
    fc.assert(
      fc.property(anyClaims, fc.integer({ min: 1, max: 33 }), (claims, partitions) => {
        const assignment = assignSticky(claims, Math.min(partitions, PARTITIONS));
        expectFair(assignment, Math.min(partitions, PARTITIONS));
        expect([...assignment.keys()].sort()).toEqual(claims.map(({ member }) => member).sort());
        const turned = assignSticky([...claims].reverse(), Math.min(partitions, PARTITIONS));
        expect([...turned].sort()).toEqual([...assignment].sort());
      }),
    );
  });

  it('moves nothing that need not move, while members come and go', () => {
    const event = fc.record({ joins: fc.nat({ max: 3 }), leaves: fc.array(fc.nat(), { maxLength: 3 }) });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), (events) => {
        let assignment = assignSticky([claim('m0')], PARTITIONS);
        let born = 1;
        for (const { joins, leaves } of events) {
          const present = new Map(assignment);
          for (const nth of leaves)
            present.delete([...present.keys()][nth % Math.max(1, present.size)] ?? '');
          const claims = claimsOf(present);
          for (let n = 0; n < joins || claims.length === 0; n++) claims.push(claim(`m${born++}`));
          const after = assignSticky(claims, PARTITIONS);
          expectFair(after, PARTITIONS);
          // Only what exceeds a member's share has to move, if the larger shares go to those who have most.
          const sizes = claims.map(({ owned }) => owned.length).sort((a, b) => b - a);
          const surplus = sizes.map((size, rank) => {
            const share =
              Math.floor(PARTITIONS / claims.length) + (rank < PARTITIONS % claims.length ? 1 : 0);
            return Math.max(0, size - share);
          });
          expect(moved(claims, after)).toBe(surplus.reduce((sum, n) => sum + n, 0));
          assignment = after;
        }
      }),
    );
  });

  it('a third member takes a third, of the two others only', () => {
    const two = assignSticky([claim('a'), claim('b')], PARTITIONS);
    const three = assignSticky([...claimsOf(two), claim('c')], PARTITIONS);
    expect(three.get('c')).toHaveLength(10);
    for (const member of ['a', 'b']) {
      expect(three.get(member)).toHaveLength(11);
      expect(two.get(member)).toEqual(expect.arrayContaining(three.get(member)!));
    }
  });

  it('believes the member that the group confirmed last, not the one that hung and was thrown out', () => {
    const after = assignSticky(
      [claim('hung', all.slice(0, 16), 9_000), claim('awake', all, 200)],
      PARTITIONS,
    );
    expect(after.get('awake')).toEqual(all.slice(0, 16));
    expect(moved([claim('awake', all)], after)).toBe(16);
    // All were out of reach: nobody was thrown out, so nothing moves.
    const halves = [claim('a', all.slice(0, 16), 9_000), claim('b', all.slice(16), 12_000)];
    expect(moved(halves, assignSticky(halves, PARTITIONS))).toBe(0);
  });
});
