import { ticks90k } from '@topicast/contracts/units';
import type { NewRecord } from '@topicast/log';
import { type Chunk, Chunker, TransportWriter, trackPidsOf } from '@topicast/media/mpegts';
import { headerOf } from '@topicast/test/headers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunkOf } from '../testing/chunks.js';
import { RenditionJoin } from './rendition-join.js';

const [PAT, PMT, VIDEO, SOUND] = [0, 0x1000, 0x100, 0x101];

/** A packet of a PID, different from all others. */
function packet(pid: number, mark: number): Uint8Array {
  const bytes = new Uint8Array(188);
  bytes.set([0x47, pid >> 8, pid & 0xff, 0x10, mark >> 8, mark & 0xff]);
  return bytes;
}
const hex = (...packets: Uint8Array[]): string => Buffer.concat(packets).toString('hex');

/** What the best rendition has at one place: a picture followed by sound, or sound alone. */
interface Cell {
  readonly picture: 'keyframe' | 'other' | undefined;
  readonly sounds: number;
}

const tables = (mark: number): Uint8Array[] => [packet(PAT, mark), packet(PMT, mark)];
const soundsOf = ({ sounds }: Cell, index: number): Uint8Array[] =>
  Array.from({ length: sounds }, (_, each) => packet(SOUND, index * 10 + each));

const best = (cell: Cell, index: number): NewRecord => ({
  header: headerOf(index, { keyframe: cell.picture === 'keyframe', audioOnly: !cell.picture, gop: 1 }),
  value: Buffer.concat([
    ...(cell.picture === 'keyframe' ? tables(index) : []),
    ...(cell.picture ? [packet(VIDEO, 1), packet(VIDEO, 2)] : []),
    ...soundsOf(cell, index),
  ]),
});

const ownVideo = (index: number): Uint8Array => packet(VIDEO, 1000 + index);
const picture = (index: number, keyframe: boolean): Chunk =>
  chunkOf(index, { keyframe, data: Buffer.concat([...(keyframe ? tables(0x7777) : []), ownVideo(index)]) });

function setUp() {
  const records: NewRecord[] = [];
  let lost = 0;
  const join = new RenditionJoin(
    (record) => records.push(record),
    (chunks) => {
      lost += chunks;
    },
  );
  return { join, records, lost: () => lost };
}

describe('RenditionJoin', () => {
  it('loses nothing while the best one is held back for half a minute at 60 pictures a second', () => {
    const { join, records, lost } = setUp();
    const count = 1_800;
    const isKeyframe = (index: number): boolean => index % 60 === 0;
    for (let index = 0; index < count; index++) join.follow(picture(index, isKeyframe(index)));
    for (let index = 0; index < count; index++) {
      join.lead(best({ picture: isKeyframe(index) ? 'keyframe' : 'other', sounds: 0 }, index));
    }
    expect([records.length, lost(), join.close()]).toEqual([count, 0, 0]);
  });

  it("puts a rendition's own picture between the tables and the sound of the best one", () => {
    const { join, records } = setUp();
    const cell: Cell = { picture: 'keyframe', sounds: 2 };
    join.follow(picture(0, true));
    expect(records).toEqual([]);
    join.lead(best(cell, 0));
    expect(records.map(({ header }) => header)).toEqual([best(cell, 0).header]);
    expect(hex(records[0]!.value)).toBe(hex(...tables(0), ownVideo(0), ...soundsOf(cell, 0)));
  });

  it('gives the sound that goes alone its place, also when the pictures are late', () => {
    const { join, records } = setUp();
    join.lead(best({ picture: 'keyframe', sounds: 0 }, 0));
    join.lead(best({ picture: undefined, sounds: 1 }, 1));
    expect(records).toEqual([]);
    join.follow(picture(0, true));
    expect(records.map(({ header }) => header.sequence)).toEqual([0, 1]);
    expect(hex(records[1]!.value)).toBe(hex(packet(SOUND, 10)));
  });

  it('continues at the next keyframe that both have if an expected one does not come', () => {
    const { join, records, lost } = setUp();
    for (let index = 0; index < 6; index++) {
      join.lead(best({ picture: index % 2 ? 'other' : 'keyframe', sounds: 0 }, index));
      join.follow(picture(index, index % 2 === 0 && index !== 2));
    }
    expect(records.map(({ header }) => [header.sequence, header.discontinuity])).toEqual([
      [0, true],
      [1, false],
      [4, true],
      [5, false],
    ]);
    expect(lost()).toBe(2);
  });

  it.each(['pictures', 'places'])(
    'bounds how many %s wait, and counts each chunk that is lost once',
    (late) => {
      const { join, records, lost } = setUp();
      const total = 2_500;
      const isKeyframe = (index: number): boolean => index % 30 === 0;
      const lead = (index: number): void =>
        join.lead(best({ picture: isKeyframe(index) ? 'keyframe' : 'other', sounds: 0 }, index));
      const follow = (index: number): void => join.follow(picture(index, isKeyframe(index)));
      const [first, second] = late === 'pictures' ? [lead, follow] : [follow, lead];
      for (let index = 0; index < total; index++) first(index);
      for (let index = 0; index < total; index++) second(index);
      expect(records.length).toBeGreaterThan(900);
      expect(records.length + lost()).toBe(total);
      expect(records[0]!.header).toMatchObject({ keyframe: true, discontinuity: true });
    },
  );

  it('gives the n-th picture that is shown to the n-th chunk where the best one has B-frames', () => {
    const gop = fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }).chain((isLost) =>
      fc.tuple(
        fc.constant(isLost),
        fc.shuffledSubarray(
          isLost.map((_, at) => at),
          { minLength: isLost.length },
        ),
      ),
    );
    fc.assert(
      fc.property(fc.array(gop, { minLength: 2, maxLength: 6 }), (gops) => {
        const { join, records, lost } = setUp();
        let first = 0;
        const expected: number[] = [];
        for (const [isLost, order] of gops) {
          // The keyframe is shown first, all others in any order, and each two pictures later than it could be.
          const shown = [0, ...order.filter((at) => at > 0)].map((at) => first + at + 2);
          for (const [at, time] of shown.entries()) {
            const { header, value } = best(
              { picture: at === 0 ? 'keyframe' : 'other', sounds: 1 },
              first + at,
            );
            const presentationOffset = ticks90k(time * 3000 - header.decodeTime);
            join.lead({ header: { ...header, presentationOffset }, value });
          }
          for (const [at, isMissing] of isLost.entries()) {
            const time = ticks90k((first + at + 2) * 3000);
            if (!isMissing) join.follow({ ...picture(first + at, at === 0), decodeTime: time });
          }
          const end = isLost.indexOf(true);
          expected.push(...isLost.slice(0, end < 0 ? undefined : end).map((_, at) => first + at));
          first += isLost.length;
        }
        expect(records.map(({ header }) => header.sequence)).toEqual(expected);
        for (const { header, value } of records)
          expect(hex(value)).toContain(
            hex(ownVideo(header.sequence), ...soundsOf({ picture: 'other', sounds: 1 }, header.sequence)),
          );
        expect(records.length + lost() + join.close()).toBe(first);
      }),
    );
  });

  it('has its pictures where the best one has them, and says what they are', () => {
    const { join, records } = setUp();
    const writer = new TransportWriter();
    const track = { pid: 0x41, type: 0x24, streamId: 0xe0, descriptors: new Uint8Array(0) };
    const sound = { pid: 0x100, type: 0x0f, streamId: 0xc0, descriptors: new Uint8Array(0) };
    const unit = { payload: new Uint8Array(500), pts: 0, dts: 0, isKey: true };
    const value = Buffer.concat([
      writer.announce([track, sound]),
      writer.unit(track, unit),
      writer.unit(sound, unit),
    ]);
    join.lead({ header: headerOf(0, { keyframe: true }), value });
    join.follow(picture(0, true));
    expect(trackPidsOf(records[0]!.value)).toEqual({ pictures: new Set([0x41]), others: new Set([0x100]) });
    const reader = new Chunker(() => undefined);
    reader.push(records[0]!.value);
    expect(reader.tracks.map(({ kind, pid }) => [kind, pid])).toEqual([
      ['video', 0x41],
      ['audio', 0x100],
    ]);
    const own = Buffer.from(ownVideo(0));
    own[1] = 0;
    own[2] = 0x41;
    expect(hex(records[0]!.value)).toContain(hex(own));
  });

  it('has the headers and the sound of the best rendition, whatever comes when, and counts what it loses', () => {
    const cell: fc.Arbitrary<Cell & { missing: boolean }> = fc.record({
      picture: fc.constantFrom('keyframe', 'other', 'other', undefined),
      sounds: fc.nat(2),
      missing: fc.integer({ min: 0, max: 19 }).map((n) => n === 0),
    });
    fc.assert(
      fc.property(fc.array(cell, { maxLength: 60 }), fc.infiniteStream(fc.boolean()), (rest, turns) => {
        const cells = [{ picture: 'keyframe' as const, sounds: 1, missing: false }, ...rest];
        const { join, records, lost } = setUp();
        const own = [...cells.entries()].filter(([, { picture, missing }]) => picture && !missing);
        // The two encoders' outputs, each in order, take turns at random.
        const leading = cells.map((each, index) => () => join.lead(best(each, index)));
        const following = own.map(
          ([index, each]) =>
            () =>
              join.follow(picture(index, each.picture === 'keyframe')),
        );
        while (leading.length + following.length > 0) {
          const [first, second] = turns.next().value ? [leading, following] : [following, leading];
          (first.shift() ?? second.shift())?.();
        }
        const waiting = join.close();
        expect(records.length + lost() + waiting).toBe(cells.length);
        let next = 0;
        for (const { header, value } of records) {
          const index = header.sequence;
          const original = best(cells[index]!, index);
          const isGap = index !== next;
          if (isGap) expect(header).toMatchObject({ keyframe: true, discontinuity: true });
          expect(header).toEqual({ ...original.header, discontinuity: isGap || index === 0 });
          expect(hex(value)).toBe(
            hex(
              ...(header.keyframe ? tables(index) : []),
              ...(cells[index]!.picture ? [ownVideo(index)] : []),
              ...soundsOf(cells[index]!, index),
            ),
          );
          next = index + 1;
        }
      }),
    );
  });
});
