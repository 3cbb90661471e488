import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AAC,
  AUDIO,
  join,
  packetsOf,
  transportStream,
  VIDEO,
  ZEROLATENCY,
} from '../testing/transport-stream.js';
import type { Chunk } from './chunk.js';
import { Chunker } from './chunker.js';
import { payloadStart, pidOf, startsUnit } from './packet.js';

const av = () => transportStream(`${VIDEO} ${AUDIO} ${ZEROLATENCY} ${AAC}`);

function chunksOf(bytes: Uint8Array, cuts: readonly number[] = []): { chunks: Chunk[]; chunker: Chunker } {
  const chunks: Chunk[] = [];
  const chunker = new Chunker((chunk) => chunks.push(chunk));
  const edges = [0, ...[...cuts].sort((a, b) => a - b), bytes.byteLength];
  // A copy each time, because the chunker must not keep the caller's buffer.
  for (let i = 1; i < edges.length; i++) {
    const piece = bytes.slice(edges[i - 1], edges[i]);
    chunker.push(piece);
    piece.fill(0xee);
  }
  chunker.end();
  return { chunks, chunker };
}

const pictures = (chunks: readonly Chunk[]) => chunks.filter((chunk) => !chunk.audioOnly);
const withPayload = (packet: Uint8Array) => (packet[3]! & 0x10) !== 0;
/** All bytes of a track, as a digest: a failing comparison of megabytes takes minutes to print. */
const digest = (...parts: readonly Uint8Array[]) => {
  const hash = createHash('sha1');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};
const trackOf = (bytes: Uint8Array, pid: number) =>
  digest(...packetsOf(bytes).filter((packet) => pidOf(packet) === pid && withPayload(packet)));
/** Chunks with their bytes as digests. */
const summary = (chunks: readonly Chunk[]) => chunks.map((chunk) => ({ ...chunk, data: digest(chunk.data) }));

const B_FRAMES = '-c:v libx264 -preset fast -g 48 -bf 3 -pix_fmt yuv420p';
const STREAMS: Record<string, { stream: () => Uint8Array; frames: number; joinable: number }> = {
  'audio and video': { stream: av, frames: 120, joinable: 4 },
  "ffmpeg's default multiplexing": {
    stream: () => transportStream(`${VIDEO} ${AUDIO} ${ZEROLATENCY} ${AAC}`, { lowLatency: false }),
    frames: 120,
    joinable: 4,
  },
  'B-frames': {
    stream: () => transportStream(`${VIDEO} ${AUDIO} ${B_FRAMES} ${AAC}`),
    frames: 120,
    joinable: 3,
  },
  'two frames a second': {
    stream: () => transportStream(`-f lavfi -i testsrc2=s=320x180:r=2 ${AUDIO} ${ZEROLATENCY} -g 2 ${AAC}`),
    frames: 8,
    joinable: 4,
  },
  'video only': { stream: () => transportStream(`${VIDEO} ${ZEROLATENCY}`), frames: 120, joinable: 4 },
  'audio only': { stream: () => transportStream(`${AUDIO} ${AAC}`), frames: 0, joinable: 4 },
  'access units over 64 KB': {
    stream: () =>
      transportStream(
        `-f lavfi -i nullsrc=s=640x360:r=30,geq=random(1)*255:128:128 ${AUDIO} ${ZEROLATENCY} -qp 4 ${AAC}`,
        { seconds: 1 },
      ),
    frames: 30,
    joinable: 1,
  },
  'null packets and a constant rate': {
    stream: () => transportStream(`${VIDEO} ${AUDIO} ${ZEROLATENCY} ${AAC} -muxrate 6M`),
    frames: 120,
    joinable: 4,
  },
};

describe.each(Object.entries(STREAMS))('%s', (_name, { stream, frames, joinable }) => {
  it('gives one chunk an access unit, none lost, all bytes of both tracks in order', () => {
    const { chunks, chunker } = chunksOf(stream());
    expect(pictures(chunks)).toHaveLength(frames);
    expect(chunks.filter((chunk) => chunk.keyframe)).toHaveLength(joinable);
    expect(chunks.map((chunk) => chunk.discontinuity).lastIndexOf(true)).toBe(0);
    expect(chunker.stats).toMatchObject({ continuityErrors: 0, garbageBytes: 0, droppedAccessUnits: 0 });
    const out = join(chunks.map((chunk) => chunk.data));
    for (const pid of [0x100, 0x101]) expect(trackOf(out, pid)).toBe(trackOf(stream(), pid));
  });

  it('gives the same chunks for any split', () => {
    const whole = summary(chunksOf(stream()).chunks);
    const size = stream().byteLength;
    fc.assert(
      fc.property(fc.array(fc.nat(size), { maxLength: 40 }), (cuts) => {
        expect(summary(chunksOf(stream(), cuts).chunks)).toEqual(whole);
      }),
      { numRuns: 20 },
    );
  });

  it('starts keyframe chunks with PAT and PMT and counts from them', () => {
    const { chunks } = chunksOf(stream());
    let since = 0;
    for (const chunk of chunks) {
      since = chunk.keyframe ? 0 : since + 1;
      expect(chunk.sinceKeyframe).toBe(since);
      if (chunk.keyframe) expect(packetsOf(chunk.data).slice(0, 2).map(pidOf)).toEqual([0, 0x1000]);
    }
  });
});

it('lets a chunk go with the last packet of its access unit, without a frame of delay', () => {
  const packets = packetsOf(av());
  let seen = 0;
  const chunker = new Chunker((chunk) => {
    if (!chunk.audioOnly) seen++;
  });
  let begun = 0;
  for (const [i, packet] of packets.entries()) {
    if (pidOf(packet) === 0x100 && startsUnit(packet)) {
      // Sync takes three packets once, at the very beginning.
      expect(seen, `access units complete before packet ${i}`).toBe(begun);
      begun++;
    }
    chunker.push(packet);
  }
});

it('takes a Node Buffer whole, and leaves its bytes alone', () => {
  const buffer = Buffer.from(av());
  const { chunks } = chunksOf(av());
  const seen: Chunk[] = [];
  const chunker = new Chunker((chunk) => seen.push(chunk));
  chunker.push(buffer);
  chunker.end();
  expect(summary(seen)).toEqual(summary(chunks));
  expect(digest(buffer)).toBe(digest(av()));
});

it('tells the format from the bitstream', () => {
  expect(chunksOf(av()).chunker.format).toEqual({
    video: { codec: 'avc1.42c00d', width: 320, height: 180, frameRate: 30 },
    audio: { codec: 'mp4a.40.2', sampleRate: 48000, channels: 1 },
  });
});

it('unwraps the 33-bit clock', () => {
  const { chunks } = chunksOf(transportStream(`${VIDEO} ${ZEROLATENCY} -output_ts_offset 95441`));
  const times = pictures(chunks).map((chunk) => chunk.decodeTime);
  expect(times).toHaveLength(120);
  for (let i = 1; i < times.length; i++) expect(times[i]! - times[i - 1]!).toBe(3000);
  expect(times.at(-1)).toBeGreaterThan(2 ** 33);
});

it('takes packets of several PES packets interleaved', () => {
  const packets = packetsOf(av());
  const video = packets.filter((packet) => pidOf(packet) === 0x100);
  const rest = packets.filter((packet) => pidOf(packet) !== 0x100);
  const mixed = [...rest.splice(0, 3)];
  while (video.length + rest.length > 0) {
    mixed.push(...video.splice(0, 5), ...rest.splice(0, 1));
  }
  const { chunks } = chunksOf(join(mixed));
  expect(pictures(chunks)).toHaveLength(120);
  expect(trackOf(join(chunks.map((chunk) => chunk.data)), 0x101)).toBe(trackOf(av(), 0x101));
});

it('sees through stuffing that is not at the end of a PES packet', () => {
  // Length 0 and a stuffed packet in the middle: the rule costs this one GOP, then it is off.
  const packets = packetsOf(transportStream(`${VIDEO} ${ZEROLATENCY}`, { lowLatency: false }));
  let inUnit = 0;
  const stuffed = packets.flatMap((packet) => {
    inUnit = pidOf(packet) === 0x100 ? (startsUnit(packet) ? 0 : inUnit + 1) : inUnit;
    const eligible = pidOf(packet) === 0x100 && inUnit === 1 && (packet[3]! & 0x20) === 0;
    if (!eligible) return [packet];
    const head = packet.slice();
    head[3]! |= 0x20;
    head[4] = 9;
    head[5] = 0;
    head.fill(0xff, 6, 14);
    head.set(packet.subarray(4, 4 + 174), 14);
    const tail = packet.slice();
    tail[3]! |= 0x20;
    tail[4] = 173;
    tail[5] = 0;
    tail.fill(0xff, 6, 178);
    tail.set(packet.subarray(178), 178);
    return [head, tail];
  });
  const counters = new Map<number, number>();
  const renumbered = stuffed.map((packet) => {
    const copy = packet.slice();
    if ((copy[3]! & 0x10) === 0) return copy;
    const counter = counters.get(pidOf(copy)) ?? 0;
    counters.set(pidOf(copy), (counter + 1) & 15);
    copy[3] = (copy[3]! & 0xf0) | counter;
    return copy;
  });
  const { chunks, chunker } = chunksOf(join(renumbered));
  expect(chunker.stats.continuityErrors).toBe(0);
  expect(pictures(chunks).length).toBeGreaterThanOrEqual(90);
  expect(chunks.filter((chunk) => chunk.discontinuity).every((chunk) => chunk.keyframe)).toBe(true);
});

describe('damage', () => {
  it('never throws, and goes on at the next keyframe with exactly the chunks of the undamaged stream', () => {
    const clean = av();
    const whole = chunksOf(clean).chunks;
    const byTime = new Map(pictures(whole).map((chunk) => [chunk.decodeTime, chunk]));
    const damage = fc.record({
      at: fc.nat(clean.byteLength - 1),
      remove: fc.nat(2000),
      insert: fc.uint8Array({ maxLength: 600 }),
    });
    fc.assert(
      fc.property(damage, ({ at, remove, insert }) => {
        const broken = join([clean.subarray(0, at), insert, clean.subarray(at + remove)]);
        const { chunks } = chunksOf(broken);
        const after = pictures(chunks).filter(({ start }) => start >= at + insert.byteLength);
        const resumed = after.slice(after.findIndex((chunk) => chunk.keyframe));
        // Everything that a joining viewer gets after the damage is whole, and nothing is missing.
        for (const chunk of resumed) {
          expect(trackOf(chunk.data, 0x100)).toBe(trackOf(byTime.get(chunk.decodeTime)!.data, 0x100));
        }
        const last = pictures(whole).at(-1)!;
        if (at + remove < clean.byteLength * 0.7) expect(after.at(-1)!.decodeTime).toBe(last.decodeTime);
        for (const chunk of chunks) {
          expect(chunk.data.byteLength % 188).toBe(0);
          if (chunk.discontinuity) expect(chunk.keyframe).toBe(true);
        }
      }),
      { numRuns: Number(process.env.TOPICAST_FUZZ_RUNS ?? 300) },
    );
  });

  it('takes any bytes', () => {
    const header = fc.uint8Array({ minLength: 187, maxLength: 187 }).map((rest) => [0x47, ...rest]);
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 4000 }),
      fc.array(header, { maxLength: 30 }).map((packets) => Uint8Array.from(packets.flat())),
    );
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(4000), { maxLength: 5 }), (input, cuts) => {
        // After real tables and pictures, the garbage reaches every parser.
        const { chunks } = chunksOf(
          join([av().subarray(0, 188 * 60), input]),
          cuts.map((cut) => cut % (188 * 60)),
        );
        for (const chunk of chunks) expect(chunk.data.byteLength % 188).toBe(0);
      }),
      { numRuns: Number(process.env.TOPICAST_FUZZ_RUNS ?? 1000) },
    );
  });

  it('gives up an access unit without end, with its memory, and goes on at the next keyframe', () => {
    const clean = av();
    const packets = packetsOf(clean);
    const isBegin = (packet: Uint8Array) => pidOf(packet) === 0x100 && startsUnit(packet);
    const begin = packets.findIndex(isBegin);
    const head = packets[begin]!.slice();
    // A PES packet of open length (ISO 13818-1 2.4.3.7), and then, again and again, a packet that continues it.
    head.set([0, 0], payloadStart(head) + 4);
    const chunks: Chunk[] = [];
    const chunker = new Chunker((chunk) => chunks.push(chunk));
    chunker.push(join([...packets.slice(0, begin), head]));
    const run = new Uint8Array(16 * 188).fill(0xff);
    for (let i = 0; i < 16; i++) {
      run.set([0x47, 0x01, 0x00, 0x10 | ((head[3]! + 1 + i) & 0x0f)], i * 188);
    }
    const before = process.memoryUsage().arrayBuffers;
    for (let pushed = 0; pushed < 80 << 20; pushed += run.byteLength) chunker.push(run);
    // 16 MiB of packets and their bytes, and what grew up to that: 64 MiB, even if none of it was collected.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100 << 20);
    expect(chunker.stats.droppedAccessUnits).toBe(1);
    expect(chunks).toEqual([]);
    chunker.push(clean);
    chunker.end();
    expect(chunks[0]).toMatchObject({ keyframe: true, discontinuity: true });
    expect(pictures(chunks)).toHaveLength(120);
  });

  it('drops a repeated packet', () => {
    const doubled = packetsOf(av()).flatMap((packet) => (withPayload(packet) ? [packet, packet] : [packet]));
    const bytesOf = (bytes: Uint8Array) => digest(...chunksOf(bytes).chunks.map((chunk) => chunk.data));
    expect(bytesOf(join(doubled))).toBe(bytesOf(av()));
  });
});
