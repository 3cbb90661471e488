import { bytes } from '@topicast/contracts/units';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DiskPressure, type DiskView } from './disk-pressure.js';

const MEGABYTE = 1024 * 1024;
const GIGABYTE = 1024 * MEGABYTE;
const view = (fields: Partial<Record<keyof DiskView, number | boolean>>): DiskView =>
  ({ free: GIGABYTE, total: 100 * GIGABYTE, file: 0, stored: 0, refused: false, ...fields }) as DiskView;

describe('the pressure of a disk', () => {
  it('limits nothing while there is room', () => {
    expect(new DiskPressure().observe(view({ file: GIGABYTE, stored: GIGABYTE }))).toBeUndefined();
  });

  it('takes a tenth a look while the file grows on a disk that is nearly full, and stays when it does not', () => {
    const pressure = new DiskPressure();
    const low = { free: 200 * MEGABYTE, stored: GIGABYTE };
    expect(pressure.observe(view({ ...low, file: GIGABYTE }))).toBe(0.9 * GIGABYTE);
    expect(pressure.observe(view({ ...low, file: GIGABYTE, stored: 0.9 * GIGABYTE }))).toBe(0.9 * GIGABYTE);
    const more = { ...low, file: GIGABYTE + 1, stored: 0.9 * GIGABYTE };
    expect(pressure.observe(view(more))).toBe(0.9 * 0.9 * GIGABYTE);
  });

  it('lets go when there is twice the room again', () => {
    const pressure = new DiskPressure();
    pressure.observe(view({ free: 1, file: GIGABYTE, stored: GIGABYTE }));
    expect(pressure.observe(view({ free: 300 * MEGABYTE, file: GIGABYTE }))).toBe(0.9 * GIGABYTE);
    expect(pressure.observe(view({ free: 512 * MEGABYTE, file: GIGABYTE }))).toBeUndefined();
  });

  it('leaves 16 MB of history on a disk that others have filled, unless appends are refused', () => {
    const pressure = new DiskPressure();
    const low = { free: MEGABYTE, stored: 10 * MEGABYTE };
    expect(pressure.observe(view({ ...low, file: MEGABYTE }))).toBe(16 * MEGABYTE);
    expect(pressure.observe(view({ ...low, file: MEGABYTE, refused: true }))).toBe(9 * MEGABYTE);
  });

  it('comes to rest on every disk that is larger than the floor, before it is full', () => {
    const property = fc.property(
      fc.integer({ min: 128, max: 100_000 }),
      fc.double({ min: 0, max: 0.9, noNaN: true }),
      fc.integer({ min: 1, max: 8 }),
      (megabytes, others, rate) => {
        // The stored data grows by the rate; the file grows only by what does not fit into freed space. In megabytes.
        const room = megabytes * (1 - others);
        if (room < 64) return;
        const pressure = new DiskPressure();
        let stored = 0;
        let file = 0;
        for (let second = 0; second < 200_000 / rate && second < 5_000; second++) {
          stored += rate;
          file = Math.max(file, stored);
          if (file >= room) throw new Error(`full after ${second} s`);
          const limit = pressure.observe({
            free: bytes((room - file) * MEGABYTE),
            total: bytes(megabytes * MEGABYTE),
            file: bytes(file * MEGABYTE),
            stored: bytes(stored * MEGABYTE),
            refused: false,
          });
          if (limit !== undefined) stored = Math.min(stored, limit / MEGABYTE);
        }
      },
    );
    fc.assert(property, { numRuns: 100 });
  });
});
