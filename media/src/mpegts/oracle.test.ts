import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { h264 } from '../codec/h264.js';
import { damage, damaged } from '../testing/damage.js';
import { MuxAccessUnitReader } from '../testing/mux-access-unit.js';
import { MuxDemuxer } from '../testing/mux-demuxer.js';
import { AAC, AUDIO, chunksOf, transportStream, VIDEO, ZEROLATENCY } from '../testing/transport-stream.js';
import { ChunkReader, type Unit } from './chunk-reader.js';
import { pidOf } from './packet.js';

/** mux.js's TS demuxer, which our player used before, says what a chunk contains, and ours must say the same. */
const STREAMS: Record<string, () => Uint8Array> = {
  'a camera at low delay': () =>
    transportStream(`${VIDEO} ${AUDIO} ${ZEROLATENCY} -g 10 ${AAC}`, { seconds: 2 }),
  'B-frames and several AAC frames in a PES packet': () =>
    transportStream(`${VIDEO} ${AUDIO} -c:v libx264 -bf 3 -g 10 -pix_fmt yuv420p ${AAC}`, {
      seconds: 2,
      lowLatency: false,
    }),
  'slices, delimiters, pixels that are no squares, no IDR pictures but the first': () =>
    transportStream(
      `${VIDEO} ${AUDIO} -vf setsar=4/3 ${ZEROLATENCY} -x264-params aud=1:slices=4:intra-refresh=1 ${AAC}`,
      { seconds: 2 },
    ),
  'sound alone': () => transportStream(`-f lavfi -i sine=f=440:r=44100 ${AAC} -ac 2`, { seconds: 2 }),
};

const CLIP = path.join(process.env.TOPICAST_TEST_MEDIA ?? '/nonexistent', 'flower.mp4');
if (existsSync(CLIP)) {
  const remuxed = (...options: string[]) =>
    new Uint8Array(
      execFileSync(
        process.env.FFMPEG_PATH || 'ffmpeg',
        [...['-v', 'error', '-nostdin', '-i', CLIP, '-c', 'copy', ...options, '-f', 'mpegts', 'pipe:1']],
        { maxBuffer: 1 << 28 },
      ),
    );
  STREAMS['a real clip'] = () => remuxed();
  STREAMS['a real clip at low delay'] = () =>
    remuxed('-pes_payload_size', '0', '-omit_video_pes_length', '0');
}

/** Asks both readers the same. */
class Pair {
  readonly #ours = new ChunkReader();
  readonly #oracle = new MuxDemuxer();
  readonly #units = new MuxAccessUnitReader();

  compare(chunk: Uint8Array): void {
    const [contents, expected] = [this.#ours.read(chunk), this.#oracle.read(chunk)];
    expect(contents !== undefined, 'whole').toBe(expected !== undefined);
    if (!contents || !expected) {
      this.#ours.reset();
      this.#oracle.reset();
      return;
    }
    for (const kind of ['video', 'audio'] as const) {
      const track = contents.find((each) => each.track.kind === kind);
      expect((track?.units ?? []).map(summary)).toEqual(expected[kind].map(summary));
      // mux.js does not report an audio PES packet that lacks its end or its beginning.
      if (track && (kind === 'video' || expected.audioGap))
        expect(track?.gap, `${kind} gap`).toBe(expected[`${kind}Gap`]);
    }
    for (const pes of expected.video) this.#compareUnits(pes);
  }

  #compareUnits(pes: Unit): void {
    if (hasBrokenStartCode(pes.data)) return;
    const [unit, expected] = [h264.read(pes.data), this.#units.read(pes)];
    // A keyframe whose parameter sets tell no picture is one for mux.js.
    if (!unit || !expected || pes.pts === undefined) return;
    expect(unit.nals.map(digest)).toEqual(expected.nals.map(digest));
    const sets = unit.config?.parameterSets ?? unit.looseSets;
    expect(sets.map(digest)).toEqual([...(unit.config ? expected.sps : []), ...expected.pps].map(digest));
    if (unit.config) expect(unit.config.sampleAspectRatio).toEqual(expected.sampleAspectRatio);
  }
}

/** Three zeros without a start code at their end: nobody can tell where the next NAL unit begins. */
const hasBrokenStartCode = (bytes: Uint8Array) =>
  bytes.some((byte, i) => i >= 3 && byte > 1 && !bytes[i - 1] && !bytes[i - 2] && !bytes[i - 3]);

/** A digest, because nobody can read a failing comparison of whole pictures. */
const digest = (bytes: Uint8Array) =>
  `${bytes.byteLength}:${createHash('sha1').update(bytes).digest('base64').slice(0, 8)}`;
const summary = ({ data, pts, dts }: Unit) => ({ data: digest(data), pts, dts });

describe.each(Object.entries(STREAMS))('%s', (_, stream) => {
  it('holds the same access units and times for mux.js and for us', () => {
    const pair = new Pair();
    const chunks = chunksOf(stream());
    expect(chunks.length).toBeGreaterThan(20);
    for (const { data } of chunks) pair.compare(data);
  });

  it('does so even if it is damaged', () => {
    const chunks = chunksOf(stream()).slice(0, 40);
    const hits = fc.array(fc.tuple(fc.nat(chunks.length - 1), damage), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(hits, (list) => {
        const byChunk = new Map(list);
        const pair = new Pair();
        chunks.forEach(({ data }, i) => {
          const how = byChunk.get(i);
          for (const input of how ? damaged(data, how) : [data])
            if (!hitsTables(data, input)) pair.compare(input);
        });
      }),
      { numRuns: Number(process.env.TOPICAST_FUZZ_RUNS ?? 100) },
    );
  });
});

/** mux.js does not check the CRC of a table, and accepts new tables from any bytes. */
function hitsTables(whole: Uint8Array, given: Uint8Array): boolean {
  if (given === whole) return false;
  const tables = (bytes: Uint8Array) => {
    const packets: string[] = [];
    for (let at = 0; at + 188 <= bytes.byteLength; at += 188) {
      const packet = bytes.subarray(at, at + 188);
      if ([0, 0x1000].includes(pidOf(packet))) packets.push(digest(packet));
    }
    return packets.join();
  };
  return tables(whole) !== tables(given);
}
