import { describe, expect, it } from 'vitest';
import { hex, keyframe, SLICE } from '../testing/h264-units.js';
import { adtsFrame, Packetizer } from '../testing/packetizer.js';
import { join } from '../testing/transport-stream.js';
import { ChunkReader } from './chunk-reader.js';

/** With the contents of one video and one audio track as plain lists. */
function readerOf() {
  const reader = new ChunkReader();
  return {
    reset: () => reader.reset(),
    read: (chunk: Uint8Array) => {
      const contents = reader.read(chunk);
      const [video, audio] = ['video', 'audio'].map((kind) =>
        contents?.find(({ track }) => track.kind === kind),
      );
      return (
        contents && {
          video: video?.units ?? [],
          audio: audio?.units ?? [],
          videoGap: video?.gap ?? false,
          audioGap: audio?.gap ?? false,
          audioOnly: video === undefined,
        }
      );
    },
  };
}

const payload = (size: number) => Uint8Array.from({ length: size }, (_, i) => (i * 7) & 0xff);

describe('the reader of chunks', () => {
  it('gives the PES packet whose last packet is the last of the chunk, whatever its length', () => {
    const ts = new Packetizer();
    const demuxer = readerOf();
    demuxer.read(ts.tables());
    for (const size of [1, 160, 165, 166, 184, 349, 350, 12_500]) {
      const contents = demuxer.read(join(ts.video({ pts: 9000, dts: 6000 }, payload(size))));
      expect(contents?.video).toEqual([{ data: payload(size), pts: 9000, dts: 6000 }]);
    }
  });

  it('reads a Buffer as it reads any other bytes, and leaves it as it is', () => {
    const ts = new Packetizer();
    const [first, second] = [900, 700].map((size) => ts.video({ pts: 9000 }, payload(size)));
    const chunks = [join([ts.tables(), ...first!]), join(second!)];
    const buffers = chunks.map((chunk) => Buffer.from(chunk));
    const reader = readerOf();
    expect(buffers.map((chunk) => reader.read(chunk)?.video.map(({ data }) => data))).toEqual([
      [payload(900)],
      [payload(700)],
    ]);
    expect(buffers.map((chunk) => new Uint8Array(chunk))).toEqual(chunks);
  });

  it('ends an open PES packet, of over 65,535 bytes, at the end of the chunk, complete', () => {
    const ts = new Packetizer();
    const big = payload(200_000);
    const chunk = join([ts.tables(), ...ts.video({ pts: 0, openLength: true }, big)]);
    const [pes] = readerOf().read(chunk)?.video ?? [];
    expect(pes?.data.byteLength).toBe(200_000);
    expect(Buffer.compare(pes!.data, big)).toBe(0);
  });

  it('puts together PES packets whose packets are interleaved', () => {
    const ts = new Packetizer();
    const video = ts.video({ pts: 3000 }, payload(900));
    const audio = [...ts.audio({ pts: 100 }, payload(400)), ...ts.audio({ pts: 2020 }, payload(300))];
    const mixed = [
      video[0]!,
      audio[0]!,
      video[1]!,
      audio[1]!,
      audio[2]!,
      video[2]!,
      ...video.slice(3),
      ...audio.slice(3),
    ];
    const contents = readerOf().read(join([ts.tables(), ...mixed]));
    expect(contents?.video.map(({ data }) => data)).toEqual([payload(900)]);
    expect(contents?.audio.map(({ data, pts }) => ({ data, pts }))).toEqual([
      { data: payload(400), pts: 100 },
      { data: payload(300), pts: 2020 },
    ]);
  });

  it('calls a chunk damaged that lacks bytes, a packet, or its sync', () => {
    const ts = new Packetizer();
    const tables = ts.tables();
    const packets = ts.video({ pts: 0 }, payload(1000));
    const whole = join([tables, ...packets]);
    const outOfSync = whole.slice();
    outOfSync[188 * 3] = 0;
    const damaged = {
      'a cut packet': whole.subarray(0, -1),
      'no last packet': join([tables, ...packets.slice(0, -1)]),
      'no packet in the middle': join([tables, ...packets.slice(0, 2), ...packets.slice(3)]),
      'no first packet': join([tables, ...packets.slice(1)]),
      'no sync byte': outOfSync,
    };
    for (const [what, chunk] of Object.entries(damaged)) {
      expect(readerOf().read(chunk), what).toBeUndefined();
    }
  });

  it('tells a loss between chunks from one inside, of 15 packets, too', () => {
    for (const lost of [1, 15, 16, 31]) {
      const ts = new Packetizer();
      const demuxer = readerOf();
      demuxer.read(join([ts.tables(), ...ts.video({ pts: 0 }, payload(500))]));
      for (let i = 0; i < lost; i++) ts.video({ pts: 3000 }, payload(10));
      const contents = demuxer.read(join(ts.video({ pts: 6000 }, payload(500))));
      expect(contents).toMatchObject({
        videoGap: lost !== 16,
        audioGap: false,
        video: [{ data: payload(500) }],
      });
      const next = demuxer.read(join(ts.video({ pts: 9000 }, payload(10))));
      expect(next).toMatchObject({ videoGap: false, video: [{ pts: 9000 }] });
    }
  });

  it('keeps nothing of a damaged chunk for the next one', () => {
    const ts = new Packetizer();
    const demuxer = readerOf();
    const first = ts.video({ pts: 0, openLength: true }, keyframe());
    demuxer.read(join([ts.tables(), ...first]));
    // Three bytes of a PES packet: too few for mux.js to recognise it, and so to release it.
    const stray = ts.video({ pts: 1, openLength: true }, hex('01'))[0]!.slice();
    stray.set([0x30 | (stray[3]! & 0x0f), 180], 3);
    expect(demuxer.read(stray)).toBeUndefined();
    demuxer.reset();
    const contents = demuxer.read(join(ts.video({ pts: 3000 }, SLICE)));
    expect(contents?.video).toEqual([{ data: SLICE, pts: 3000, dts: 3000 }]);
  });

  it('knows a programme without video', () => {
    const ts = new Packetizer();
    const frame = adtsFrame(payload(20));
    const contents = readerOf().read(join([ts.tables({ video: false }), ...ts.audio({ pts: 5 }, frame)]));
    expect(contents).toMatchObject({ audioOnly: true, video: [], audio: [{ data: frame, pts: 5 }] });
  });
});
