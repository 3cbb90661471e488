import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adtsFrame } from '../testing/packetizer.js';
import { join } from '../testing/transport-stream.js';
import { aac } from './aac.js';

const stream = { pid: 0x101, type: 0x0f, descriptors: new Uint8Array(0) };
const readerOf = () => aac.reader(stream);
const payload = (fill: number, size = 40) => new Uint8Array(size).fill(fill);

describe('AAC frames', () => {
  it('that begin in one PES packet and end in the next leave its time stamp to the first that begins there', () => {
    const frames = [1, 2, 3, 4].map((fill) => adtsFrame(payload(fill)));
    const bytes = join(frames);
    for (const cut of [48, 50, 60, 93]) {
      const reader = readerOf();
      const first = reader.read(bytes.slice(0, cut), 1000);
      const second = reader.read(bytes.slice(cut), 4840);
      expect(first.map(({ pts }) => pts)).toEqual([1000]);
      expect(second.map(({ pts }) => pts)).toEqual([undefined, 4840, undefined]);
      expect([...first, ...second].map(({ data }) => data)).toEqual(
        [1, 2, 3, 4].map((fill) => payload(fill)),
      );
    }
  });

  it('are the same however they are split over PES packets', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(sizes, fc.array(fc.nat(3000), { maxLength: 6 }), (lengths, cuts) => {
        const payloads = lengths.map((length, i) => payload(i + 1, length));
        const bytes = join(payloads.map((data) => adtsFrame(data)));
        const edges = [
          0,
          ...cuts.map((cut) => cut % bytes.byteLength).sort((a, b) => a - b),
          bytes.byteLength,
        ];
        const reader = readerOf();
        const pieces = edges.slice(1).map((end, i) => bytes.slice(edges[i], end));
        const frames = pieces.flatMap((data) => reader.read(data, undefined));
        expect(frames.map(({ data }) => data)).toEqual(payloads);
      }),
    );
  });

  it('of length 0, on which mux.js loops for ever, and other garbage are skipped', () => {
    const zero = adtsFrame(payload(1));
    zero.set([0x40, 0, 0x1f], 3);
    const good = adtsFrame(payload(9), { channels: 2 });
    const frames = readerOf().read(join([payload(7), zero, good]), 5);
    expect(frames).toEqual([
      {
        data: payload(9),
        config: expect.objectContaining({ codec: 'mp4a.40.2', sampleRate: 48_000, channels: 2 }),
        length: 1024,
        pts: 5,
      },
    ]);
  });

  it('whose channels are described inside of them are passed over by their length, whatever they hold', () => {
    const inside = adtsFrame(payload(5, 80), { channels: 0 });
    // What looks like a header (profile 3, 48 kHz, stereo, 20 bytes), but is part of the description.
    inside.set([0xff, 0xf1, 0x8c, 0x80, 0x02, 0x9f, 0xfc], 20);
    const described = join([inside, inside]);
    expect(readerOf().read(described, 0)).toEqual([]);
    expect(aac.inspect(described, stream).format).toBeUndefined();
    const frames = readerOf().read(join([inside, adtsFrame(payload(9))]), 0);
    expect(frames.map(({ data }) => data)).toEqual([payload(9)]);
  });

  it('that only look like frames are none: nothing that could follow one follows', () => {
    const garbage = new Uint8Array(60);
    garbage.set([0xff, 0xf1, 0x8c, 0x80, 0x02, 0x9f, 0xfc], 10);
    const frames = readerOf().read(join([garbage, adtsFrame(payload(1)), adtsFrame(payload(2))]), 0);
    expect(frames.map(({ data }) => data)).toEqual([payload(1), payload(2)]);
  });

  it('that never end because their length is damaged do not damage the next PES packet', () => {
    const reader = readerOf();
    const damaged = adtsFrame(payload(1));
    damaged[4] = 0xff;
    expect(reader.read(damaged, 0)).toEqual([]);
    const frames = reader.read(join([adtsFrame(payload(2)), adtsFrame(payload(3))]), 1920);
    expect(frames.map(({ data, pts }) => [data, pts])).toEqual([
      [payload(2), 1920],
      [payload(3), undefined],
    ]);
  });

  it('come again after any garbage, all', () => {
    const good = join([adtsFrame(payload(2)), adtsFrame(payload(3))]);
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 60 }), (pieces) => {
        const reader = readerOf();
        for (const data of pieces) reader.read(data, 0);
        const frames = reader.read(good, 7);
        expect(frames.slice(-2).map(({ data }) => data)).toEqual([payload(2), payload(3)]);
      }),
    );
  });
});
