import { milliseconds } from '@topicast/contracts/units';
import type { Chunk } from '@topicast/media/mpegts';
import { expect, it } from 'vitest';
import { chunkOf } from '../testing/chunks.js';
import { Numbering } from './numbering.js';
import { SteadyClock } from './steady-clock.js';

const chunk = (index: number, keyframe: boolean): Chunk => chunkOf(index, { keyframe });

it('begins each session at 0 with a discontinuity, and counts GOPs on', () => {
  const numbering = new Numbering(new SteadyClock());
  const headers = (...chunks: Chunk[]) =>
    chunks.map((each, index) => {
      const { session, sequence, discontinuity, gop } = numbering.header(each, milliseconds(index * 33));
      return [session, sequence, discontinuity, gop];
    });
  numbering.beginSession(1000, 7);
  expect(headers(chunk(0, true), chunk(1, false), chunk(2, true))).toEqual([
    [1000, 0, true, 8],
    [1000, 1, false, 8],
    [1000, 2, false, 9],
  ]);
  // The log is behind: number 9 was given out, but is not in the log yet.
  numbering.beginSession(1001, 8);
  expect(headers(chunk(5, true))).toEqual([[1001, 0, true, 10]]);
  // Another encoder has continued in the meantime.
  numbering.beginSession(1002, 20);
  expect(headers(chunk(7, true))).toEqual([[1002, 0, true, 21]]);
});
